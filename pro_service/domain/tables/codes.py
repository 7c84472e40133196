"""Participants' codes: which are taken, and which differ only in what people do not see."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from pro_service.domain.tables.cells import CellError
from pro_service.domain.tables.characters import (
    has_control,
    is_invisible,
    same_hyphens,
    visible,
)

LONGEST_CODE: Final = 40
_MOST_TYPED: Final = 2 * LONGEST_CODE
RUN_BY_SPREADSHEETS: Final = "=+-@"
"""A cell that begins so is run as a formula, or exported with a mark before it."""
NOT_IN_FILE_NAMES: Final = '/\\:*?"<>|'
_ZEROS: Final = re.compile(r"(?<!\d)0+(?=\d)")
_MADE_A_NUMBER: Final = re.compile(r"\d+\.0+|\d+(?:[.,]\d+)?[eE]\+\d+")
_RUNS: Final = re.compile(r"\d+|[^\W\d_]+")
_IN_NO_NUMBER: Final = re.compile(r"(?<!\d)-|-(?!\d)")
_SPACE_IN_NUMBER: Final = re.compile(r"(?<=\d)\s+(?=\d)")
_BETWEEN: Final = "[^[:alnum:]]*"
_DEVICES: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def check_code(code: str, pattern: str | None = None) -> None:
    """Refuse a code that no file name, link or spreadsheet bears, or the protocol does not know.

    `pattern` is the protocol's `study.code_pattern`; the whole code must fit it. Raises CellError.
    """
    if has_control(code) or any(is_invisible(one) or one in "\t\n\r\u2028\u2029" for one in code):
        raise CellError("holds a character that cannot be seen; type the code anew.")
    if len(code) > LONGEST_CODE:
        raise CellError(f"has over {LONGEST_CODE} characters; give a shorter code.")
    if visible(code).startswith(tuple(RUN_BY_SPREADSHEETS)) or same_hyphens(code).startswith("-"):
        raise CellError("begins with =, +, - or @, which spreadsheets run; begin with a letter.")
    if any(one in NOT_IN_FILE_NAMES for one in visible(code)):
        raise CellError(f"holds one of {NOT_IN_FILE_NAMES}; use letters, digits and hyphens.")
    if not any(one.isalnum() for one in code) or code.endswith(".") or code.startswith("."):
        raise CellError("begins or ends with a dot, or is no word; use letters and digits.")
    if _MADE_A_NUMBER.fullmatch(visible(code)):
        raise CellError("became a number (12.0, 1.2E+05); make the column text and type it anew.")
    if _DEVICES.fullmatch(code):
        raise CellError("is a name that some systems keep for devices; give another code.")
    if pattern is not None and re.fullmatch(pattern, code) is None:
        raise CellError(f"does not fit the protocol's pattern of codes, {pattern}.")


def fold_code(code: str) -> str:
    """A code as people compare it: without case, width, leading zeros and all that stands between
    letters and digits, as K-0012 and k12; parts of numbers stay apart, as 1-7 and 17.
    """
    return _ZEROS.sub("", _IN_NO_NUMBER.sub("", "-".join(_runs(code))))


class TakenCodes:
    """Codes that are taken, found by every other that people take for the same.

    One study holds only one of those that are alike: 01-007, 1-7 and 01007. Where both keep parts
    of numbers apart they are different where the parts are, as 1-12 and 11-2.
    """

    def __init__(self, codes: Iterable[str] = ()) -> None:
        """Take these."""
        self._parted: dict[str, str] = {}
        self._joined: dict[str, str] = {}
        for code in codes:
            self.take(code)

    def take(self, code: str) -> None:
        """Take one more; of those alike the first is found."""
        self._parted.setdefault(fold_code(code), code)
        self._joined.setdefault(_joined(code), code)

    def alike(self, code: str) -> str | None:
        """The code taken already that this one is, or is taken for."""
        parted, joined = fold_code(code), _joined(code)
        found = self._parted.get(parted) or self._parted.get(joined)
        return found or (self._joined.get(joined) if parted == joined else None)


def alike_pattern(typed: str) -> str | None:
    """What matches every code that `typed` may be said for, as an expression of PostgreSQL.

    As `TakenCodes` compares: K-0012 is found by k12. It is for whole codes and without case (`~*`).
    None: nothing typed can be said.
    """
    runs = _RUNS.findall(fold_code(typed[:_MOST_TYPED]))
    if not runs:
        return None
    said = (f"{'0*' if run[0].isdecimal() else ''}{_BETWEEN.join(run)}" for run in runs)
    return f"^{_BETWEEN}{_BETWEEN.join(said)}{_BETWEEN}$"


def _joined(code: str) -> str:
    """A code with nothing between its letters and digits, parts of numbers neither."""
    return _ZEROS.sub("", "".join(_runs(code)))


def _runs(code: str) -> list[str]:
    """The letters and the digits of a code, one after the other, without case and width."""
    seen = same_hyphens(visible(same_hyphens(code))).casefold()
    # Without a space a letter and the accent after it become one.
    spaced = _SPACE_IN_NUMBER.sub("-", seen)
    joined = unicodedata.normalize("NFKC", "".join(one for one in spaced if not one.isspace()))
    return _RUNS.findall(joined)
