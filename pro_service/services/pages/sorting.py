"""Sorts the answers a page brought: which are new, which came too late, what is still open.

Pure: it compares what the page sent with what stands, and writes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from pro_service.domain.instruments.numbers import Value
from pro_service.domain.study.facts import AssessmentFacts
from pro_service.services.answering import GivenAnswer
from pro_service.services.pages.screens import Part, Screen


@dataclass(frozen=True)
class ScreenAnswer:
    """One item as the form brought it; `shown` is the response the page showed for it."""

    item: str
    value: Value | None = field(repr=False)
    gap: str | None = None
    raw: str | None = field(default=None, repr=False)
    shown: UUID | None = None


class Sorted(NamedTuple):
    """A screen's answers: to be stored, overtaken by others; and whether anything stays open."""

    new: tuple[ScreenAnswer, ...]
    late: tuple[ScreenAnswer, ...]
    unsettled: bool


def sort_answers(screen: Screen, answers: Sequence[ScreenAnswer], *, leave_open: bool) -> Sorted:
    """Sort what came for a screen; with `leave_open`, what may stay open becomes `skipped`.

    An answer equal to what stands is neither new nor late: going over a page again stores nothing.
    What this device may not see it may not change either; nor does anybody change what was asked
    about a time that has passed, and has only to be sent.
    """
    came = {answer.item: answer for answer in answers}
    new: list[ScreenAnswer] = []
    late: list[ScreenAnswer] = []
    unsettled = False
    for question in screen.questions:
        answer = came.get(question.item.code)
        if answer is None:
            if question.settled:
                continue
            if leave_open and question.item.skippable:
                new.append(ScreenAnswer(question.item.code, None, gap="skipped"))
            else:
                unsettled = True
        elif not question.settled:
            new.append(answer)
        elif (answer.value, answer.gap) != (question.value, question.gap):
            changes = (
                screen.found.may_change
                and question.is_shown
                and answer.shown == question.response_id
            )
            (new if changes else late).append(answer)
    return Sorted(tuple(new), tuple(late), unsettled)


def sort_too_late(
    assessment: AssessmentFacts, codes: Collection[str], answers: Sequence[ScreenAnswer]
) -> tuple[ScreenAnswer, ...]:
    """What to keep of answers that came when their assessment (items `codes`) was open no more."""
    if assessment.submitted_at is None:
        return ()  # Declined or closed: there is no sitting they could be kept with.
    stands = {one.item: (one.value, one.gap) for one in assessment.read_answers}
    return tuple(
        one for one in answers if one.item in codes and stands.get(one.item) != (one.value, one.gap)
    )


def sort_open(
    parts: Sequence[Part], leave_open: Collection[tuple[UUID, str]]
) -> tuple[GivenAnswer, ...] | None:
    """The gaps that settle these parts; None if something is open that may not stay so."""
    gaps: list[GivenAnswer] = []
    for part in parts:
        for question in part.unsettled:
            name = (part.assessment_id, question.item.code)
            if name not in leave_open or not question.item.skippable:
                return None
            gaps.append(GivenAnswer(*name, value=None, gap="skipped"))
    return tuple(gaps)


def given(assessment_id: UUID, answers: Sequence[ScreenAnswer]) -> list[GivenAnswer]:
    """The same answers as every way of answering hands them on."""
    return [
        GivenAnswer(assessment_id, one.item, one.value, one.gap, raw=one.raw) for one in answers
    ]
