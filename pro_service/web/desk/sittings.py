"""What a participant's page says of sittings: which is the record and why, what is of another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from pro_service.domain.study.sittings import StandingSitting
from pro_service.store.desk.timeline import (
    AnswerLine,
    AssessmentLine,
    ScoreLine,
    SittingLine,
    VisitLine,
)
from pro_service.web.desk.words import Words

_SPANS: Final = (("days", 24 * 60), ("hours", 60))
"""How long a span is said in, and its length in minutes: from two of it on."""


def sitting_that_stands(
    asked: AssessmentLine, standing: StandingSitting | None
) -> SittingLine | None:
    """The sitting that is the record; None where there is none."""
    return next((one for one in asked.sittings if standing and one.id == standing.id), None)


def how_answered(words: Words, visit: VisitLine, sitting: SittingLine) -> str:
    """How a sitting was answered, and how soon after which reminder: what helped."""
    mode = words.word("mode", sitting.mode)
    sent = [
        (one.ended_at, one.ordinal)
        for one in visit.reminders
        if one.ended_at is not None
        and one.end_reason == "sent"
        and one.ended_at <= sitting.started_at
    ]
    if not sent:
        return mode
    at, ordinal = max(sent)
    minutes = (sitting.started_at - at) // timedelta(minutes=1)
    name, length = next((one for one in _SPANS if minutes >= 2 * one[1]), ("minutes", 1))
    span = words.text(f"how.{name}", count=minutes // length)
    return words.text("how.after_reminder", mode=mode, span=span, number=ordinal)


def which_of_several(
    words: Words, asked: AssessmentLine, standing: StandingSitting | None
) -> str | None:
    """Which of several sittings is the record and why; None where there is one at most."""
    stands = sitting_that_stands(asked, standing)
    if stands is None or standing is None or len(asked.sittings) == 1:
        return None
    return words.text(
        "sitting.stands",
        number=stands.ordinal,
        count=len(asked.sittings),
        reason=words.word("standing", standing.reason),
    )


def begun_beside_the_desk(
    words: Words, asked: AssessmentLine, told: Callable[[datetime], str]
) -> list[str]:
    """Sittings that began where a card had just been shown at the desk: somebody asks who answered.

    `told` writes an instant.
    """
    return [
        words.text("sitting.card_shown", number=one.ordinal, at=told(one.card_shown_at))
        for one in asked.sittings
        if one.card_shown_at is not None
    ]


def typed_in(words: Words, asked: AssessmentLine, noted: Callable[[str], str]) -> list[str]:
    """Of sittings that staff typed in: where the paper lies, and that one is kept apart.

    `noted` writes a note that the record refers to.
    """
    lines = []
    for one in asked.sittings:
        if one.original is not None:
            lines.append(words.text("sitting.original", words=noted(one.original)))
        if one.apart is not None:
            lines.append(words.text(f"entry.apart_{one.apart}"))
    return lines


def not_verified(words: Words, asked: AssessmentLine, unverified: Mapping[UUID, str]) -> list[str]:
    """Paper that the protocol wants typed twice, and what is lacking; its scores stand so long."""
    return [
        words.text(f"sitting.not_verified_{unverified[one.id]}")
        for one in asked.sittings
        if one.id in unverified
    ]


def is_of_another(one: ScoreLine | AnswerLine, stands: SittingLine | None) -> bool:
    """Whether a score or an answer belongs to a sitting that is not the record."""
    return stands is not None and one.attempt_id != stands.id


def score_cells(words: Words, one: ScoreLine, stands: SittingLine | None) -> dict[str, Any]:
    """One row of the table of scores."""
    absent = one.absent_reason
    return {
        "scale": words.word("scale", one.scale),
        "basis": None if one.basis == "complete" else words.text(f"score.{one.basis}"),
        "other": is_of_another(one, stands),
        "raw": words.score(one.raw),
        "range": words.text("score.range", lowest=one.lowest, highest=one.highest),
        "normalised": words.score(one.normalised),
        "answered": one.answered,
        "substituted": one.substituted,
        "absent": None if absent is None else words.word("absent", absent),
    }
