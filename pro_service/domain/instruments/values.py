"""Which values an item accepts. Nothing is rounded, clipped or read as a sentinel.

Answers are whole numbers, or decimals where the item's step is one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Instrument, Item
from pro_service.domain.instruments.numbers import Value, plain

_NUMBER = re.compile(r"([0-9]{1,9})(?:[.,]([0-9]{1,9}))?")


class AnswerRangeError(ProServiceError):
    """The answer is outside the item's range.

    The message names the item and its range and never the value, which is health data.
    """

    def __init__(self, item: Item) -> None:
        """Say which numbers `item` accepts."""
        super().__init__(
            f"{item.code} is not {range_in_words(item)}.",
            mend="Give one, or leave the answer out.",
        )
        self.item_code = item.code
        self.minimum = item.minimum
        self.maximum = item.maximum


def range_in_words(item: Item) -> str:
    """Return the permitted answers as a phrase: "a whole number from 0 to 10"."""
    steps = "" if item.step == 1 else f" in steps of {item.step}"
    number = "a number" if item.decimals else "a whole number"
    return f"{number} from {item.minimum} to {item.maximum}{steps}"


def is_permitted(item: Item, value: Value) -> bool:
    """Tell whether a number lies in the item's range and on one of its steps."""
    return item.minimum <= value <= item.maximum and (value - item.minimum) % item.step == 0


def readable(
    instrument: Instrument, answers: Mapping[str, Value | None]
) -> dict[str, Value | None]:
    """Return the stored answers the instrument can read: to its items, in range; gaps too."""
    return {
        item.code: answers[item.code]
        for item in instrument.items
        if item.code in answers
        and ((value := answers[item.code]) is None or is_permitted(item, value))
    }


def check_value(item: Item, value: Value) -> None:
    """Refuse anything but a number in the item's range, on one of its steps.

    Raises AnswerRangeError. A bool is refused: True is no answer of 1; so are a float, which is
    hardly ever what was written, and what is no number at all.
    """
    finite = type(value) is int or (isinstance(value, Decimal) and value.is_finite())
    if not finite or not is_permitted(item, value):
        raise AnswerRangeError(item)


def read_number(text: str) -> Value | None:
    """A number typed in a field of its own: digits, and decimals after a point or comma.

    None: it is no number, or not in so many digits.
    """
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    return int(match[1]) if match[2] is None else plain(Decimal(f"{match[1]}.{match[2]}"))


def parse_cell(item: Item, text: str) -> Value | None:
    """Read one cell of a table: plain digits, or nothing for a missing answer.

    "7.5" and "4.0" are read where the item has decimals and refused elsewhere, with
    AnswerRangeError; so are "-1" and codes such as "99": a table is prepared by a person who can
    mend it, so nothing in it is interpreted.
    """
    trimmed = text.strip()
    if not trimmed:
        return None
    value = read_number(trimmed) if item.decimals or trimmed.isdigit() else None
    if value is None:
        raise AnswerRangeError(item)
    check_value(item, value)
    return value
