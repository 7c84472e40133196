"""Reads what one participant's charts are drawn from, in one snapshot."""

from __future__ import annotations

from typing import NamedTuple

import asyncpg

from pro_service.services.base.context import ServiceContext
from pro_service.services.desk.charting.course import Courses, derive_courses, read_rules
from pro_service.services.desk.seat import NotAllowedError, Seat, at_desk
from pro_service.services.desk.timeline import Timeline, derive_timeline, read_timeline
from pro_service.services.desk.today import read_frame
from pro_service.store.desk.frame import Frame


class ChartedPerson(NamedTuple):
    """One participant with their scores over time."""

    timeline: Timeline
    courses: Courses
    frame: Frame


async def read_charted(
    pool: asyncpg.Pool, context: ServiceContext, seat: Seat, code: str
) -> ChartedPerson:
    """One participant's scores over time, for who may see scores.

    Raises NotHereError; NotAllowedError for whoever sees the participant and no scores (R6).
    """
    async with at_desk(pool, seat, one_snapshot=True) as connection:
        facts = await read_timeline(connection, context, seat.study_id, code)
        if not facts.document.may_read_scores:
            raise NotAllowedError
        frame = await read_frame(connection, seat.study_id)
        rules = await read_rules(connection, context, seat.study_id, facts.document.now)
    timeline = derive_timeline(context, facts)
    courses = derive_courses(context.catalogue.instruments, timeline, rules)
    if courses is None:
        raise NotAllowedError
    return ChartedPerson(timeline, courses, frame)
