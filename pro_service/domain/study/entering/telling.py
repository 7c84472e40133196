"""What may be entered, and when it can have been told (rule R11 of the trial).

The instant is the participant's, as claimed: a window and what a question asks back to are judged
by it, and not by when somebody came to type. It lies within the visit's opening and the receipt of
what was told. What was told after the visit had closed is late; it is taken until the next visit
that asks the same opens, or a safety check answered in the morning after could not be written down.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Language
from pro_service.domain.record import Record
from pro_service.domain.study.assessments import is_open_question
from pro_service.domain.study.facts import AssessmentFacts, ParticipantFacts, Status, VisitFacts
from pro_service.domain.study.follow_up.safety_floor import withdrew_follow_up
from pro_service.domain.study.nudges import profile_of
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.respondents import EntryMode, Respondent
from pro_service.domain.study.statuses import standing


class Told(Record):
    """How answers were told, by whom, in which language, and when (aware UTC, as claimed)."""

    mode: EntryMode
    respondent: Respondent
    language: Language
    at: datetime


class EntryRefusal(StrEnum):
    """Why something cannot be entered."""

    settled = "settled"
    """It was sent in, or the participant declined it: nothing more is asked there."""
    too_early = "too_early"
    """The visit had not opened when it is said to have been told."""
    too_late = "too_late"
    """It is said to have been told when the next visit that asks the same had opened."""
    to_come = "to_come"
    """It is said to have been told later than now."""
    stopped = "stopped"
    """The participant was not asked anything any more then."""


class EntryRefusedError(ProServiceError):
    """This cannot be entered; `why` says for what reason."""

    def __init__(self, why: EntryRefusal) -> None:
        """Keep the reason."""
        super().__init__(f"This cannot be entered: {why}.")
        self.why = why


class ApartWhat(StrEnum):
    """What of a sitting the protocol does not name for analysis."""

    mode = "mode"
    respondent = "respondent"
    both = "both"


class Enterable(NamedTuple):
    """An assessment whose answers may be entered."""

    visit: VisitFacts
    assessment: AssessmentFacts
    latest_at: datetime | None
    """Before when it must have been told (UTC); None: no later than now is all."""
    closed: bool
    """The visit takes no answers any more: what is entered was told before, or is late."""


def enterable(facts: ParticipantFacts, protocol: Protocol) -> Iterator[Enterable]:
    """Yield what may be entered: of visits that have opened, what is neither sent nor declined."""
    for visit in facts.visits:
        if visit.provisional or facts.now < visit.opens_at:
            continue
        closed = visit.closes_at is not None and visit.closes_at <= facts.now
        for one in visit.assessments:
            if is_open_question(one) and protocol.find(visit.definition) is not None:
                yield Enterable(visit, one, _asked_again_at(facts, visit, one), closed)


def check_told(facts: ParticipantFacts, protocol: Protocol, assessment: UUID, at: datetime) -> None:
    """Refuse what cannot have been told then. Raises EntryRefusedError."""
    found = next(
        (one for one in enterable(facts, protocol) if one.assessment.id == assessment), None
    )
    if found is None:
        raise EntryRefusedError(EntryRefusal.settled)
    if at > facts.now:
        raise EntryRefusedError(EntryRefusal.to_come)
    if at < found.visit.opens_at:
        raise EntryRefusedError(EntryRefusal.too_early)
    if found.latest_at is not None and at >= found.latest_at:
        raise EntryRefusedError(EntryRefusal.too_late)
    if not _may_tell(facts, protocol, found.visit, at):
        raise EntryRefusedError(EntryRefusal.stopped)


def kept_apart(
    protocol: Protocol, instrument: str, mode: str, respondent: Respondent
) -> ApartWhat | None:
    """Return what of it the protocol does not name for this instrument; None: it counts.

    A way staff enter must be named (R11: none by default). Respondents that are not named at all
    are everybody, as they are on pages.
    """
    use = protocol.use(instrument)
    other_mode = use.modes is None or mode not in use.modes
    other_person = use.respondents is not None and respondent.kind not in use.respondents
    if other_mode and other_person:
        return ApartWhat.both
    if other_mode:
        return ApartWhat.mode
    return ApartWhat.respondent if other_person else None


def _asked_again_at(
    facts: ParticipantFacts, visit: VisitFacts, assessment: AssessmentFacts
) -> datetime | None:
    """Return when the next visit that asks the same of the same knee opens, after this closed."""
    if visit.closes_at is None:
        return None
    asked = (assessment.instrument, assessment.target)
    later = (
        max(one.opens_at, visit.closes_at)
        for one in facts.visits
        if one.opens_at > visit.opens_at
        and not one.provisional
        and one.definition != visit.definition
        and any((each.instrument, each.target) == asked for each in one.assessments)
    )
    return min(later, default=None)


def _may_tell(facts: ParticipantFacts, protocol: Protocol, visit: VisitFacts, at: datetime) -> bool:
    """Tell whether a participant was still asked then; safety goes on as the floor has it (R1).

    Before their first status they were on nobody's list yet, and may have filled in a paper.
    """
    where = standing(facts.statuses, at, facts.events)
    if where.status is None or where.may_answer:
        return True
    goes_on = where.status is not Status.died and not withdrew_follow_up(facts.statuses, at)
    return goes_on and profile_of(visit, protocol) == "safety"
