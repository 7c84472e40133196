"""A stored score as a fraction: from the answers it was made of, where those still give it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from pro_service.domain.instruments.model import Instrument
from pro_service.domain.instruments.scoring import Answers, as_decimal, score
from pro_service.domain.instruments.values import readable


class StoredScore(NamedTuple):
    """A scale's score as it is kept, with twelve places; None: there is none."""

    scale: str
    raw: Decimal | None
    normalised: Decimal | None


class ExactScore(NamedTuple):
    """The same without any rounding."""

    raw: Fraction | None
    normalised: Fraction | None


def exactly(instrument: Instrument, answers: Answers, stored: StoredScore) -> ExactScore:
    """The score as a fraction, from the answers, if those give what is stored.

    Twelve places can miss a bound that the exact score meets.
    """
    for exact in score(instrument, readable(instrument, answers)):
        raw = exact.raw
        if exact.scale == stored.scale and raw is not None and as_decimal(raw) == stored.raw:
            return ExactScore(raw, exact.normalised)
    return ExactScore(_fraction(stored.raw), _fraction(stored.normalised))


def _fraction(value: Decimal | None) -> Fraction | None:
    return None if value is None else Fraction(value)
