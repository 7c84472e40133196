"""How values stand in the cells of exported files; what is missing stays an empty cell."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

from pro_service.domain.instruments.scoring import as_text


def yes_or_no(met: bool) -> str:
    """A truth value as a word."""
    return "yes" if met else "no"


def as_figure(value: Fraction | None) -> str | None:
    """An exact figure with twelve places."""
    return None if value is None else as_text(value)


def as_decimal_text(value: Decimal | None) -> str | None:
    """A stored figure with twelve places."""
    return None if value is None else as_text(Fraction(value))


def as_fraction(value: Decimal | None) -> Fraction | None:
    """A stored figure, exactly as it stands."""
    return None if value is None else Fraction(value)


def as_instant(at: datetime | None) -> str | None:
    """An instant in UTC, as ISO 8601 writes it."""
    return None if at is None else at.astimezone(UTC).isoformat()
