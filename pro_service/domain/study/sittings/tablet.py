"""A tablet handed over at the site for one sitting (rule R12): for what, and what it shows.

What is answered on it is a sitting of its own, like what staff type in: nothing that was answered
before is shown or gone on with, and nobody goes on with it elsewhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple
from uuid import UUID

from pro_service.domain.record import Record
from pro_service.domain.study.assessments import is_open_question, opened_at
from pro_service.domain.study.facts import (
    AssessmentFacts,
    ParticipantFacts,
    SittingHeld,
    VisitFacts,
)
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.sittings.open_questions import is_in_window
from pro_service.domain.study.statuses import standing

MODE: Final = "tablet"
LONGEST_NAME: Final = 24
_NAME: Final = re.compile(r"[^\W_][\w .-]*")

TabletStep = Literal[
    "opened",
    "confirmed",
    "confirmed_by_year",
    "sent",
    "given_back",
    "idle",
    "taken_back",
    "replaced",
]
"""What becomes of a hand-over, each once; those after the first three are its end.

`given_back`: by who answered, without sending; `idle`: it lay untouched; `replaced`: another tablet
was handed over to the same participant.
"""


class OnTablet(NamedTuple):
    """What a tablet is handed over for: questions of one visit."""

    visit: VisitFacts
    assessments: tuple[AssessmentFacts, ...]


class Handed(Record):
    """A tablet in somebody's hands: for which questions, and what was answered on it so far."""

    id: UUID
    assessments: tuple[UUID, ...]
    sittings: tuple[UUID, ...]
    """The sittings begun on it."""
    confirmed: bool
    """Whoever holds it has said that they are the participant."""


def may_be_on_tablet(facts: ParticipantFacts, protocol: Protocol) -> Iterator[OnTablet]:
    """Yield open visits with what of them may be answered on a tablet, the first to close first.

    The protocol must hand over tablets for the instrument, and name the mode for analysis (R11:
    none by default). What was sent in or declined is asked of nobody.
    """
    if not standing(facts.statuses, facts.now, facts.events).may_answer:
        return
    visits = [one for one in facts.visits if is_in_window(one, facts.now)]
    for visit in sorted(visits, key=lambda one: (one.closes_at is None, one.closes_at)):
        asked = tuple(
            one
            for one in visit.assessments
            if is_open_question(one) and allows_tablet(protocol, one.instrument)
        )
        if asked:
            yield OnTablet(visit, asked)


def allows_tablet(protocol: Protocol, instrument: str) -> bool:
    """Tell whether the protocol hands over tablets for an instrument, and counts the answers."""
    tablet, modes = protocol.coming.tablet, protocol.use(instrument).modes
    named = tablet is not None and instrument in tablet.instruments
    return named and modes is not None and MODE in modes


def on_tablet(facts: ParticipantFacts, handed: Handed) -> ParticipantFacts:
    """The facts as they are for whoever holds the tablet: its own sittings are the open ones."""
    visits = tuple(
        visit
        if visit.asked is None
        else visit.model_copy(
            update={
                "asked": tuple(
                    _opened(one, handed) if one.id in handed.assessments else one
                    for one in visit.asked
                )
            }
        )
        for visit in facts.visits
    )
    return facts.model_copy(update={"visits": visits})


def _opened(assessment: AssessmentFacts, handed: Handed) -> AssessmentFacts:
    attempt = assessment.attempt
    if attempt is None or not is_open_question(assessment):
        return assessment
    last = SittingHeld(attempt=attempt, answers=assessment.read_answers)
    for one in (*assessment.others, last):
        if one.attempt.id in handed.sittings and one.attempt.submitted_at is None:
            own = one.attempt.model_copy(update={"taken_over": False})
            return opened_at(assessment, one.model_copy(update={"attempt": own}))
    beside = attempt.model_copy(update={"taken_over": True})
    return assessment.model_copy(update={"attempt": beside})


def tablet_name(typed: str) -> str | None:
    """The name of a tablet as it is kept, for example "Tablet 2"; None for what is none."""
    name = " ".join(unicodedata.normalize("NFKC", typed).split())
    return name if len(name) <= LONGEST_NAME and _NAME.fullmatch(name) else None
