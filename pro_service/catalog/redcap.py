"""Makes an instrument's draft of a REDCap data dictionary (its CSV of 18 columns).

What the file cannot say (the Chinese words, the recall period, whose it is) is left empty in the
draft, and `instrument check` names each of these keys. What is no question with one number as its
answer is not taken: `Draft.left` says which fields, and why. Nothing is guessed: a score, a scale
or a rule is never made of a calculated field.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.numbers import written
from pro_service.domain.tables.cells import CellError, read_number
from pro_service.domain.tables.heads import fold_head

FIELD, FORM, SECTION, TYPE, LABEL = (
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
)
CHOICES, VALIDATION = (
    "Choices, Calculations, OR Slider Labels",
    "Text Validation Type OR Show Slider Number",
)
LEAST, MOST = "Text Validation Min", "Text Validation Max"
BRANCHING, REQUIRED, MATRIX = (
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Matrix Group Name",
)
COLUMNS: Final = (
    *(FIELD, FORM, SECTION, TYPE, LABEL, CHOICES, "Field Note", VALIDATION, LEAST, MOST),
    *("Identifier?", BRANCHING, REQUIRED, "Custom Alignment", "Question Number (surveys only)"),
    *(MATRIX, "Matrix Ranking?", "Field Annotation"),
)
"""The columns of a data dictionary, in REDCap's order."""

_NOT_TAKEN: Final[Mapping[str, str]] = {
    "calc": "is calculated: write the rule as a scale",
    "checkbox": "takes several answers: make each choice a question of its own",
    "descriptive": "is no question",
    "file": "takes a file",
    "notes": "takes free words",
    "sql": "takes its choices from REDCap's own database",
}
_TAG: Final = re.compile(r"<[^<>]*>")
_SPACES: Final = re.compile(r"\s+")
_STEPS: Final[Mapping[str, str]] = {
    "integer": "1",
    "number": "1",
    "number_1dp": "0.1",
    "number_2dp": "0.01",
    "number_3dp": "0.001",
}
"""Kinds of numbers a text field may be, with their steps: a plain number's is for you to say."""


class DictionaryError(ProServiceError):
    """The file is no data dictionary, or holds several forms and none was named."""


class LeftOut(NamedTuple):
    """A field that is not taken, and why, in words after its name."""

    field: str
    why: str


class Draft(NamedTuple):
    """An instrument's file as text, and what of the dictionary is not in it."""

    id: str
    text: str
    items: int
    left: tuple[LeftOut, ...]


class _NotTakenError(ProServiceError):
    """A field cannot be an item; the message is the reason."""


class Dictionary(NamedTuple):
    """A data dictionary as it was read: the file's name, heads, and rows of as many cells."""

    name: str
    heads: Sequence[str]
    rows: Iterable[Sequence[str]]


def draft_of(dictionary: Dictionary, form: str | None = None) -> Draft:
    """The draft of one form of a dictionary; `form` may be left out where there is only one.

    Raises DictionaryError.
    """
    rows = _rows(dictionary)
    forms = list(dict.fromkeys(row[FORM].strip() for row in rows))
    if form is None and len(forms) > 1:
        raise DictionaryError(
            f"{dictionary.name} has {len(forms)} forms: {', '.join(forms)}.",
            mend="Name one: --form.",
        )
    wanted = forms[0] if form is None else form
    fields = [row for row in rows if row[FORM].strip() == wanted]
    if not fields:
        raise DictionaryError(
            f"{dictionary.name} has no form {wanted}.", mend=f"Name one of: {', '.join(forms)}."
        )
    items: list[str] = []
    screens: list[list[str]] = [[]]
    left: list[LeftOut] = []
    for row in fields:
        if row[SECTION].strip() and screens[-1]:
            screens.append([])
        name = row[FIELD].strip()
        try:
            items.append(_item(row))
        except _NotTakenError as why:
            left.append(LeftOut(name, why.message))
        else:
            screens[-1].append(name)
    return Draft(
        _id(wanted),
        "\n".join([*_head(wanted, dictionary.name), *_groups(screens), "", *items]),
        len(items),
        tuple(left),
    )


def _rows(dictionary: Dictionary) -> list[dict[str, str]]:
    places = {fold_head(head): place for place, head in enumerate(dictionary.heads)}
    absent = [name for name in (FIELD, FORM, TYPE, LABEL) if fold_head(name) not in places]
    if absent:
        raise DictionaryError(
            f"{dictionary.name} is no data dictionary: it has no column {', '.join(absent)}.",
            mend="Download it in REDCap: Designer, Download the current Data Dictionary.",
        )
    known = {name: places.get(fold_head(name)) for name in COLUMNS}
    rows = (
        {name: "" if place is None else cells[place] for name, place in known.items()}
        for cells in dictionary.rows
    )
    return [row for row in rows if row[FIELD].strip()]


