"""How a participant reads a text: which question is it, is there a link, was the answer taken.

Reads the words as they arrive, and knows nothing of what the service has stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from pro_service.domain.instruments.model import Instrument, Item, Language
from pro_service.domain.study.facts import KNEES, Target
from pro_service.texts.catalogue import Texts, placeholders

_LINK: Final = re.compile(r"https?://\S+")
_NOT_TAKEN: Final = (
    "ask_again.range",
    "ask_again.decimal",
    "ask_again.group",
    "reading.noted",
    "crossed",
    "answered_already",
    "nothing_open",
    "nothing_asked",
    "line.ask_code",
    "skip.refused",
    "not_applicable.refused",
)
_TOO_LATE: Final = ("answered_already", "nothing_open")
_TARGETS: Final[tuple[Target, ...]] = (*KNEES, "person")


class Question(NamedTuple):
    """What a text asks."""

    instrument: str
    target: str
    item: Item


class Reader:
    """Reads texts in one language, with the questions the study may ask."""

    def __init__(self, texts: Texts, instruments: Iterable[Instrument], language: Language) -> None:
        """Learn what each question looks like."""
        self._questions: dict[str, Question] = {}
        for instrument in instruments:
            for target in _TARGETS:
                recall = instrument.recall[language]
                about = texts.text(f"about.{target}", language, recall=recall)
                for item in instrument.items:
                    key = "prompt.item.choices" if item.choices else "prompt.item"
                    first_line = texts.pattern(key, language).split("\n")[0]
                    line = first_line.format(about=about, label=item.label[language])
                    self._questions[line] = Question(instrument.id, target, item)
        self._not_taken = [_shape(texts, key, language) for key in _NOT_TAKEN]
        self._too_late = [_shape(texts, key, language) for key in _TOO_LATE]
        self._ask_code = _shape(texts, "line.ask_code", language)
        self._for_code = _shape(texts, "reminder.for_code", language)

    def question(self, text: str | None) -> Question | None:
        """The question a text asks, if it asks one."""
        for line in (text or "").split("\n"):
            found = self._questions.get(line)
            if found is not None:
                return found
        return None

    def link(self, text: str | None) -> str | None:
        """The address in a text."""
        found = _LINK.search(text or "")
        return found[0] if found else None

    def meant_for(self, text: str) -> str | None:
        """The code a text on a shared number begins with."""
        found = self._for_code.match(text.split("\n")[0])
        return found["code"] if found else None

    def took(self, reply: str | None) -> bool:
        """Whether a reply acknowledges the answer."""
        lines = (reply or "").split("\n")
        return reply is not None and not any(s.match(x) for s in self._not_taken for x in lines)

    def says_too_late(self, reply: str | None) -> bool:
        """Whether a reply says that nothing was waiting for the answer."""
        return any(s.match(x) for s in self._too_late for x in (reply or "").split("\n"))

    def asks_code(self, reply: str | None) -> bool:
        """Whether a reply asks who is writing."""
        return any(self._ask_code.match(line) for line in (reply or "").split("\n"))


def _shape(texts: Texts, key: str, language: Language) -> re.Pattern[str]:
    """The first line of a catalogue's pattern as a regular expression, placeholders as groups."""
    words = texts.pattern(key, language).split("\n")[0]
    shape = re.escape(words)
    for name in placeholders(words):
        shape = shape.replace(re.escape("{" + name + "}"), f"(?P<{name}>.+?)", 1)
    return re.compile(shape)
