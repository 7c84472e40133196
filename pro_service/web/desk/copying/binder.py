"""The binder: every screen and text in each language and version, with hashes and the public keys.

For licence holders and ethics committees. Questions are in the words of the packs in force on this
installation, and in neutral labels where there is none, which is said beside them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pro_service.domain.instruments.model import Instrument, Item, Language
from pro_service.domain.study.protocol import Protocol
from pro_service.services.base.context import ServiceContext
from pro_service.services.study.previews import preview_of
from pro_service.store.study.studies import StudyRow, VersionRow
from pro_service.texts.catalogue import Texts, load_texts
from pro_service.web.desk.copying.paper import Paper, Part, Table
from pro_service.web.desk.words import Words


@dataclass(frozen=True)
class BinderFacts:
    """What a binder is made from."""

    context: ServiceContext
    study: StudyRow
    versions: Sequence[tuple[VersionRow, Protocol]]
    """Every stored version of the protocol, oldest first."""
    public_keys: str
    """`ID:BASE64`, as `audit verify` takes them; empty: none is known here."""
    now: datetime
    """Study time (UTC)."""


def binder_paper(words: Words, facts: BinderFacts) -> Paper:
    """The binder, its own words in one language; screens and texts in all of the study's."""
    return _Binder(words, facts).whole()


class _Binder:
    def __init__(self, words: Words, facts: BinderFacts) -> None:
        self.words, self.facts = words, facts
        self.catalogue = facts.context.catalogue
        self.pages = load_texts("pages")

    def t(self, key: str, **parameters: object) -> str:
        return self.words.text(f"binder.{key}", **parameters)

    def whole(self) -> Paper:
        facts = self.facts
        languages = list(
            dict.fromkeys(one for _, each in facts.versions for one in each.study.languages)
        )
        lines = (
            self.t("of", code=facts.study.code, release=facts.context.release),
            self.t("at", at=f"{facts.now:%Y-%m-%d %H:%M} UTC"),
            self.t("keys", keys=facts.public_keys) if facts.public_keys else self.t("no_keys"),
            self.t("hashes"),
        )
        parts = [
            self.part(self.t("versions"), ("version", "sha256", "stored"), self.each_version()),
            self.part(
                self.t("instruments"),
                ("instrument", "language", "words", "sha256"),
                self.each_instrument(languages),
            ),
        ]
        for language in languages:
            parts += self.in_language(language)
        return Paper(self.t("title", code=facts.study.code), lines, parts)

    def in_language(self, language: Language) -> Iterator[Part]:
        """Everything participants see and get in one language."""
        named = self.words.word("language", language)
        for one in self.asked():
            title = self.words.chosen(one.title)
            yield self.part(
                self.t("screens", instrument=f"{title} ({one.id} {one.version})", spoken=named),
                ("screen", "question", "answers"),
                _screens(one, language),
                self.wording_of(one, language),
            )
        yield self.part(
            self.t("pages", spoken=named),
            ("key", "text", "sha256"),
            _catalogue_rows(self.pages, language),
        )
        for version, protocol in self.facts.versions:
            if language in protocol.study.languages:
                yield self.part(
                    self.t("texts", version=version.label, spoken=named),
                    ("key", "text", "sha256"),
                    self.texts_of(protocol, language),
                )

    def part(
        self, title: str, heads: Sequence[str], rows: Iterable[Sequence[str]], *lines: str
    ) -> Part:
        return Part(title, lines, Table([self.t(f"head.{one}") for one in heads], tuple(rows)))

    def asked(self) -> list[Instrument]:
        """Every instrument any version asks, in the order they are first asked."""
        names = dict.fromkeys(
            ask.instrument
            for _, protocol in self.facts.versions
            for visit in protocol.visits
            for ask in visit.asks
        )
        return [self.catalogue.instruments[one] for one in names]

    def each_version(self) -> Iterator[Sequence[str]]:
        for version, _ in self.facts.versions:
            yield version.label, version.content_sha256, f"{version.recorded_at:%Y-%m-%d}"

    def each_instrument(self, languages: Sequence[Language]) -> Iterator[Sequence[str]]:
        for one in self.asked():
            for language in languages:
                yield (
                    f"{one.id} {one.version}",
                    self.words.word("language", language),
                    self.wording_of(one, language),
                    self.catalogue.wording_sha256(one.id, language),
                )

    def wording_of(self, instrument: Instrument, language: Language) -> str:
        """Whose words stand there."""
        if instrument.lacks_wording(language):
            return self.t("neutral")
        return self.t("licensed" if language in instrument.worded_in else "own")

    def texts_of(self, protocol: Protocol, language: Language) -> Iterator[Sequence[str]]:
        for one in preview_of(self.facts.context, protocol).all():
            if one.language == language:
                yield one.template, one.text, _hash(one.text)


def _screens(instrument: Instrument, language: Language) -> Iterator[Sequence[str]]:
    """What is asked on each screen, and what may be answered."""
    for number, group in enumerate(instrument.groups, start=1):
        for code in group:
            item = instrument.item(code)
            yield str(number), f"{code}: {item.label.get(language, '')}", _answers(item, language)


def _answers(item: Item, language: Language) -> str:
    if item.choices:
        return "; ".join(f"{one.value} {one.label.get(language, '')}" for one in item.choices)
    ends = (item.low_anchor.get(language, ""), item.high_anchor.get(language, ""))
    return f"{item.minimum} {ends[0]} – {item.maximum} {ends[1]}".strip()


def _catalogue_rows(texts: Texts, language: Language) -> Iterator[Sequence[str]]:
    for key in sorted(texts.keys(language)):
        pattern = texts.pattern(key, language)
        yield key, pattern, _hash(pattern)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
