"""Cuts a reply into known pieces: numbers, choice words, units, filler words, and the unknown."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Literal, NamedTuple

from pro_service.domain.conversation import words
from pro_service.domain.instruments.model import LANGUAGES, Item, Language
from pro_service.domain.instruments.numbers import Value, plain

Kind = Literal[
    "number",  # one number, in digits or words; a decimal one only where items have decimals
    "ratio",  # n of m, as in 4/10
    "malformed",  # a numeral that is no one number, as in 四五
    "choice",  # a choice's word, or an anchor's
    "unit",
    "filler",
    "topic",
    "hedge",
    "state",
    "courtesy",
    "connector",
    "separator",
    "word",  # unknown, of letters
    "sign",  # unknown, of anything else
]


class Token(NamedTuple):
    """One piece of a folded reply; `value` for numbers and choices, `of` for a ratio's bound."""

    kind: Kind
    text: str
    value: Value = -1
    of: Value = -1


_LONGEST_NUMERAL = 3  # the widest range is 0-100; "007" is 7, a telephone number is nothing
_INVISIBLE = {"\ufe0e", "\ufe0f", "\u20e3"}  # what turns a digit into a picture of a key
_CONTROLS = {code: " " for code in (*range(32), 127) if code != ord("\n")}
_SEPARATORS = re.compile(r"[\s,;.:!、。()\"'“”‘’「」『』\[\]=]+")
_SMALL = {**words.UNITS_OF_SPEECH, **words.TEENS, "hundred": 100, "a hundred": 100}
_SPOKEN = r"(\d+|" + "|".join(_SMALL) + ")"
_RATIO = re.compile(r"(\d+)\s*分?\s*/\s*(\d+)\s*分?(?!\d|\.\d)")
_SPOKEN_RATIO = re.compile(_SPOKEN + r"\s+out\s+of\s+" + _SPOKEN + r"(?![a-z\d]|\.\d)")
_DIGITS = re.compile(r"\d+")
# "7.5", "7点5", "七点五"; the comma of "7,5" stays one between two answers.
_DECIMAL = re.compile(r"(\d{1,3})[.点](\d{1,3})(?![\d.点/])")
_SPOKEN_DECIMAL = re.compile(
    f"([{''.join(words.CHINESE_DIGITS)}]|\\d{{1,3}})点([{''.join(words.CHINESE_DIGITS)}]{{1,3}})"
    f"(?![{''.join(words.CHINESE_DIGITS)}点])"
)
_LATIN = re.compile(r"[a-z]+(?:'[a-z]+)*")
_CHINESE_NUMERAL = re.compile(
    "[" + "".join(words.CHINESE_DIGITS) + words.CHINESE_TENS + words.CHINESE_HUNDREDS + "]+"
)
_ENGLISH_NUMERAL = re.compile(
    r"(?P<tens>" + "|".join(words.TENS) + r")(?:[\s-]+(?P<unit>"
    r"" + "|".join(list(words.UNITS_OF_SPEECH)[1:]) + r"))?(?![a-z])"
    r"|(?P<small>" + "|".join([*words.UNITS_OF_SPEECH, *words.TEENS]) + r")(?![a-z])(?!\s+hundred)"
    r"|(?:(?:one|a)\s+)?(?P<hundred>hundred)(?![a-z])"
)
_GREETING = re.compile(r"good\s+(?:morning|afternoon|evening|day)(?![a-z])")
_DECIMAL_MARK = re.compile(r"(?:(?:^|(?<=\d))[.,]|\.)(?=\d)")


def fold(text: str) -> str:
    """Return the text with width, case, digits of all scripts and quotes made one.

    A character that stands for a numeral without being a plain digit (a circled two, a
    superscript) gets spaces around it: glued to a digit it must not grow into a larger number.
    """
    if text.isascii():
        return text.translate(_CONTROLS).casefold().strip()
    out: list[str] = []
    for character in text:
        category = unicodedata.category(character)
        if character in _INVISIBLE or category in {"Cf", "Cc", "Zs", "Zl", "Zp"}:
            out.append("\n" if character == "\n" else " ")
        elif category == "Nd":
            out.append(str(unicodedata.decimal(character)))
        else:
            plain = unicodedata.normalize("NFKC", character)
            composed = plain != character and any(c.isnumeric() for c in plain)
            out.append(f" {plain} " if composed else character)
    folded = unicodedata.normalize("NFKC", "".join(out)).casefold().replace("’", "'")
    return folded.strip()