def _head(form: str, source: str) -> Iterator[str]:
    title = form.replace("_", " ").strip().capitalize()
    yield f"# A draft of {json.dumps(source)}, a data dictionary of REDCap. Fill in what is empty;"
    yield "# `pro-service instrument check FILE` names it."
    yield f"id = {_text(_id(form))}"
    yield 'version = "1"'
    yield 'scoring_version = "1"'
    yield f'title = {{ en = {_text(title)}, zh_CN = "" }}'
    yield 'recall = { en = "", zh_CN = "" }'
    yield "attempt_span_hours = 24"
    yield 'asks_about = "person"'
    yield 'direction = "none"'
    yield 'citation = ""'
    yield 'licence = ""'


def _groups(screens: Sequence[Sequence[str]]) -> Iterator[str]:
    """A screen for each section."""
    yield "groups = ["
    for screen in screens:
        if screen:
            yield f"    [{', '.join(_text(name) for name in screen)}],"
    yield "]"


def _item(row: Mapping[str, str]) -> str:
    """One field as `[[items]]`. Raises _NotTakenError."""
    kind = row[TYPE].strip().casefold()
    if row[BRANCHING].strip():
        raise _NotTakenError("is shown only if something else was answered (branching logic)")
    if row[MATRIX].strip():
        raise _NotTakenError("is part of a matrix: write its rows as questions")
    if kind in _NOT_TAKEN:
        raise _NotTakenError(_NOT_TAKEN[kind])
    lines = [
        "[[items]]",
        f"code = {_text(row[FIELD].strip())}",
        f'label = {{ en = {_text(_words(row[LABEL]))}, zh_CN = "" }}',
    ]
    if row[REQUIRED].strip().casefold() == "y":
        lines.append("skippable = false")
    return "\n".join([*lines, *_answers(kind, row), ""])


def _answers(kind: str, row: Mapping[str, str]) -> Iterator[str]:
    if kind in ("radio", "dropdown"):
        yield from _choices(_split(row[CHOICES]))
    elif kind in ("yesno", "truefalse"):
        # Carriers act on "yes" in a reply, so the words are another's to choose.
        yield from _choices([("0", ""), ("1", "")])
    elif kind == "slider":
        ends = [part.strip() for part in row[CHOICES].split("|")]
        yield from _range(row[LEAST].strip() or "0", row[MOST].strip() or "100", "1")
        yield from _anchors(ends[0], ends[-1])
    elif kind == "text" and row[VALIDATION].strip().casefold() in _STEPS:
        if not row[LEAST].strip() or not row[MOST].strip():
            raise _NotTakenError("is a number without a least and a most")
        step = _STEPS[row[VALIDATION].strip().casefold()]
        yield from _range(row[LEAST].strip(), row[MOST].strip(), step)
        yield from _anchors("", "")
    else:
        raise _NotTakenError("takes free words" if kind == "text" else f"is of the kind {kind}")


def _split(choices: str) -> list[tuple[str, str]]:
    parts = (part.partition(",") for part in choices.split("|") if part.strip())
    return [(code.strip(), label.strip()) for code, _, label in parts]


def _choices(choices: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Choices in their order, valued from their least code; codes with gaps become scores."""
    try:
        codes = [read_number(code) for code, _ in choices]
    except CellError:
        raise _NotTakenError("has a choice whose code is no number") from None
    numbers = [code for code in codes if code is not None]
    if len(numbers) < len(choices) or len(numbers) < 2:
        raise _NotTakenError("has fewer than two choices with a code")
    ranked = sorted(zip(numbers, (label for _, label in choices), strict=True))
    first = ranked[0][0]
    running = [first + place for place in range(len(ranked))]
    plain = [number for number, _ in ranked] == running and first >= 0 and first == int(first)
    least = int(first) if plain else 0
    yield f"minimum = {least}"
    yield f"maximum = {least + len(ranked) - 1}"
    for place, (number, label) in enumerate(ranked):
        yield ""
        yield "[[items.choices]]"
        yield f"value = {least + place}"
        if not plain:
            yield f"score = {written(number)}"
        yield f'label = {{ en = {_text(_words(label))}, zh_CN = "" }}'


def _range(least: str, most: str, step: str) -> Iterator[str]:
    try:
        ends = [read_number(least), read_number(most)]
    except CellError:
        raise _NotTakenError("has a least or a most that is no number") from None
    whole = [end for end in ends if end is not None and end == int(end)]
    if len(whole) < len(ends):
        raise _NotTakenError("has a least or a most that is no whole number")
    yield f"minimum = {int(whole[0])}"
    yield f"maximum = {int(whole[1])}"
    if Decimal(step) != 1:
        yield f"step = {step}"


def _anchors(low: str, high: str) -> Iterator[str]:
    yield f'low_anchor = {{ en = {_text(_words(low))}, zh_CN = "" }}'
    yield f'high_anchor = {{ en = {_text(_words(high))}, zh_CN = "" }}'


def _words(label: str) -> str:
    """A label without its markup, on one line."""
    return _SPACES.sub(" ", html.unescape(_TAG.sub(" ", label))).strip()


def _id(form: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", form.casefold()).strip("-.") or "draft"


def _text(words: str) -> str:
    """A TOML string: JSON's escapes are among TOML's."""
    return json.dumps(words, ensure_ascii=False)
