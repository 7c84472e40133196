"""Moving a participant to another protocol version: what changes, and what forbids it. Pure.

What has happened stays as it was: a visit that was answered, attended or refused at, or that is
over, keeps its dates and what it asked, and a visit that would be over by now is not made. The rest
is dated anew by the other version.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_service.domain.differences import differences
from pro_service.domain.instruments.model import Instrument
from pro_service.domain.study.facts import ParticipantFacts, VisitFacts
from pro_service.domain.study.nudges import plan_first
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.schedule import (
    PlannedVisit,
    Rescheduling,
    keeps_its_dates,
    plan_visits,
    reschedule,
)
from pro_service.domain.study.statuses import RULES, standing
from pro_service.domain.study.times import local_day, zone

Key = tuple[str, int]
"""Visit definition and occurrence."""
_OF_ALL = ("study", "messaging", "calls", "safety", "instruments", "visits")
_DATES = ("anchor", "target", "window", "clinic_window")
"""Keys of a visit that are told by each participant's own dates."""


class Moving(NamedTuple):
    """What moving one participant comes to."""

    refusals: tuple[str, ...]
    """Why it cannot be done, a sentence each with the mend; none: it can."""
    lines: tuple[str, ...]
    """What changes for this participant, a line each."""
    rescheduling: Rescheduling


@dataclass(frozen=True)
class Versions:
    """The version left and the one moved to, with the instruments both ask from, by id."""

    old: Protocol
    new: Protocol
    instruments: Mapping[str, Instrument]

    def differences(self) -> tuple[str, ...]:
        """What differs for everybody: texts, ways, nudging, calls, safety rules and their days."""
        found: list[str] = []
        before, after = (_for_all(one) for one in (self.old, self.new))
        for name in _OF_ALL:
            found += differences(name, before[name], after[name])
        return tuple(found)


def plan_move(
    facts: ParticipantFacts, versions: Versions, last_revisions: Mapping[Key, int]
) -> Moving:
    """Decide what becomes of one participant's visits, and what stands against it."""
    planned = plan_visits(
        versions.new,
        events=facts.events,
        zone=zone(facts.zone),
        treated_knees=facts.treated_knees,
    )
    by_key = {(each.definition, each.occurrence): each for each in planned}
    current = {(each.definition, each.occurrence): each for each in facts.visits}
    over = {visit.id for visit in facts.visits if is_over(visit.closes_at, facts)}
    fixed = over | {
        visit.id
        for key, visit in current.items()
        if key in by_key and is_over(by_key[key].closes_at, facts)
    }
    moves = reschedule(
        facts.visits,
        [
            each
            for key, each in by_key.items()
            if key in current or not is_over(each.closes_at, facts)
        ],
        last_revisions,
        fixed=fixed,
        renewed=set(_renewed(facts, versions)),
    )
    moves = moves.model_copy(
        update={"reclosed": tuple(one for one in moves.reclosed if one.visit_id not in over)}
    )
    kept = [visit for visit in facts.visits if visit.id in set(moves.kept)]
    return Moving(
        tuple(_refusals(facts, versions, kept)), tuple(_lines(facts, by_key, moves)), moves
    )


def is_over(closes_at: datetime | None, facts: ParticipantFacts) -> bool:
    """Whether a window has closed; one without an end never has."""
    return closes_at is not None and closes_at <= facts.now


def _renewed(facts: ParticipantFacts, versions: Versions) -> Iterator[UUID]:
    """Visits whose first nudge is still to come and would come at another time."""
    at = zone(facts.zone)
    for visit in facts.visits:
        if any(reminder.ended_at is not None for reminder in visit.reminders):
            continue
        first = [
            plan_first(visit, protocol, at, facts.nudge_at, facts.now)
            for protocol in (versions.old, versions.new)
        ]
        if first[0] != first[1]:
            yield visit.id