def language_of(text: str) -> Language:
    """Return the language a text is written in, as far as its script tells."""
    return "zh_CN" if any("\u4e00" <= one <= "\u9fff" for one in text) else "en"


def choice_words(item: Item) -> dict[str, Value]:
    """Return every word that means one answer of this item, both languages, folded.

    Choice labels, their further spellings, the two anchors and how people say them. A word that
    would mean two different answers means none.
    """
    return dict(_words_of(tuple(_sayings(item))))


def _sayings(item: Item) -> Iterator[tuple[str, Value]]:
    """Every word of the item's, as its file has it, and the answer it stands for."""
    for language in LANGUAGES:
        for choice in item.choices:
            yield choice.label.get(language, ""), choice.value
            for word in choice.words.get(language, ()):
                yield word, choice.value
        ends = (
            (item.minimum, item.low_anchor, item.low_said),
            (item.maximum, item.high_anchor, item.high_said),
        )
        for value, anchor, said in ends:
            yield anchor.get(language, ""), value
            for word in said.get(language, ()):
                yield word, value


@lru_cache(maxsize=1024)
def _words_of(sayings: tuple[tuple[str, Value], ...]) -> dict[str, Value]:
    """The same folded: an item is the same at every text, and folding it costs most of reading."""
    found: dict[str, set[Value]] = {}
    for word, value in sayings:
        folded = _tidy(fold(word))
        if folded and not folded.isdecimal():
            found.setdefault(folded, set()).add(value)
    return {word: values.pop() for word, values in found.items() if len(values) == 1}


def _tidy(folded: str) -> str:
    return re.sub(r"\s+", " ", folded).strip(" .,;:!。、\"'")


def scan(items: Sequence[Item], folded: str) -> tuple[Token, ...]:
    """Cut folded text into tokens, knowing the choice words and units of `items`."""
    choices: dict[str, Value] = {}
    units = set(words.POINT_WORDS)
    decimal = any(item.decimals for item in items)
    for item in items:
        choices.update(choice_words(item))
        units |= words.UNIT_WORDS.get(item.unit or "", frozenset())
    phrases = sorted(choices, key=len, reverse=True)
    text = re.sub(r"[^\S\n]+", " ", folded)
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        token = _decimal(text, position) if decimal else None
        token = token or _next(text, position, phrases, choices, units)
        tokens.append(token)
        position += len(token.text)
    return tuple(tokens)


def _decimal(text: str, position: int) -> Token | None:
    """A number with decimals that begins here, where it is no part of a longer one."""
    if position > 0 and (text[position - 1].isdigit() or text[position - 1] in ".,点-/"):
        return None
    match = _DECIMAL.match(text, position)
    if match is not None:
        return Token("number", match[0], plain(Decimal(f"{match[1]}.{match[2]}")))
    match = _SPOKEN_DECIMAL.match(text, position)
    if match is None:
        return None
    digits = words.CHINESE_DIGITS
    whole = int(match[1]) if match[1].isdecimal() else digits[match[1]]
    places = "".join(str(digits[one]) for one in match[2])
    return Token("number", match[0], plain(Decimal(f"{whole}.{places}")))


