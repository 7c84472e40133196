"""What a page asks: questions on screens, part by part, with what stands answered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.instruments.model import Instrument, Item
from pro_service.domain.instruments.numbers import Value
from pro_service.domain.study.facts import AnswerFacts, AssessmentFacts, ParticipantFacts, Target
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.sittings.open_questions import OpenKind, OpenNow, open_now
from pro_service.domain.study.sittings.tablet import Handed
from pro_service.services.base.context import ServiceContext
from pro_service.services.pages.showing import DeviceMemory, may_show_values

NOTHING_OPEN: Final = OpenNow(kind=OpenKind.nothing, answered={}, may_change=False)


@dataclass(frozen=True)
class Question:
    """One item as a participant meets it, with the answer that stands in the present sitting."""

    item: Item
    number: int
    """Its place among all questions of the questionnaire, from 1."""
    may_not_apply: bool
    settled: bool
    """Answered, or left open on purpose."""
    value: Value | None = None
    gap: str | None = None
    response_id: UUID | None = None
    hidden: bool = False
    """It is settled, and its answer is not for this device: it is neither shown nor changed."""

    @property
    def is_shown(self) -> bool:
        """Whether the page may show its answer, and take another."""
        return self.settled and not self.hidden


@dataclass(frozen=True)
class Screen:
    """What one page asks of an instrument, for one assessment; `number` counts from 1.

    `group` is its place among the screens of that assessment, from 0.
    """

    number: int
    assessment_id: UUID
    instrument: Instrument
    target: Target
    group: int
    questions: tuple[Question, ...]
    found: OpenNow = NOTHING_OPEN
    """What is open at the assessment; the same on all of its screens."""
    may_alarm: bool = False
    """An answer on it may be a reason to telephone at once: nobody goes on before it is saved."""

    @property
    def begun(self) -> bool:
        """Whether anything of it is settled in the present sitting."""
        return any(question.settled for question in self.questions)

    @property
    def unsettled(self) -> tuple[Question, ...]:
        """The questions that still want an answer."""
        return tuple(question for question in self.questions if not question.settled)


@dataclass(frozen=True)
class Part:
    """One assessment: its screens in asking order."""

    assessment_id: UUID
    screens: tuple[Screen, ...]
    found: OpenNow
    """What is open: questions, all of them afresh, or only the sending."""

    @property
    def is_unsent(self) -> bool:
        """Whether all is answered and only to be sent."""
        return self.found.kind is OpenKind.unsent

    @property
    def is_afresh(self) -> bool:
        """Whether it was begun before, too long ago to go on with."""
        return self.found.kind is OpenKind.afresh

    @property
    def questions(self) -> tuple[Question, ...]:
        """All its questions."""
        return tuple(question for screen in self.screens for question in screen.questions)

    @property
    def begun(self) -> bool:
        """Whether anything of it is settled in the present sitting."""
        return any(question.settled for question in self.questions)

    @property
    def unsettled(self) -> tuple[Question, ...]:
        """The questions that still want an answer."""
        return tuple(question for question in self.questions if not question.settled)


class Asking(NamedTuple):
    """What screens are made from."""

    context: ServiceContext
    protocol: Protocol
    facts: ParticipantFacts
    device: DeviceMemory
    """Which answers may be shown: those given on the device that asks."""
    handed: Handed | None = None
    """What the tablet was handed over for that asks; None: it is none."""


class Before(NamedTuple):
    """How many screens and questions come before those of an assessment."""

    screens: int = 0
    questions: int = 0


def make_part(asking: Asking, assessment: AssessmentFacts, before: Before) -> Part:
    """One assessment's screens, numbered on from those before."""
    context, protocol, facts = asking.context, asking.protocol, asking.facts
    instrument = context.catalogue.instruments[assessment.instrument]
    found, answers = _stands(assessment, instrument, facts)
    screens: list[Screen] = []
    number = before.questions
    scored = protocol.safety.looks_at_scores(instrument.id)
    groups = protocol.screens_of(instrument)
    for group, codes in enumerate(groups):
        questions: list[Question] = []
        for code in codes:
            number += 1
            questions.append(
                _question(asking, assessment, instrument.item(code), number, answers.get(code))
            )
        screens.append(
            Screen(
                number=before.screens + group + 1,
                assessment_id=assessment.id,
                instrument=instrument,
                target=assessment.target,
                group=group,
                questions=tuple(questions),
                found=found,
                may_alarm=protocol.safety.looks_at(instrument.id, codes)
                or (scored and _may_be_last(group, groups, answers)),
            )
        )
    return Part(assessment.id, tuple(screens), found)


def _question(
    asking: Asking,
    assessment: AssessmentFacts,
    item: Item,
    number: int,
    answer: AnswerFacts | None,
) -> Question:
    instrument = asking.context.catalogue.instruments[assessment.instrument]
    sitting_id = None if assessment.attempt is None else assessment.attempt.id
    place = place_of(instrument, item.code)
    return Question(
        item=item,
        number=number,
        may_not_apply=item.may_not_apply
        and item.code in asking.protocol.use(instrument.id).may_not_apply,
        settled=answer is not None,
        value=None if answer is None else answer.value,
        gap=None if answer is None else answer.gap,
        response_id=None if answer is None else answer.response_id,
        hidden=answer is not None and not may_show_values(asking.device, sitting_id, place),
    )


def _may_be_last(group: int, groups: Sequence[Sequence[str]], answers: Collection[str]) -> bool:
    """Whether all may stand answered once this screen is saved: then scores tell what they tell."""
    others = [code for other, codes in enumerate(groups) if other != group for code in codes]
    return group == len(groups) - 1 or all(code in answers for code in others)


def place_of(instrument: Instrument, code: str) -> int:
    """An item's place in its instrument, from 0, as marks of devices name it."""
    return [item.code for item in instrument.items].index(code)


def _stands(
    assessment: AssessmentFacts, instrument: Instrument, facts: ParticipantFacts
) -> tuple[OpenNow, dict[str, AnswerFacts]]:
    """What is open, and what stands answered in the present sitting, by item.

    Nothing where it was not read, which is so only of what was sent in long ago: its screens are
    made to understand a form that comes late, and are shown to nobody.
    """
    if assessment.answers is None:
        return NOTHING_OPEN, {}
    found = open_now(assessment, instrument, facts.now)
    return found, {one.item: one for one in assessment.answers if one.item in found.answered}