def _refusals(facts: ParticipantFacts, versions: Versions, kept: list[VisitFacts]) -> Iterator[str]:
    new = versions.new
    where = standing(facts.statuses, facts.now, facts.events)
    if where.status is None or RULES[where.status].stops_visits:
        yield f"No visit is planned any more ({where.status or 'no status'}). Nothing is to move."
    if facts.language not in new.study.languages:
        yield (
            f"The version does not have the participant's language, {facts.language}."
            " Add it to study.languages."
        )
    for event in facts.events:
        if new.events.get(event.kind, 0) < event.ordinal:
            yield (
                f"The version does not know {event.kind} {event.ordinal}, which is recorded."
                f" Let its events have {event.kind} = {event.ordinal}."
            )
    for visit in kept:
        if new.find(visit.definition) is None:
            yield (
                f"{name_of(visit)} is over, begun or made by hand, and the version does not have"
                " it. Keep it in the version with retired = true."
            )
            continue
        for one in visit.assessments:
            instrument = versions.instruments.get(one.instrument)
            owed = one.submitted_at is None and one.declined_at is None
            if not owed or is_over(visit.closes_at, facts) or instrument is None:
                continue
            if one.attempt is not None and facts.now - one.attempt.started_at < timedelta(
                hours=instrument.attempt_span_hours
            ):
                yield (
                    f"{name_of(visit)}: {one.instrument} ({one.target}) is being answered."
                    f" Try again when it is sent, or {instrument.attempt_span_hours} hours after"
                    " it was begun."
                )
            elif new.ask(visit.definition, one.instrument) is None:
                yield (
                    f"{name_of(visit)} is begun and still owes {one.instrument}, which the version"
                    " does not ask there. Try again when the visit is over."
                )


def _lines(
    facts: ParticipantFacts, planned_now: Mapping[Key, PlannedVisit], moves: Rescheduling
) -> Iterator[str]:
    at = zone(facts.zone)
    gone = {
        (each.definition, each.occurrence): each
        for each in facts.visits
        if each.id in set(moves.superseded)
    }
    ends = {each.visit_id: each.closes_at for each in moves.reclosed}
    made = {(each.visit.definition, each.visit.occurrence): each.visit for each in moves.created}
    for key, visit in gone.items():
        if key not in made:
            yield f"{name_of(visit)}: dropped ({_dates(visit, at)})"
    for key, planned in made.items():
        before = gone.get(key)
        if before is None:
            asked = ", ".join(f"{name} ({target})" for name, target in planned.assessments)
            yield f"{name_of(planned)}: added ({_dates(planned, at)}), asks {asked or 'nothing'}"
            continue
        yield from _changes(before, planned, at)
    for visit in facts.visits:
        if visit.id in ends:
            yield f"{name_of(visit)}: ends {ends[visit.id].astimezone(at):%Y-%m-%d %H:%M}"
        elif visit.id in moves.kept and not is_over(visit.closes_at, facts):
            yield from _what_stays(visit, planned_now.get((visit.definition, visit.occurrence)), at)


def _changes(before: VisitFacts, planned: PlannedVisit, at: ZoneInfo) -> Iterator[str]:
    """What one visit that is made anew has otherwise than before."""
    name, told = name_of(planned), False
    if _dates(before, at) != _dates(planned, at):
        yield f"{name}: {_dates(before, at)} -> {_dates(planned, at)}"
        told = True
    had = [(each.instrument, each.target) for each in before.assessments]
    for instrument, target in planned.assessments:
        if (instrument, target) not in had:
            yield f"{name}: asks {instrument} ({target}) too"
            told = True
    for instrument, target in had:
        if (instrument, target) not in planned.assessments:
            yield f"{name}: asks {instrument} ({target}) no more"
            told = True
    if not told:
        yield f"{name}: nudged anew"


def _what_stays(visit: VisitFacts, planned: PlannedVisit | None, at: ZoneInfo) -> Iterator[str]:
    """Say of an open visit that it stays as it is although the version has it otherwise."""
    if not keeps_its_dates(visit) or visit.closes_at is None:
        return
    asked = {(each.instrument, each.target) for each in visit.assessments}
    if (
        planned is None
        or _dates(visit, at) != _dates(planned, at)
        or set(planned.assessments) != asked
    ):
        yield f"{name_of(visit)}: begun, so it keeps its dates and what it asks"


def name_of(visit: VisitFacts | PlannedVisit) -> str:
    """A visit as operators read it."""
    return visit.definition if visit.occurrence == 1 else f"{visit.definition} {visit.occurrence}"


def _dates(visit: VisitFacts | PlannedVisit, at: ZoneInfo) -> str:
    """Target day and window in the participant's zone; the last day is counted in."""
    opens_on = local_day(visit.opens_at, at)
    if visit.closes_at is None:
        return f"{visit.target_on}, from {opens_on}"
    last_on = local_day(visit.closes_at - timedelta(microseconds=1), at)
    return f"{visit.target_on}, {opens_on} to {last_on}"


def _for_all(protocol: Protocol) -> dict[str, object]:
    """The version as a document, less what each participant's own dates tell of its visits."""
    document = protocol.model_dump(mode="json")
    document["visits"] = [
        {key: value for key, value in visit.items() if key not in _DATES}
        for visit in document["visits"]
    ]
    return document
