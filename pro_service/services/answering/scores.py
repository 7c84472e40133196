"""Scores as they are stored: one row a scale, absent ones with their reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias
from uuid import UUID

from pro_service.domain.instruments.model import Instrument
from pro_service.domain.instruments.numbers import Value
from pro_service.domain.instruments.scoring import as_decimal, score
from pro_service.store.ids import new_id
from pro_service.store.writes import ScoreRow

Basis: TypeAlias = Literal["complete", "unsent", "partial"]
"""Of a sitting that was sent in; of one not sent when its visit closed, with all that was asked
answered (R2), or left unfinished."""


class Place(NamedTuple):
    """Where scores belong, and who writes them."""

    assessment_id: UUID
    attempt_id: UUID
    actor: str


def score_rows(
    instrument: Instrument, answers: Mapping[str, Value | None], place: Place, *, basis: Basis
) -> list[ScoreRow]:
    """The rows of `scores` for these answers, gaps as None."""
    return [
        ScoreRow(
            id=new_id(),
            assessment_id=place.assessment_id,
            attempt_id=place.attempt_id,
            basis=basis,
            scale=result.scale,
            instrument=instrument.id,
            instrument_version=instrument.version,
            scoring_version=instrument.scoring_version,
            raw=None if result.raw is None else as_decimal(result.raw),
            normalised=None if result.normalised is None else as_decimal(result.normalised),
            lowest=result.minimum,
            highest=result.maximum,
            answered=result.answered,
            substituted=result.substituted,
            absent_reason=result.absent_reason,
            actor=place.actor,
        )
        for result in score(instrument, answers)
    ]