def _next(
    text: str, position: int, phrases: list[str], choices: dict[str, Value], units: set[str]
) -> Token:
    if match := _RATIO.match(text, position) or _SPOKEN_RATIO.match(text, position):
        number, bound = (_number(match[1]), _number(match[2]))
        return Token("ratio", match[0], number.value, bound.value)
    if match := _DIGITS.match(text, position):
        return _number(match[0])
    if match := _DECIMAL_MARK.match(text, position):
        return Token("sign", match[0])
    glued = position > 0 and _is_latin(text[position - 1])
    for phrase in phrases:
        if text.startswith(phrase, position) and not (glued and _is_latin(phrase[0])):
            end = position + len(phrase)
            if not (_is_latin(phrase[-1]) and end < len(text) and _runs_on(text[end])):
                return Token("choice", phrase, choices[phrase])
    if match := _CHINESE_NUMERAL.match(text, position):
        value = _chinese(match[0])
        return Token("malformed", match[0]) if value is None else Token("number", match[0], value)
    if match := _SEPARATORS.match(text, position):
        # A decimal mark inside a run of separators ("4 .5") must not vanish in it.
        end = match.end()
        if end < len(text) and text[end].isdigit() and text[end - 1] == "." and len(match[0]) > 1:
            end -= 1
        return Token("separator", text[position:end])
    return _word(text, position, units)


def _word(text: str, position: int, units: set[str]) -> Token:
    if match := _ENGLISH_NUMERAL.match(text, position):
        return Token("number", match[0], _english(match))
    if match := _GREETING.match(text, position):
        return Token("courtesy", match[0])
    if match := _LATIN.match(text, position):
        word = match[0]
        end = match.end()
        touches_digit = (position > 0 and text[position - 1].isdigit()) or (
            end < len(text) and text[end].isdigit()
        )
        if word in units and not (end < len(text) and text[end].isdigit()):
            return Token("unit", word)
        if touches_digit:
            return Token("word", word)
        return Token(_KINDS.get(word, "word"), word)
    for length in range(min(6, len(text) - position), 0, -1):
        word = text[position : position + length]
        if word in units:
            return Token("unit", word)
        kind = _KINDS.get(word) if not word.isascii() else None
        if kind is not None:
            return Token(kind, word)
    character = text[position]
    if character in words.KINDLY_EMOJI:
        return Token("separator", character)
    return Token("word" if character.isalpha() else "sign", character)


_KINDS: dict[str, Kind] = {
    **dict.fromkeys(words.COURTESIES, "courtesy"),
    **dict.fromkeys(words.STATES, "state"),
    **dict.fromkeys(words.TOPICS, "topic"),
    **dict.fromkeys(words.HEDGES, "hedge"),
    **dict.fromkeys(words.FILLERS, "filler"),
    **dict.fromkeys(words.CONNECTORS, "connector"),
}


def _is_latin(character: str) -> bool:
    return "a" <= character <= "z"


def _runs_on(character: str) -> bool:
    return _is_latin(character) or character.isdigit()


def _number(digits: str) -> Token:
    if digits in _SMALL:
        return Token("number", digits, _SMALL[digits])
    if len(digits) > _LONGEST_NUMERAL:
        return Token("malformed", digits)
    return Token("number", digits, int(digits))


def _english(match: re.Match[str]) -> int:
    if match["tens"]:
        return words.TENS[match["tens"]] + words.UNITS_OF_SPEECH.get(match["unit"] or "", 0)
    if match["small"]:
        return {**words.UNITS_OF_SPEECH, **words.TEENS}[match["small"]]
    return 100


def _chinese(numeral: str) -> int | None:
    """Return the one number a Chinese numeral says, up to 100; None for 四五 ("four or five")."""
    digits = words.CHINESE_DIGITS
    if len(numeral) == 1 and numeral in digits:
        return digits[numeral]
    if len(numeral) == 2 and digits.get(numeral[0]) == 1 and numeral[1] in words.CHINESE_HUNDREDS:
        return 100
    tens, mark, units = _around_ten(numeral)
    if not mark or len(tens) > 1 or len(units) > 1:
        return None
    high = digits.get(tens, 0) if tens else 1
    low = digits.get(units, 0) if units else 0
    if high == 0 or (units and low == 0):
        return None
    return high * 10 + low


def _around_ten(numeral: str) -> tuple[str, str, str]:
    for mark in words.CHINESE_TENS:
        if mark in numeral:
            return numeral.partition(mark)
    return numeral, "", ""
