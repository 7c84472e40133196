"""One cell's text, read as what its column holds. What is not clear is refused with the mend."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Literal, TypeVar

from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Language
from pro_service.domain.study.facts import KNEES, Target
from pro_service.domain.tables.characters import HYPHENS, visible

T = TypeVar("T")
_WHOLE: Final = re.compile(r"([+-]?\d+)(?:\.0*|,0{1,2})?")
_NUMBER: Final = re.compile(r"([+-]?[0-9]+)(?:[.,]([0-9]+))?")
_SHORTENED: Final = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d+")
_BETWEEN: Final = re.compile(rf"[\s_{re.escape(HYPHENS)}]+")

MISSING: Final = frozenset({"", ".", "na", "n/a", "nan", "#n/a", "null", "none", "<na>"})
"""How R, pandas, SPSS, SAS and spreadsheets write that there is no value, folded."""
SHORTENED: Final = (
    "was shortened by a spreadsheet (as 8.6E+12), and its last digits are lost; make the column"
    " text, type it anew and save again."
)


class CellError(ProServiceError):
    """A cell cannot be read; the message ends a sentence that begins with its place."""


YES_NO: Final[Mapping[str, bool]] = {
    **dict.fromkeys(("yes", "y", "true", "t", "1", "是", "是的", "有", "同意", "已同意"), True),
    **dict.fromkeys(("对", "真", "✓", "✔", "√"), True),
    **dict.fromkeys(("no", "n", "false", "f", "0", "否", "不是", "无", "没有", "不"), False),
    **dict.fromkeys(("不同意", "未同意", "假"), False),
}
_LEFT, _RIGHT = ((knee,) for knee in KNEES)
TREATED: Final[Mapping[str, tuple[Target, ...]]] = {
    **dict.fromkeys(("left", "left knee", "l", "左", "左膝", "左侧", "左膝关节", "左腿"), _LEFT),
    **dict.fromkeys(("right", "right knee", "r", "右", "右膝", "右侧", "右膝关节"), _RIGHT),
    **dict.fromkeys(("both", "both knees", "bilateral", "双", "双膝", "双侧"), KNEES),
    **dict.fromkeys(("双膝关节", "两侧", "两膝", "左右", "左右膝", "左膝右膝", "左右双膝"), KNEES),
}
_AND: Final = re.compile(r"[+&,;/、，；和与及]|\band\b")
LANGUAGE_WORDS: Final[Mapping[str, Language]] = {
    **dict.fromkeys(("en", "en us", "en gb", "eng", "english", "英文", "英语"), "en"),
    **dict.fromkeys(("zh cn", "zh", "zh hans", "zh hans cn", "cn", "chinese"), "zh_CN"),
    **dict.fromkeys(("simplified chinese", "chinese (simplified)", "mandarin"), "zh_CN"),
    **dict.fromkeys(("中文", "汉语", "普通话", "简体", "简体中文", "中文(简体)"), "zh_CN"),
}
CHANNELS: Final[Mapping[str, Literal["text", "link"]]] = {
    **dict.fromkeys(("text", "texts", "sms", "text message", "短信", "短讯", "文字"), "text"),
    **dict.fromkeys(("link", "web", "web link", "page", "链接", "网页", "网页链接"), "link"),
}


def fold_word(text: str) -> str:
    """A word as it is compared: without case, width, and the kinds of space, hyphen, underscore."""
    return _BETWEEN.sub(" ", visible(text).casefold()).strip()


def _looked_up(text: str, words: Mapping[str, T], offered: str) -> T:
    word = fold_word(text)
    for form in (word, unpadded(word)):
        if form in words:
            return words[form]
    raise CellError(f"is not one of {offered}.")


def unpadded(text: str) -> str:
    """A whole number as it was before a spreadsheet or a program made it 1.0; else the text."""
    number = _WHOLE.fullmatch(text)
    return number[1] if number else text


def read_yes_no(text: str) -> bool:
    """Yes or no, in English or Chinese. Raises CellError."""
    return _looked_up(text, YES_NO, "yes, no (是, 否)")


def read_knees(text: str) -> tuple[Target, ...]:
    """Which knees, in English or Chinese. Raises CellError."""
    parts = [part for part in _AND.split(fold_word(text)) if part.strip()]
    named = {_looked_up(part, TREATED, "left, right, both (左, 右, 双)") for part in parts or [""]}
    return KNEES if len(named) > 1 else named.pop()


def read_language(text: str) -> Language:
    """A language by its code or name, in English or Chinese. Raises CellError."""
    return _looked_up(text, LANGUAGE_WORDS, "en, zh_CN (英文, 中文)")


def read_channel(text: str) -> Literal["text", "link"]:
    """How somebody is asked, in English or Chinese. Raises CellError."""
    return _looked_up(text, CHANNELS, "text, sms, link (短信, 链接)")


def is_missing(text: str) -> bool:
    """Whether a cell says that there is no value, as statistics programs write it."""
    return visible(text).casefold() in MISSING


def read_whole(text: str) -> int | None:
    """A whole number as tables leave it (7, 7.0, 7,0), None where none is given.

    Raises CellError: 7.5 is no whole number, and 8.6E+12 has lost its digits.
    """
    if is_missing(text):
        return None
    shown = visible(text)
    if _SHORTENED.fullmatch(shown):
        raise CellError(SHORTENED)
    number = _WHOLE.fullmatch(shown)
    if number is None or not number[1].lstrip("+-").isascii():
        raise CellError("is not a whole number.")
    if len(number[1]) > 18:
        raise CellError("is too large a number.")
    return int(number[1])


def read_number(text: str) -> Decimal | None:
    """A number as tables leave it (7, 7.5, 7,5), None where none is given.

    Raises CellError: 8.6E+12 has lost its digits.
    """
    if is_missing(text):
        return None
    shown = visible(text)
    if _SHORTENED.fullmatch(shown):
        raise CellError(SHORTENED)
    number = _NUMBER.fullmatch(shown)
    if number is None:
        raise CellError("is not a number.")
    if len(shown) > 18:
        raise CellError("is too large a number.")
    return Decimal(f"{number[1]}.{number[2] or 0}")


def read_year(text: str, earliest: int, latest: int) -> str:
    """A year of four digits from `earliest` to `latest`. Raises CellError."""
    shown = unpadded(visible(text).removesuffix("年"))
    if re.fullmatch(r"[0-9]{4}", shown) is None or not earliest <= int(shown) <= latest:
        raise CellError("is not a year of birth; write it with four digits.")
    return shown


def read_digits(text: str) -> str:
    """A telephone number's text as typed, before a spreadsheet made a number of it.

    12025550101.0 is 12025550101, and an apostrophe before it goes. Raises CellError.
    """
    shown = visible(text).removeprefix("'").removeprefix("’").strip()
    if _SHORTENED.fullmatch(shown):
        raise CellError(SHORTENED)
    digits = re.fullmatch(r"(\+?\d+)\.0+", shown)
    return digits[1] if digits else shown
