"""A participant's own scores over time, where the analysis plan lets them be seen (R21).

Scores and nothing beside them: no threshold, no responder, no measure, nobody else's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from pro_service.domain.endpoints.trend import sees_trend
from pro_service.domain.instruments.model import Direction, Instrument
from pro_service.domain.study.facts import ParticipantFacts, Target
from pro_service.domain.study.statuses import standing
from pro_service.domain.study.times import local_day, zone
from pro_service.services.base.context import ServiceContext
from pro_service.services.pages.own_page import OwnPage
from pro_service.store.connection import Connection
from pro_service.store.pages import trend as store
from pro_service.store.pages.trend import OwnScore


class Told(NamedTuple):
    """One score, and the day it was sent in (the participant's own)."""

    day: date
    value: Decimal


@dataclass(frozen=True)
class OwnCourse:
    """One scale over time, of each knee or the person."""

    instrument: Instrument
    scale: str
    lowest: int
    highest: int
    direction: Direction
    values: Mapping[Target, Sequence[Told]]


async def may_see_trend(connection: Connection, page: OwnPage) -> bool:
    """Whether this participant may see their own trend now. One statement."""
    shown = await store.get_trend_shown(connection, page.facts.study_id)
    facts: ParticipantFacts = page.facts
    return sees_trend(
        shown,
        page.protocol,
        facts.visits,
        now=facts.now,
        may_answer=standing(facts.statuses, facts.now, facts.events).may_answer,
    )


async def read_trend(
    connection: Connection, context: ServiceContext, page: OwnPage
) -> tuple[OwnCourse, ...] | None:
    """Every scale they sent in, over time; None: they may not see it."""
    if not await may_see_trend(connection, page):
        return None
    facts = page.facts
    scores = await store.list_own_scores(connection, facts.study_id, facts.id)
    return _courses(context.catalogue.instruments, scores, facts)


def _courses(
    instruments: Mapping[str, Instrument], scores: Sequence[OwnScore], facts: ParticipantFacts
) -> tuple[OwnCourse, ...]:
    """In the order in which the scales were first sent in."""
    found: dict[tuple[str, str], dict[Target, list[Told]]] = defaultdict(lambda: defaultdict(list))
    local = zone(facts.zone)
    for one in scores:
        value = one.raw if one.normalised is None else one.normalised
        told = Told(local_day(one.submitted_at, local), value)
        found[one.instrument, one.scale][one.target].append(told)
    courses = []
    for (name, scale), values in found.items():
        instrument = instruments.get(name)
        scored = () if instrument is None else instrument.results
        for one_scale in scored:
            if instrument is not None and one_scale.code == scale:
                placed = one_scale.normalisation == "0-100"
                courses.append(
                    OwnCourse(
                        instrument,
                        scale,
                        0 if placed else one_scale.minimum,
                        100 if placed else one_scale.maximum,
                        instrument.direction_of(one_scale),
                        values,
                    )
                )
    return tuple(courses)
