"""What a page asks: questions on screens, part by part, with what stands answered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.instruments.model import Instrument, Item
from pro_service.domain.instruments.numbers import Value
from pro_service.domain.study.facts import AnswerFacts, AssessmentFacts, ParticipantFacts, Target
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.sittings.open_questions import (
    OpenKind,
    OpenNow,
    open_now,
    sitting_goes_on,
)
from pro_service.domain.study.sittings.tablet import Handed
from pro_service.services.base.context import ServiceContext
from pro_service.services.pages.showing import DeviceMemory, shown_places
from pro_service.store.pages.entrance import Entrance
from pro_service.store.writes import DoorRow

_MOST_LAYOUTS: Final = 200
_MOST_PARTS: Final = 200
NOTHING_OPEN: Final = OpenNow(kind=OpenKind.nothing, answered={}, may_change=False)


class Question(NamedTuple):
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


class Screen(NamedTuple):
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

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """All its questions."""
        return tuple(question for screen in self.screens for question in screen.questions)

    @cached_property
    def begun(self) -> bool:
        """Whether anything of it is settled in the present sitting."""
        return any(question.settled for question in self.questions)

    @cached_property
    def unsettled(self) -> tuple[Question, ...]:
        """The questions that still want an answer."""
        return tuple(question for question in self.questions if not question.settled)

    @cached_property
    def wanting(self) -> tuple[Screen, ...]:
        """The screens with such questions."""
        return tuple(screen for screen in self.screens if screen.unsettled)


class Asking(NamedTuple):
    """What screens are made from."""

    context: ServiceContext
    protocol: Protocol
    facts: ParticipantFacts
    device: DeviceMemory
    """Which answers may be shown: those given on the device that asks."""
    handed: Handed | None = None
    """What the tablet was handed over for that asks; None: it is none."""
    authentication: Entrance = "link"
    """How whoever looks came in."""
    door: DoorRow | None = None
    """What a write must look at, where nobody has: site and contacts are as they were, then."""


class Before(NamedTuple):
    """How many screens and questions come before those of an assessment."""

    screens: int = 0
    questions: int = 0


class _Layout(NamedTuple):
    """A protocol's screens of an instrument: the same for everybody, so they are laid out once."""

    protocol: Protocol
    instrument: Instrument
    screens: tuple[tuple[Question, ...], ...]
    """The questions of each screen, none answered, numbered from 1."""
    alarming: tuple[bool, ...]
    """By screen: whether an answer on it may be a reason to telephone at once."""
    scored: bool
    """Whether a score may be."""
    places: dict[str, int]
    """Each item's place in the instrument, from 0."""
    numbered: dict[int, tuple[tuple[Question, ...], ...]]
    """The questions of each screen, by how many come before them in a questionnaire."""

    def unanswered(self, before: int) -> tuple[tuple[Question, ...], ...]:
        """The questions of each screen, none answered, numbered on from so many before."""
        found = self.numbered.get(before)
        if found is None:
            found = self.numbered[before] = tuple(
                tuple(one._replace(number=before + one.number) for one in questions)
                for questions in self.screens
            )
        return found


_layouts: Final[dict[tuple[int, int], _Layout]] = {}


def _laid_out(protocol: Protocol, instrument: Instrument) -> _Layout:
    may_not_apply = protocol.use(instrument.id).may_not_apply
    groups = protocol.screens_of(instrument)
    items, numbers = {item.code: item for item in instrument.items}, count(1)
    screens = tuple(
        tuple(
            Question(
                items[code],
                next(numbers),
                items[code].may_not_apply and code in may_not_apply,
                settled=False,
            )
            for code in codes
        )
        for codes in groups
    )
    return _Layout(
        protocol,
        instrument,
        screens,
        tuple(protocol.safety.looks_at(instrument.id, codes) for codes in groups),
        protocol.safety.looks_at_scores(instrument.id),
        {code: place for place, code in enumerate(items)},
        {},
    )


def _layout(asking: Asking, instrument: Instrument) -> _Layout:
    protocol, key = asking.protocol, (id(asking.protocol), id(instrument))
    found = _layouts.get(key)
    if found is None or found.protocol is not protocol or found.instrument is not instrument:
        if len(_layouts) >= _MOST_LAYOUTS:
            _layouts.clear()
        found = _layouts[key] = _laid_out(protocol, instrument)
    return found


_parts: Final[dict[tuple[object, ...], tuple[AssessmentFacts, _Layout, Part]]] = {}
"""Those made last: each screen that is saved changes one of them, and the facts keep the others."""


def make_part(asking: Asking, assessment: AssessmentFacts, before: Before) -> Part:
    """One assessment's screens, numbered on from those before."""
    instrument = asking.context.catalogue.instruments[assessment.instrument]
    layout = _layout(asking, instrument)
    sitting_id = None if assessment.attempt is None else assessment.attempt.id
    shown = shown_places(asking.device, sitting_id)
    # Study time tells nothing else of it than whether its sitting goes on.
    goes_on = sitting_goes_on(assessment, instrument, asking.facts.now)
    same = (id(assessment), id(layout), before, shown, goes_on)
    made = _parts.get(same)
    if made is None:
        if len(_parts) >= _MOST_PARTS:
            _parts.clear()
        part = _made(
            assessment, layout, before, shown, _stands(assessment, instrument, asking.facts)
        )
        # What it was made of is kept with it: nothing else can have its ids.
        made = _parts[same] = (assessment, layout, part)
    return made[2]


def _made(
    assessment: AssessmentFacts,
    layout: _Layout,
    before: Before,
    shown: int,
    stands: tuple[OpenNow, dict[str, AnswerFacts]],
) -> Part:
    found, answers = stands
    screens: list[Screen] = []
    for group, blank in enumerate(layout.unanswered(before.questions)):
        questions = blank
        if answers:
            questions = tuple(
                _answered(one, answers[one.item.code], shown >> layout.places[one.item.code])
                if one.item.code in answers
                else one
                for one in blank
            )
        screens.append(
            Screen(
                number=before.screens + group + 1,
                assessment_id=assessment.id,
                instrument=layout.instrument,
                target=assessment.target,
                group=group,
                questions=questions,
                found=found,
                may_alarm=layout.alarming[group]
                or (layout.scored and _may_be_last(group, layout.screens, answers)),
            )
        )
    return Part(assessment.id, tuple(screens), found)


def _answered(question: Question, answer: AnswerFacts, shown: int) -> Question:
    """A question with the answer that stands; the lowest bit says whether it may be shown."""
    return Question(
        question.item,
        question.number,
        question.may_not_apply,
        settled=True,
        value=answer.value,
        gap=answer.gap,
        response_id=answer.response_id,
        hidden=not shown & 1,
    )


def _may_be_last(
    group: int, screens: Sequence[Sequence[Question]], answers: Collection[str]
) -> bool:
    """Whether all may stand answered once this screen is saved: then scores tell what they tell."""
    others = [one for other, asked in enumerate(screens) if other != group for one in asked]
    return group == len(screens) - 1 or all(one.item.code in answers for one in others)


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
