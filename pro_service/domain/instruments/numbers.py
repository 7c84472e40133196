"""An answer as a number: whole, or with decimals where the instrument says so; one form of each."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator


def plain(value: int | Decimal) -> int | Decimal:
    """The one form of a number: whole as int, any other as Decimal without trailing zeros.

    7, 7.0 and 7.00 are the same answer, whatever the database, a form or JSON made of it.
    """
    if isinstance(value, int):
        return value
    whole = int(value)
    return whole if whole == value else value.normalize()


Value = Annotated[int | Decimal, AfterValidator(plain)]
"""An answer. Records make it plain by themselves; elsewhere `plain` does."""


def written(value: int | Decimal) -> str:
    """A number as it leaves, whatever carries it: no exponent, no zeros behind. 12.5, 34, 0."""
    figure = f"{value:f}" if isinstance(value, Decimal) else str(value)
    figure = figure.rstrip("0").rstrip(".") if "." in figure else figure
    return "0" if figure == "-0" else figure


def decimals_of(value: int | Decimal) -> int:
    """The decimal places of a plain number: 0 of 7, 1 of 0.5."""
    return 0 if isinstance(value, int) else max(0, -int(value.as_tuple().exponent))
