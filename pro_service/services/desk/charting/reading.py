"""Reads what one participant's charts are drawn from, in one snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import asyncpg

from pro_service.domain.study.times import zone
from pro_service.services.base.context import ServiceContext
from pro_service.services.desk.charting.course import (
    Courses,
    derive_courses,
    latest_events,
    read_rules,
)
from pro_service.services.desk.charting.measured import (
    MeasureCourse,
    derive_measures,
    read_measured,
)
from pro_service.services.desk.seat import NotAllowedError, Seat, at_desk
from pro_service.services.desk.timeline import Timeline, derive_timeline, read_timeline
from pro_service.services.desk.today import read_frame
from pro_service.store.answering.history import SittingSeen, list_history_seen
from pro_service.store.desk.frame import Frame


class ChartedPerson(NamedTuple):
    """One participant over time, as far as this seat may see it."""

    timeline: Timeline
    courses: Courses
    """Without any score for who may see measures alone."""
    measures: tuple[MeasureCourse, ...]
    history: Sequence[SittingSeen]
    """What a file brought in of an earlier study: none of it is drawn."""
    frame: Frame


async def read_charted(
    pool: asyncpg.Pool, context: ServiceContext, seat: Seat, code: str
) -> ChartedPerson:
    """One participant's scores over time, and measures where this seat may see them here.

    Raises NotHereError; NotAllowedError for whoever sees the participant and neither (R6).
    """
    async with at_desk(pool, seat, one_snapshot=True) as connection:
        facts = await read_timeline(connection, context, seat.study_id, code)
        measured = await read_measured(connection, seat, facts)
        if not facts.document.may_read_scores and measured is None:
            raise NotAllowedError
        frame = await read_frame(connection, seat.study_id)
        rules = await read_rules(connection, context, seat.study_id, facts.document.now)
        # Row-level security hides it from whoever may not see scores.
        history = await list_history_seen(connection, seat.study_id, facts.document.id)
    timeline = derive_timeline(context, facts)
    courses = derive_courses(context.catalogue.instruments, timeline, rules)
    events, local = latest_events(timeline), zone(facts.document.zone)
    measures = derive_measures(context.catalogue.measures, measured or (), events, local)
    if courses.withdrew:
        measures, history = (), []
    return ChartedPerson(timeline, courses, measures, history, frame)
