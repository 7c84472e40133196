"""Which values an item accepts. Nothing is rounded, clipped or read as a sentinel."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Instrument, Item

_DIGITS = re.compile(r"[0-9]{1,9}")


class AnswerRangeError(ProServiceError):
    """The answer is outside the item's range.

    The message names the item and its range and never the value, which is health data.
    """

    def __init__(self, item: Item) -> None:
        """Say which whole numbers `item` accepts."""
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
    return f"a whole number from {item.minimum} to {item.maximum}{steps}"


def is_permitted(item: Item, value: int) -> bool:
    """Tell whether a whole number lies in the item's range and on one of its steps."""
    return item.minimum <= value <= item.maximum and (value - item.minimum) % item.step == 0


def readable(instrument: Instrument, answers: Mapping[str, int | None]) -> dict[str, int | None]:
    """Return the stored answers the instrument can read: to its items, in range; gaps too."""
    return {
        item.code: answers[item.code]
        for item in instrument.items
        if item.code in answers
        and ((value := answers[item.code]) is None or is_permitted(item, value))
    }


def check_value(item: Item, value: int) -> None:
    """Refuse anything but a whole number in the item's range, on one of its steps.

    Raises AnswerRangeError. A bool is refused: True is no answer of 1.
    """
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or not is_permitted(item, value):
        raise AnswerRangeError(item)


def parse_cell(item: Item, text: str) -> int | None:
    """Read one cell of a table: plain digits, or nothing for a missing answer.

    "7.5", "-1", "4.0" and codes such as "99" are refused with AnswerRangeError: a table is
    prepared by a person who can mend it, so nothing in it is interpreted.
    """
    trimmed = text.strip()
    if not trimmed:
        return None
    if not _DIGITS.fullmatch(trimmed):
        raise AnswerRangeError(item)
    value = int(trimmed)
    check_value(item, value)
    return value
