"""Every text the service can send in a study, in its real words, with what is wrong about each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.conversation.advance import begin
from pro_service.domain.conversation.dialogue import AgendaEntry, TextPart
from pro_service.domain.conversation.staff_replies import choices, ending
from pro_service.domain.delivery.channels import ChannelRule
from pro_service.domain.delivery.segments import Segments, segments
from pro_service.domain.delivery.templates import is_too_long, most_segments, problems_of
from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Instrument, Language
from pro_service.domain.instruments.numbers import Value
from pro_service.domain.study.facts import KNEES, Target
from pro_service.domain.study.protocol import Ask, Protocol
from pro_service.services.answering import urgent_parts
from pro_service.services.base.context import ServiceContext
from pro_service.texts.catalogue import TextContext, Texts, format_day, placeholders

_NOW: Final = datetime(2026, 1, 5, 10, tzinfo=UTC)  # no word depends on it
_TOKEN: Final = "A" * 26  # as long as a link's token is
_CODE: Final = "K7M2P"
_FRAGMENTS: Final = (
    "about.",
    "letter.",
    "list.",
    "unit.",
    "prompt.",
    "safety.instruction",
    "staff.",
    "registered.",
)
"""Keys that are only ever part of another text; they are shown with the protocol's own words."""


class Shown(NamedTuple):
    """One text as it would be sent."""

    template: str
    language: Language
    text: str
    counted: Segments
    problems: tuple[str, ...]


class TextsTooLongError(ProServiceError):
    """Texts would cost more segments than their templates may; nothing was stored."""

    def __init__(self, problems: Sequence[str]) -> None:
        """Keep a line for each."""
        super().__init__(mend=f"Shorten the words: {'; '.join(problems)}.")
        self.problems = tuple(problems)


