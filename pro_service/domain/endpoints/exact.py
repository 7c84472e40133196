"""A stored score as a fraction: from the answers it was made of, where those still give it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from pro_service.domain.instruments.scoring import ScaleScore, as_decimal


class StoredScore(NamedTuple):
    """A score as it is kept, with twelve places; None: there is none."""

    raw: Decimal | None
    normalised: Decimal | None


class ExactScore(NamedTuple):
    """The same without any rounding."""

    raw: Fraction | None
    normalised: Fraction | None


def exactly(computed: ScaleScore | None, stored: StoredScore) -> ExactScore:
    """The score as a fraction: as computed from the answers, if that gives what is stored.

    Twelve places can miss a bound that the exact score meets.
    """
    raw = None if computed is None else computed.raw
    if computed is not None and raw is not None and as_decimal(raw) == stored.raw:
        return ExactScore(raw, computed.normalised)
    return ExactScore(_fraction(stored.raw), _fraction(stored.normalised))


def _fraction(value: Decimal | None) -> Fraction | None:
    return None if value is None else Fraction(value)
