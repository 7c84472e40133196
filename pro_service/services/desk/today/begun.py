"""Sittings begun in windows that are open: answered and not sent, or answered in part.

Which of the two a visit is says the rule that says it everywhere (`assessment_state`); the database
only finds the visits at which something was answered and not sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from pro_service.domain.instruments.model import Instrument
from pro_service.domain.study.assessments import AssessmentState, assessment_state
from pro_service.domain.study.facts import Window
from pro_service.domain.study.statuses import Standing
from pro_service.services.desk.told import progress_of, standing_of
from pro_service.store.desk.today import BegunVisit, OwedPart


class Begun(NamedTuple):
    """A visit at which something was answered and not sent, and what is still to be answered."""

    row: BegunVisit
    to_answer: Sequence[OwedPart]


class _Asked(NamedTuple):
    """Something still owed: it was neither sent nor declined."""

    instrument: str
    declined_at: datetime | None = None


class _Known(NamedTuple):
    begun: bool
    answered: bool
    settled: int
    sent_at: datetime | None = None


class BegunVisits(NamedTuple):
    """The first of both lists, soonest to close first."""

    unsent: Sequence[Begun]
    """All that was asked is answered; only sending is left."""
    to_complete: Sequence[Begun]
    """Something is answered, and something is not."""
    totals: Mapping[str, int]
    """How many visits there are of both, by the names of the lists."""


def tell_apart(rows: Sequence[BegunVisit], instruments: Mapping[str, Instrument]) -> BegunVisits:
    """Which visits wait to be sent and which to be completed; none of who is asked no more."""
    unsent: list[Begun] = []
    to_complete: list[Begun] = []
    for row in rows:
        where = standing_of(row, row.now)
        if not where.may_answer:
            continue
        states = [_state(row, part, instruments, where) for part in row.owed]
        open_parts = [
            part
            for part, state in zip(row.owed, states, strict=True)
            if state in (AssessmentState.started, AssessmentState.due)
        ]
        if set(states) == {AssessmentState.unsent}:
            unsent.append(Begun(row, ()))
        elif open_parts:
            to_complete.append(Begun(row, open_parts))
    totals = {"unsent": _total(unsent), "to_complete": _total(to_complete)}
    return BegunVisits(unsent, to_complete, totals)


def _total(begun: Sequence[Begun]) -> int:
    """How many there are of a list: as kept, and those whose kind was told here."""
    kept = max((one.row.total for one in begun), default=0)
    return kept + sum(one.row.kind is None for one in begun)


def _state(
    row: BegunVisit, part: OwedPart, instruments: Mapping[str, Instrument], where: Standing
) -> AssessmentState:
    answered = part.answered > 0
    known = _Known(answered, answered, part.settled if answered else 0)
    window = Window(row.opens_at, row.closes_at, row.provisional)
    progress = progress_of(_Asked(part.instrument), known, instruments)
    return assessment_state(window, progress, where, row.now)
