"""Keys to words: the `.po` catalogues, read as they stand, and what fills their placeholders.

The domain returns keys and parameters (`TextPart`); only here do they become sentences. Each
audience has a catalogue of its own: texts, participants' pages, the desk, the demo's pages.
"""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

from babel.dates import format_date
from babel.dates import format_time as babel_time
from babel.messages.pofile import read_po

from pro_service.domain.conversation.dialogue import ItemReference, TextPart
from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import LANGUAGES, Instrument, Item, Language

Domain = Literal["messages", "pages", "desk", "demo", "notices"]
"""Whose words: texts, the participants' pages, the desk, the demo's own pages, letters to staff."""

_LOCALE = Path(__file__).parent / "locale"
_DAY: dict[Language, str] = {"en": "EEEE d MMMM y", "zh_CN": "y年M月d日EEEE"}


class MissingTextError(ProServiceError):
    """A text has no words in a language, or nothing fills one of its placeholders."""


@dataclass(frozen=True, kw_only=True)
class TextContext:
    """What every text of one participant may name. Telephone numbers are ready to be read."""

    sender: str
    """The study's neutral name: seen on lock screens, so without a medical word."""
    site_telephone: str
    emergency_number: str
    instruments: Mapping[str, Instrument]
    link: str | None = None
    """The participant's page, where a link may be sent."""


class Texts:
    """All words of the service in all languages."""

    def __init__(self, catalogues: Mapping[Language, Mapping[str, str]]) -> None:
        """Keep `catalogues`: key to words, by language."""
        self._catalogues = catalogues

    def keys(self, language: Language) -> frozenset[str]:
        """Return every key that has words in this language."""
        return frozenset(self._catalogues[language])

    def text(self, key: str, language: Language, **parameters: object) -> str:
        """Return the words of `key`, its placeholders filled; MissingTextError if any is not."""
        words = self.pattern(key, language)
        wanted = placeholders(words)
        if not wanted <= parameters.keys():
            missing = wanted - parameters.keys()
            names = ", ".join(sorted(missing))
            raise MissingTextError(f"The text {key!r} in {language} lacks a value for: {names}.")
        return words.format_map(parameters)

    def pattern(self, key: str, language: Language) -> str:
        """Return the words of `key` as they stand in the catalogue, placeholders and all."""
        words = self._catalogues.get(language, {}).get(key)
        if not words:
            raise MissingTextError(f"There is no text {key!r} in {language}.")
        return words

    def render(self, parts: Sequence[TextPart], language: Language, context: TextContext) -> str:
        """Return one message: the words of each part, one part a line."""
        return "\n".join(self._part(part, language, context) for part in parts)

    def _part(self, part: TextPart, language: Language, context: TextContext) -> str:
        values: dict[str, object] = {
            "sender": context.sender,
            "site_telephone": context.site_telephone,
            "emergency_number": context.emergency_number,
        }
        if context.link is not None:
            values["link"] = context.link
        for name, value in part.parameters.items():
            if isinstance(value, ItemReference):
                values |= self._asked((value,), language, context)
            elif isinstance(value, tuple):
                values |= self._asked(value, language, context)
            else:
                values[name] = value
        return self.text(part.key, language, **values)

    def _asked(
        self, references: tuple[ItemReference, ...], language: Language, context: TextContext
    ) -> dict[str, object]:
        """Return the words of items asked together: whose, since when, which, how to answer."""
        first = references[0]
        instrument = context.instruments.get(first.instrument)
        if instrument is None:
            raise MissingTextError(f"There are no words for the instrument {first.instrument!r}.")
        items = [instrument.item(reference.item) for reference in references]
        item = items[0]
        recall = _words(instrument.recall, language, f"the recall of {instrument.id}")
        labels = [_words(one.label, language, f"the item {one.code}") for one in items]
        unit = self.text(f"unit.{item.unit}", language) if item.unit else ""
        values: dict[str, object] = {
            "about": self.text(f"about.{first.target}", language, recall=recall),
            "label": labels[0],
            "questions": "\n".join(
                self.text("list.question", language, number=number, label=label)
                for number, label in enumerate(labels, start=1)
            ),
            "minimum": item.minimum,
            "maximum": f"{item.maximum}{unit}",
            "choices": self._choices(item, language),
        }
        for name, anchor in (("low_anchor", item.low_anchor), ("high_anchor", item.high_anchor)):
            if anchor:
                values[name] = _words(anchor, language, f"{name} of {item.code}")
        return values

    def _choices(self, item: Item, language: Language) -> str:
        return self.text("list.between", language).join(
            self.text(
                "list.choice",
                language,
                value=choice.value,
                label=_words(choice.label, language, f"a choice of {item.code}"),
            )
            for choice in item.choices
        )


@cache
def load_texts(domain: Domain = "messages", folder: Path = _LOCALE) -> Texts:
    """Read one catalogue in every language from `folder`; MissingTextError if one is absent.

    Read once a process: the files are part of the release.
    """
    return Texts({language: _read(folder, language, domain) for language in LANGUAGES})


def _read(folder: Path, language: Language, domain: Domain) -> dict[str, str]:
    path = folder / language / "LC_MESSAGES" / f"{domain}.po"
    if not path.is_file():
        raise MissingTextError(f"There are no {domain} texts for {language}.", mend=f"Add {path}.")
    with path.open("rb") as source:
        catalogue = read_po(source, locale=language, abort_invalid=True)
    return {str(message.id): str(message.string) for message in catalogue if message.id}


@lru_cache(maxsize=4096)
def placeholders(words: str) -> frozenset[str]:
    """Return the names of all placeholders in a pattern."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(words) if name)


def format_day(day: date, language: Language) -> str:
    """Return a date as people say it in that language, with its weekday."""
    return format_date(day, format=_DAY[language], locale=language)


def format_time(clock: time, language: Language) -> str:
    """Return a time of day on the 24-hour clock."""
    return babel_time(clock, format="HH:mm", locale=language)


def _words(words: Mapping[Language, str], language: Language, place: str) -> str:
    found = words.get(language)
    if not found:
        raise MissingTextError(f"There are no words in {language} for {place}.")
    return found
