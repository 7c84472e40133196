"""Which sitting at an assessment is the record: rule R3 of the trial.

All sittings are kept, scored and exported; one of them stands. Sent before unsent; among equals the
one that can be scored; then the one nearest the target; then the earlier. Items of two sittings are
never put together, for each is asked about a time of its own. The order is a judgement of the
study's own (R3), not of an instrument's.

Two readings of the rule are made here. *Can be scored* counts scales: a sitting in which more of
them can be scored comes first; and where neither can be scored whole, the one with more answers,
so that nothing is displaced by less. *At closing* only what was there by then is chosen from, as it
was sent by then; nothing that comes later displaces it. Where nothing was answered or sent by then,
the first sitting sent late stands.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_service.domain.instruments.model import Instrument
from pro_service.domain.instruments.numbers import Value
from pro_service.domain.instruments.scoring import score
from pro_service.domain.instruments.values import readable
from pro_service.domain.record import Record
from pro_service.domain.study.times import local_day


class StandingReason(StrEnum):
    """Why a sitting stands: what told it from the next best."""

    only = "only"
    """There was no other."""
    sent = "sent"
    """It was sent in, the others were not."""
    scorable = "scorable"
    """More of its scales can be scored."""
    fuller = "fuller"
    """No more scales can be scored, and not all, but more was answered."""
    nearest = "nearest"
    """Its last answer was given nearer the visit's target day."""
    earlier = "earlier"
    """It was begun first; nothing else told them apart."""
    late = "late"
    """There was nothing when the visit closed, and it was the first sent after that."""


class SittingTimes(NamedTuple):
    """A sitting's id and place, and its instants (aware UTC)."""

    id: UUID
    ordinal: int
    started_at: datetime
    sent_at: datetime | None
    last_answer_at: datetime | None
    """When the last answer that stands in it was given; None: none does."""


class SittingFacts(Record):
    """One sitting, as far as the choice among them looks at it. Instants are aware UTC."""

    id: UUID
    ordinal: int
    """Which sitting at its assessment, from 1, in the order they were begun; never twice."""
    started_at: datetime
    sent_at: datetime | None
    last_answer_at: datetime
    """When its last answer was given, as claimed."""
    answered: int
    """Items with a value."""
    scored: int
    """Scales, the total included, that can be scored."""
    scales: int
    """How many there are."""


class StandingSitting(Record):
    """The sitting that stands, and why."""

    id: UUID
    reason: StandingReason
    for_good: bool = False
    """The visit has closed and the sitting was there, or it is the first sent late: nothing that
    comes displaces it."""


class Due(NamedTuple):
    """When the visit was meant to be, in whose zone, and whether it is over."""

    target_on: date
    zone: ZoneInfo
    """The participant's."""
    closed_at: datetime | None
    """When the visit closed; None while it is open, or where it never closes."""


class _Place(NamedTuple):
    """Where a sitting comes in the order of R3: the lowest stands."""

    unsent: int
    unscored: int
    unanswered: int
    days: int
    ordinal: int


_TOLD_APART_BY: Final = (
    StandingReason.sent,
    StandingReason.scorable,
    StandingReason.fuller,
    StandingReason.nearest,
    StandingReason.earlier,
)
"""The reason that goes with each part of a place."""


def standing_sitting(sittings: Iterable[SittingFacts], due: Due) -> StandingSitting | None:
    """Which of an assessment's sittings is the record, by R3; None if there is none.

    The order in which they come does not matter.
    """
    every = tuple(sittings)
    if due.closed_at is None:
        return _first(every, due, for_good=False)
    closed_at = due.closed_at
    by_then = [one for one in every if _was_there(one, closed_at)]
    if by_then:
        return _first(by_then, due, for_good=True)
    late = [(one.sent_at, one.ordinal, one.id) for one in every if one.sent_at is not None]
    if late:
        return StandingSitting(id=min(late)[2], reason=StandingReason.late, for_good=True)
    return _first(every, due, for_good=False)


def sitting_facts(
    times: SittingTimes, instrument: Instrument, answers: Mapping[str, Value | None]
) -> SittingFacts:
    """A sitting with what stands answered in it, gaps as None.

    Answers the instrument would refuse, or has no item for, count as missing.
    """
    values = readable(instrument, answers)
    scores = score(instrument, values)
    return SittingFacts(
        id=times.id,
        ordinal=times.ordinal,
        started_at=times.started_at,
        sent_at=times.sent_at,
        last_answer_at=times.last_answer_at or times.started_at,
        answered=sum(value is not None for value in values.values()),
        scored=sum(one.raw is not None for one in scores),
        scales=len(scores),
    )


def as_if_answered(instrument: Instrument, items: Collection[str]) -> dict[str, Value | None]:
    """Answers to these items, of no meaning: whether scales can be scored asks for no value."""
    return {item.code: item.minimum for item in instrument.items if item.code in items}


def is_settled(instrument: Instrument, answers: Mapping[str, Value | None]) -> bool:
    """Whether all that was asked is answered, or was left open on purpose, and not all of it."""
    return all(item.code in answers for item in instrument.items) and any(
        value is not None for value in answers.values()
    )


def _first(sittings: Sequence[SittingFacts], due: Due, *, for_good: bool) -> StandingSitting | None:
    """The first of these in the order of R3, and what told it from the second."""
    places = sorted((_place(one, due), one.id) for one in sittings)
    if not places:
        return None
    best, chosen = places[0]
    reason = StandingReason.only
    if len(places) > 1:
        pairs = zip(best, places[1][0], _TOLD_APART_BY, strict=True)
        reason = next(why for mine, other, why in pairs if mine != other)
    return StandingSitting(id=chosen, reason=reason, for_good=for_good)


def _was_there(one: SittingFacts, closed_at: datetime) -> bool:
    """Whether a sitting was begun before closing, and answered or sent."""
    return one.started_at < closed_at and (one.answered > 0 or _sent_by(one, closed_at))


def _sent_by(one: SittingFacts, closed_at: datetime | None) -> bool:
    return one.sent_at is not None and (closed_at is None or one.sent_at < closed_at)


def _place(one: SittingFacts, due: Due) -> _Place:
    whole = 0 < one.scales == one.scored
    return _Place(
        unsent=0 if _sent_by(one, due.closed_at) else 1,
        unscored=one.scales - one.scored,
        unanswered=0 if whole else -one.answered,
        days=abs((local_day(one.last_answer_at, due.zone) - due.target_on).days),
        ordinal=one.ordinal,
    )