class Preview:
    """Puts together every text of one study, for one provider and the countries texts go to."""

    def __init__(
        self,
        texts: Texts,
        instruments: Mapping[str, Instrument],
        protocol: Protocol,
        *,
        public_url: str,
        rules: Sequence[ChannelRule] = (),
    ) -> None:
        """Keep what words come from; `rules` are those of the countries texts are to go to."""
        self._texts = texts
        self._instruments = instruments
        self._protocol = protocol
        self._link = f"{public_url.rstrip('/')}/q/{_TOKEN}"
        self._rules = list(rules)

    def all(self) -> Iterator[Shown]:
        """Every template, then what rules tell, reminders and questions, in every language."""
        for language in self._protocol.study.languages:
            for key in sorted(self._texts.keys(language)):
                if not key.startswith(_FRAGMENTS):
                    yield self._template(key, language)
            yield from self._instructions(language)
            yield from self._replies(language)
            yield from self._questions(language)

    def check_lengths(self) -> None:
        """Raise TextsTooLongError where a text is over its template's limit."""
        found = [
            f"{one.template} in {one.language} has {one.counted.segments} segments,"
            f" {most_segments(one.template)} are allowed"
            for one in self.all()
            if is_too_long(one.template, one.counted)
        ]
        if found:
            raise TextsTooLongError(found)

    def _template(self, key: str, language: Language) -> Shown:
        """A text of the catalogue on its own, its placeholders filled with the longest usual."""
        samples: dict[str, object] = {
            "sender": self._protocol.study.sender[language],
            "site_telephone": "+1 202 555 0100",
            "emergency_number": "120",
            "link": self._link,
            "code": _CODE,
            "start": _CODE[:3],
            "site": "First Capital Clinic",
            "day": format_day(date(2026, 9, 30), language),
            "time": "18:30",
            "minimum": 0,
            "step": "0.1",
            "maximum": 100,
            "count": 5,
            "numbers": "(1) (2)",
        }
        needed = placeholders(self._texts.pattern(key, language))
        chosen = {name: samples[name] for name in needed if name in samples}
        text = self._texts.text(key, language, **chosen)
        return self._shown(key, language, text, text)

    def _context(self, language: Language) -> TextContext:
        return TextContext(
            sender=self._protocol.study.sender[language],
            site_telephone="+1 202 555 0100",
            emergency_number="120",
            link=self._link,
            instruments=self._instruments,
        )

    def _instructions(self, language: Language) -> Iterator[Shown]:
        """What each urgent rule of the protocol tells the participant at once."""
        for rule in self._protocol.safety.rules:
            if rule.severity == "urgent" and rule.instruction:
                parts = urgent_parts((rule,), language)
                text = self._texts.render(parts, language, self._context(language))
                yield self._shown(f"safety.urgent+{rule.id}", language, text, "")

    def _replies(self, language: Language) -> Iterator[Shown]:
        """Every reply that staff may send, at its longest."""
        for one in choices(self._protocol, language):
            parts = (
                TextPart(key="reminder.for_code", parameters={"code": _CODE}),
                TextPart(key="staff.says", parameters={"words": one.words}),
                ending(self._protocol.messaging),
            )
            text = self._texts.render(parts, language, self._context(language))
            yield self._shown(f"staff.{one.template}", language, text, "")

    def _questions(self, language: Language) -> Iterator[Shown]:
        """Every question by text, and the first reminder that carries it at its longest."""
        context = self._context(language)
        opening_parts = (
            TextPart(key="reminder.for_code", parameters={"code": _CODE}),
            TextPart(key="reminder.text"),
            TextPart(key="reminder.stop"),
        )
        opening = self._texts.render(opening_parts, language, context)
        together = self._protocol.messaging.question_in_reminder
        if not together:
            alone = (*opening_parts, TextPart(key="reminder.ready"))
            whole = self._texts.render(alone, language, context)
            yield self._shown("reminder.text+reminder.ready", language, whole, opening)
        for name, number, parts in self._prompts():
            text = self._texts.render(parts, language, context)
            yield self._shown(f"question.{name}", language, text, "")
            if number == 1 and together:
                whole = self._texts.render((*opening_parts, *parts), language, context)
                yield self._shown(f"reminder.text+{name}", language, whole, opening)

    def _prompts(self) -> Iterator[tuple[str, int, tuple[TextPart, ...]]]:
        """The words of every question the protocol asks by text, once each."""
        seen: set[tuple[str, str, Target]] = set()
        for visit in self._protocol.visits:
            for ask in visit.asks:
                for target in _targets(ask):
                    key = (ask.instrument, ask.text_mode, target)
                    if "text" in ask.ways and key not in seen and self._by_text(ask):
                        seen.add(key)
                        yield from self._asked(ask, target)

    def _by_text(self, ask: Ask) -> bool:
        return self._protocol.instruments[ask.instrument].by_text

    def _asked(self, ask: Ask, target: Target) -> Iterator[tuple[str, int, tuple[TextPart, ...]]]:
        answered: dict[str, Value | None] = {}
        number = 0
        while True:
            entry = AgendaEntry(
                assessment_id=UUID(int=1),
                instrument=self._instruments[ask.instrument],
                target=target,
                text_mode=ask.text_mode,
                answered=answered,
            )
            _, parts = begin([entry], _NOW)
            if not parts:
                return
            number += 1
            items = entry.next_items
            yield f"{ask.instrument}.{items[0].code}.{target}", number, parts
            answered = answered | {item.code: None for item in items}

    def _shown(self, template: str, language: Language, text: str, opening: str) -> Shown:
        counted = segments(text)
        problems = problems_of(template, opening, text, counted, self._rules)
        return Shown(template, language, text, counted, tuple(problems))


def preview_of(context: ServiceContext, protocol: Protocol) -> Preview:
    """The texts of a study as this installation would send them, whatever the country."""
    return Preview(
        context.texts,
        context.catalogue.instruments,
        protocol,
        public_url=context.public_url,
    )


def _targets(ask: Ask) -> tuple[Target, ...]:
    return ("person",) if ask.targets == "person" else KNEES
