"""How figures stand in the cells of exported rows; what is missing stays None."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from pro_service.domain.instruments.scoring import as_decimal


def yes_or_no(met: bool) -> str:
    """A truth value as a word, inside a text."""
    return "yes" if met else "no"


def as_figure(value: Fraction | None) -> Decimal | None:
    """An exact figure with twelve places."""
    return None if value is None else as_decimal(value)


def as_fraction(value: Decimal | None) -> Fraction | None:
    """A stored figure, exactly as it stands."""
    return None if value is None else Fraction(value)
