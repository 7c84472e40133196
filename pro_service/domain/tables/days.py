"""Days as people and spreadsheets write them: the year first, or the month as a word."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from pro_service.domain.study.times import DayRangeError, check_typed_day
from pro_service.domain.tables.cells import SHORTENED, CellError
from pro_service.domain.tables.characters import same_hyphens, visible

MEND: Final = "write it as YYYY-MM-DD."
_MONTHS: Final = (
    *("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
)
_MONTH_NAMES: Final = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september"),
    *("october", "november", "december"),
)
_HAN: Final = {digit: str(value) for value, digit in enumerate("〇一二三四五六七八九")} | {
    "零": "0"
}
_WEEKDAY: Final = re.compile(
    r"\s*[(]?(?:(?:星期|周|礼拜)[一二三四五六日天]|(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*)[)]?,?\s*",
    re.IGNORECASE,
)
_MIDNIGHT: Final = re.compile(r"[T ]\s*0{1,2}:00(?::00(?:\.0+)?)?\s*$", re.IGNORECASE)
_HOUR: Final = re.compile(r"\d{1,2}:\d{2}")
_YEAR_FIRST: Final = (
    re.compile(r"(\d{4})\s*([-/.,年])\s*(\d{1,2})\s*(?:\2|月)\s*(\d{1,2})\s*[日号]?\.?"),
    re.compile(r"(\d{4})(\s)(\d{1,2})\s(\d{1,2})"),
    re.compile(r"(\d{4})()(\d{2})(\d{2})(?:\.0+)?"),
)
_WORD: Final = (
    re.compile(r"(?P<y>\d{4})[\s\-/.,]+(?P<m>[a-z]+)[\s\-/.,]+(?P<d>\d{1,2})"),
    re.compile(r"(?P<d>\d{1,2})(?:st|nd|rd|th)?[\s\-/.,]+(?P<m>[a-z]+)[\s\-/.,]+(?P<y>\d{4})"),
    re.compile(r"(?P<m>[a-z]+)[\s\-/.,]+(?P<d>\d{1,2})(?:st|nd|rd|th)?[\s\-/.,]+(?P<y>\d{4})"),
)
_YEAR_LAST: Final = re.compile(r"(\d{1,2})([-/.\s])\s*(\d{1,2})\2\s*(\d{4}|\d{2})\.?")
_SERIAL: Final = re.compile(r"\d{5}(?:\.\d+)?")


def read_day(text: str) -> date:
    """A day in any spelling that can be read in one way only. Raises CellError with the mend.

    The year comes first with four digits (2026-12-01, 2026/12/1, 20261201, 2026年12月1日, also in
    Chinese digits), or the month is a word. An hour is taken only where it is midnight, as
    spreadsheets and programs add it.
    """
    shown = _MIDNIGHT.sub("", _WEEKDAY.sub(" ", same_hyphens(visible(same_hyphens(text))))).strip()
    shown = _han_digits(shown)
    for pattern in _YEAR_FIRST:
        found = pattern.fullmatch(shown)
        if found:
            return _day(found[1], found[3], found[4])
    for pattern in _WORD:
        found = pattern.fullmatch(shown.casefold())
        month = None if found is None else _month(found["m"])
        if found is not None and month is not None:
            return _day(found["y"], str(month), found["d"])
    raise CellError(_why_not(shown))


def _day(year: str, month: str, day: str) -> date:
    try:
        found = date(int(year), int(month), int(day))
        check_typed_day(found)
    except DayRangeError as error:
        raise CellError(f"is not a day anybody means; {MEND}", word=error.word) from None
    except ValueError:
        raise CellError(f"is not a day of the calendar; {MEND}") from None
    return found


def _month(word: str) -> int | None:
    if word in _MONTH_NAMES:
        return _MONTH_NAMES.index(word) + 1
    short = "sep" if word == "sept" else word
    return _MONTHS.index(short) + 1 if short in _MONTHS else None


def _why_not(shown: str) -> str:
    if _YEAR_LAST.fullmatch(shown):
        return f"could be two days, for the year does not come first; {MEND}"
    if _SERIAL.fullmatch(shown):
        return f"is a spreadsheet's count of days; make the column a date, or {MEND}"
    if re.fullmatch(r"[0-9.,]+e[+-]?\d+", shown, re.IGNORECASE):
        return SHORTENED
    if _HOUR.search(shown):
        return f"is not a day alone but has an hour; {MEND}"
    return f"is not a day; {MEND}"


def _han_digits(text: str) -> str:
    """二〇二六年十二月一日 with digits: 2026年12月1日; other text as it is."""
    found = re.fullmatch(
        r"([〇零一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十廿]{1,3})[日号]?",
        text,
    )
    if found is None:
        return text
    year = "".join(_HAN[one] for one in found[1])
    return f"{year}年{_han_number(found[2])}月{_han_number(found[3])}日"


def _han_number(text: str) -> int:
    """A number up to 39 in Chinese: 十二 is 12, 二十 is 20; 0 where it is none."""
    tens, ten, ones = text.replace("廿", "二十").rpartition("十")
    if len(tens) > 1 or len(ones) > 1:
        return 0
    return (int(_HAN[tens or "一"]) * 10 if ten else 0) + (int(_HAN[ones]) if ones else 0)
