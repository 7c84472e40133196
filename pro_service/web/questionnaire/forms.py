"""Reads the pages' forms. What cannot be read keeps what was entered and says so, item by item.

A screen's fields, by item code: `a.<item>` the answer, `x.<item>` "does not apply to me" beside a
typed number, `was.<item>` the response the page showed. Its buttons: one to save, `back` saves and
goes back, `leave` leaves the rest open, `language` changes the language and stores nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from pro_service.domain.instruments.model import Item
from pro_service.domain.instruments.values import AnswerRangeError, parse_cell
from pro_service.services.pages.screens import Question, Screen
from pro_service.services.pages.sorting import ScreenAnswer
from pro_service.web.refusals import UnreadableFormError

DOES_NOT_APPLY: Final = "not_applicable"
WIDEST_ROW: Final = 21
"""As many keys fit in a row that wraps; a longer scale is typed as a number."""

_KEY: Final = re.compile(r"[A-Za-z0-9-]{8,64}")

Fields = Mapping[str, str]


@dataclass(frozen=True)
class ScreenForm:
    """A screen as it was sent: answers that can be stored, or mistakes by item (message keys)."""

    answers: tuple[ScreenAnswer, ...]
    mistakes: dict[str, str]
    entered: dict[str, str] = field(repr=False)
    """What every `a.<item>` and `x.<item>` field held, to be shown again."""

    def without_mistakes(self) -> ScreenForm:
        """The same, for showing again what was entered before it was sent for good."""
        return replace(self, mistakes={})


def is_typed(item: Item) -> bool:
    """Whether the answer is typed as a number instead of chosen."""
    wide = item.maximum - item.minimum >= WIDEST_ROW
    return not item.choices and (wide or item.decimals > 0)


def read_screen(fields: Fields, screen: Screen) -> ScreenForm:
    """Read the answers to one screen's questions; other fields are not looked at.

    Raises UnreadableFormError if the page showed other questions: a protocol's screens may have
    changed while it was open, and what was entered must not be dropped in silence.
    """
    shown = {name.removeprefix("was.") for name in fields if name.startswith("was.")}
    if not shown <= {question.item.code for question in screen.questions}:
        raise UnreadableFormError
    answers: list[ScreenAnswer] = []
    mistakes: dict[str, str] = {}
    entered: dict[str, str] = {}
    for question in screen.questions:
        code = question.item.code
        for name in (f"a.{code}", f"x.{code}"):
            if name in fields:
                entered[name] = fields[name]
        try:
            answer = _read_answer(fields, question)
        except _MistakeError as mistake:
            mistakes[code] = mistake.key
            continue
        if answer is not None:
            answers.append(answer)
    return ScreenForm(tuple(answers), mistakes, entered)


class _MistakeError(Exception):
    """An answer that cannot be taken; `key` names the words that say why."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _read_answer(fields: Fields, question: Question) -> ScreenAnswer | None:
    """One question's answer, None if nothing was given. Raises _MistakeError."""
    item = question.item
    raw = fields.get(f"a.{item.code}", "")
    shown = read_id(fields.get(f"was.{item.code}", ""))
    text = unicodedata.normalize("NFKC", raw).strip()
    ticked = f"x.{item.code}" in fields
    if ticked and text:
        raise _MistakeError("mistake.either")
    if ticked or text == DOES_NOT_APPLY:
        if not question.may_not_apply:
            raise _MistakeError("mistake.choose")
        return ScreenAnswer(item.code, None, gap="not_applicable", shown=shown)
    if not text:
        return None
    if item.unit is not None:
        text = text.casefold().removesuffix(item.unit.casefold()).rstrip()
    try:
        value = parse_cell(item, text)
    except AnswerRangeError:
        raise _MistakeError(_not_read(item)) from None
    return ScreenAnswer(item.code, value, raw=raw, shown=shown)


def _not_read(item: Item) -> str:
    if not is_typed(item):
        return "mistake.choose"
    return "mistake.decimal" if item.decimals else "mistake.number"


def read_key(fields: Fields) -> str:
    """The form's idempotency key. Raises UnreadableFormError."""
    key = fields.get("key", "")
    if not _KEY.fullmatch(key):
        raise UnreadableFormError
    return key


def read_id(text: str) -> UUID | None:
    """An id, or None for anything else."""
    try:
        return UUID(text)
    except ValueError:
        return None


def read_place(fields: Fields) -> tuple[UUID, int]:
    """Which assessment and which group of it a screen's form is for. Raises UnreadableFormError."""
    assessment_id = read_id(fields.get("assessment", ""))
    group = fields.get("group", "")
    if assessment_id is None or not re.fullmatch(r"[0-9]{1,3}", group):
        raise UnreadableFormError
    return assessment_id, int(group)


def read_left_open(texts: list[str]) -> set[tuple[UUID, str]]:
    """The (assessment, item) pairs a form leaves open; what cannot be read leaves nothing open."""
    pairs: set[tuple[UUID, str]] = set()
    for text in texts:
        identifier, _, code = text.partition(":")
        assessment_id = read_id(identifier)
        if assessment_id is not None and code:
            pairs.add((assessment_id, code))
    return pairs
