"""Windows dated anew where a time zone's rules changed under them. Pure.

A window is kept as two instants, computed by the rules that were known then. When a government
moves a zone's clocks and the machine learns of it, midnight is at another instant: what is still to
come is dated anew. What was answered, attended or is over stays as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_service.domain.study.amending.moving import Key, is_over, name_of
from pro_service.domain.study.facts import ParticipantFacts, VisitFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.schedule import (
    PlannedVisit,
    Rescheduling,
    plan_visits,
    reschedule,
)
from pro_service.domain.study.statuses import RULES, standing
from pro_service.domain.study.times import zone


class Redating(NamedTuple):
    """What the rules known now do to one participant's visits."""

    lines: tuple[str, ...]
    """What changes, a line a visit; none: everything stands where it should."""
    rescheduling: Rescheduling


def redate(
    facts: ParticipantFacts,
    protocol: Protocol,
    last_revisions: Mapping[Key, int],
    held: Collection[UUID] = (),
) -> Redating:
    """Compare what is to come with what the zone's rules say now; `held` were moved by hand."""
    at = zone(facts.zone)
    where = standing(facts.statuses, facts.now, facts.events)
    if where.status is None or RULES[where.status].stops_visits:
        return Redating((), Rescheduling(kept=(), superseded=(), created=()))
    planned = {
        (each.definition, each.occurrence): each
        for each in plan_visits(
            protocol, events=facts.events, zone=at, treated_knees=facts.treated_knees
        )
    }
    current = {(each.definition, each.occurrence): each for each in facts.visits}
    moves = reschedule(
        facts.visits,
        [each for key, each in planned.items() if key in current],
        last_revisions,
        fixed=[
            each.id
            for key, each in current.items()
            if is_over(each.closes_at, facts)
            or key not in planned
            or is_over(planned[key].closes_at, facts)
        ],
        held=held,
    )
    ends = {
        one.visit_id: one
        for one in moves.reclosed
        if not any(is_over(v.closes_at, facts) for v in facts.visits if v.id == one.visit_id)
    }
    lines = [
        f"{name_of(each.visit)}: {_window(before, at)} -> {_window(each.visit, at)}"
        for each in moves.created
        for before in [current[each.visit.definition, each.visit.occurrence]]
    ]
    lines += [
        f"{name_of(visit)}: ends {ends[visit.id].closes_at.astimezone(at):%Y-%m-%d %H:%M}"
        for visit in facts.visits
        if visit.id in ends
    ]
    return Redating(tuple(lines), moves.model_copy(update={"reclosed": tuple(ends.values())}))


def _window(visit: VisitFacts | PlannedVisit, at: ZoneInfo) -> str:
    """Both ends by the clocks of the participant, as the rules say now."""
    ends = "" if visit.closes_at is None else f" to {visit.closes_at.astimezone(at):%Y-%m-%d %H:%M}"
    return f"{visit.opens_at.astimezone(at):%Y-%m-%d %H:%M}{ends}"
