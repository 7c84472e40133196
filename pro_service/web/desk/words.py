"""Words, dates and numbers of the desk in one language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, format_percent

from pro_service.domain.instruments.model import Instrument, Language
from pro_service.domain.study.assessments import AssessmentState
from pro_service.domain.study.facts import EventKind
from pro_service.domain.study.protocol import BOUNDS, Protocol
from pro_service.domain.study.respondents import SELF
from pro_service.domain.study.times import last_day_before
from pro_service.texts.catalogue import Texts

_INSTANT: Final[dict[Language, str]] = {"en": "EEE d MMM y, HH:mm", "zh_CN": "y年M月d日EEE HH:mm"}
_DAY: Final[dict[Language, str]] = {"en": "EEE d MMM y", "zh_CN": "y年M月d日EEE"}
_MIDNIGHT: Final = time(0, 0)
_HUNDREDTH: Final = Decimal("0.01")

SHAPES: Final[dict[AssessmentState, str]] = {
    AssessmentState.completed: "●",
    AssessmentState.late: "▲",
    AssessmentState.declined: "◇",
    AssessmentState.not_applicable: "–",
    AssessmentState.not_yet_due: "·",
    AssessmentState.due: "○",
    AssessmentState.started: "◐",
    AssessmentState.unsent: "◉",
    AssessmentState.missed: "✕",
    AssessmentState.partial: "◪",
}
"""A shape for each state; a letter and a word stand beside it, so colour is never needed."""


class Words:
    """What the desk says in one language."""

    def __init__(
        self, texts: Texts, language: Language, instruments: Mapping[str, Instrument]
    ) -> None:
        """Keep catalogue, language and the instruments whose titles are named."""
        self._texts = texts
        self._keys = texts.keys(language)
        self._instruments = instruments
        self.language = language

    def text(self, key: str, **parameters: object) -> str:
        """A text by its key without `desk.`."""
        return self._texts.text(f"desk.{key}", self.language, **parameters)

    def has(self, key: str) -> bool:
        """Whether there is a text of this key without `desk.`."""
        return f"desk.{key}" in self._keys

    def word(self, kind: str, code: str) -> str:
        """The word for a code; a code only a protocol knows is shown readably as it is."""
        key = f"desk.{kind}.{code}"
        if key in self._keys:
            return self._texts.text(key, self.language)
        return code.replace("_", " ")

    def respondent(self, word: str | None) -> str | None:
        """Who answered, if it was not the participant alone: that goes without saying."""
        return None if word in (None, SELF.word) else self.word("respondent", word or "")

    def reason(self, given: str) -> str:
        """A reason as somebody wrote it; the service's own in the desk's language."""
        key = f"desk.reason.{given}"
        return self._texts.text(key, self.language) if key in self._keys else given

    def noted(self, words: str | None) -> str:
        """What staff wrote, or that it cannot be read from here."""
        return self.text("note.unreadable") if words is None else words

    def why(self, reason: str) -> str:
        """Why a message stands where it does, as its state's reason has it."""
        return self.word("why", re.sub(r"[^a-z]+", "_", reason.lower()).strip("_"))

    def chosen(self, words: Mapping[Language, str]) -> str:
        """Of words in several languages those in this one, else the first there are."""
        found = words.get(self.language) or next(iter(words.values()), "")
        return found[:1].upper() + found[1:]

    def instant(self, at: datetime, zone: ZoneInfo) -> str:
        """An instant in a zone, with its weekday."""
        return format_datetime(
            at, format=_INSTANT[self.language], tzinfo=zone, locale=self.language
        )

    def day(self, day: date) -> str:
        """A day with its weekday."""
        return format_date(day, format=_DAY[self.language], locale=self.language)

    def until(self, closes_at: datetime | None, zone: ZoneInfo) -> str:
        """When a window closes: the end of a day, or an instant of it."""
        if closes_at is None:
            return self.text("window.open_end")
        if closes_at.astimezone(zone).time() == _MIDNIGHT:
            return self.text("window.until_day", day=self.day(last_day_before(closes_at, zone)))
        return self.text("window.until", at=self.instant(closes_at, zone))

    def visit(self, protocol: Protocol | None, definition: str, occurrence: int | None) -> str:
        """A visit's label."""
        found = None if protocol is None else protocol.find(definition)
        label = definition if found is None else self.chosen(found.label)
        return self.again(label, occurrence)

    def again(self, label: str, occurrence: int | None) -> str:
        """A visit's label with which of several it is."""
        return label if not occurrence or occurrence == 1 else f"{label} ({occurrence})"

    def rule(self, protocol: Protocol, rule_id: str) -> str:
        """A safety rule in words, with the bounds the participant's protocol gives it."""
        name = self.word("rule", rule_id)
        rule = next((one for one in protocol.safety.rules if one.id == rule_id), None)
        if rule is None:
            return name
        parts = []
        if rule.scale is not None:
            parts.append(self.text("rule_part.score", scale=self.word("scale", rule.scale)))
        for bound in BOUNDS:
            value = getattr(rule, bound)
            # "1 or more" of a yes-or-no question says nothing.
            if value is not None and (bound, value) != ("at_least", 1):
                parts.append(self.text(f"rule_part.{bound}", value=value))
        if rule.within_days is not None:
            event = self.word("event", rule.after or EventKind.injection)
            parts.append(self.text("rule_part.within_days", days=rule.within_days, event=event))
        if not parts:
            return name
        joined = self.text("rule_part.between").join(parts)
        return self.text("rule_part.whole", rule=name, parts=joined)

    def instruction(self, protocol: Protocol, rule_id: str) -> str | None:
        """What the participant's protocol says is to be done where a rule is met, if it does."""
        rule = next((one for one in protocol.safety.rules if one.id == rule_id), None)
        if rule is None or not rule.instruction:
            return None
        return self.text("alert.instruction", instruction=self.chosen(rule.instruction))

    def said_in_text(self, uncertain_who: bool) -> str:
        """Where an alert's words are to be read, and whether it is known who wrote them."""
        return self.text("alert.by_text_unknown" if uncertain_who else "alert.by_text")

    def asked(self, instrument: str, target: str) -> str:
        """An instrument and whom or which knee it asks about."""
        known = self._instruments.get(instrument)
        title = instrument if known is None else self.chosen(known.title)
        if target == "person":
            return title
        return self.text("asked", title=title, target=self.word("target", target))

    def shows_neutral(self, instrument: str, language: Language) -> bool:
        """Whether somebody asked in this language meets neutral labels, for want of a pack."""
        known = self._instruments.get(instrument)
        return known is not None and known.lacks_wording(language)

    def item(self, instrument: str, code: str) -> str:
        """An item's label: neutral, or a wording pack's."""
        known = self._instruments.get(instrument)
        if known is None or all(item.code != code for item in known.items):
            return code
        return self.chosen(known.item(code).label)

    def items(self, instrument: str) -> list[tuple[str, str]]:
        """An instrument's items and their labels, in asking order."""
        known = self._instruments.get(instrument)
        codes = () if known is None else (code for group in known.groups for code in group)
        return [(code, self.item(instrument, code)) for code in codes]

    def question(self, instrument: str, code: str) -> str:
        """Which question of an instrument an item is: its number, never its words."""
        known = self._instruments.get(instrument)
        codes = [] if known is None else [item.code for item in known.items]
        if code not in codes or len(codes) == 1:
            return self.text("question.only")
        return self.text("question.number", number=codes.index(code) + 1, count=len(codes))

    def score(self, text: str | None) -> str:
        """A score rounded for reading, half up; a dash where there is none."""
        if text is None:
            return "–"
        rounded = Decimal(text).quantize(_HUNDREDTH, ROUND_HALF_UP)
        return format_decimal(rounded, format="0.##", locale=self.language)

    def tick(self, value: float) -> str:
        """A round value at the end of an axis."""
        return format_decimal(value, format="0.######", locale=self.language)

    def signed(self, value: float) -> str:
        """A change with its sign, to two places; none of either where it is nothing."""
        written = self.score(f"{abs(value):.6f}")
        return f"{'−' if value < 0 else '+' if value > 0 else ''}{written}"

    def share(self, part: int, whole: int) -> str:
        """A share in percent; a dash where there is no whole."""
        if not whole:
            return "–"
        return format_percent(Decimal(part) / whole, format="0 %", locale=self.language)

    def who(self, actor: str | None) -> str:
        """Who did something, from the record's name of them."""
        kind, _, name = (actor or "").partition(":")
        if kind == "staff":
            return name
        if kind == "cli":
            return self.text("who.operator", name=name)
        known = kind if kind in ("participant", "provider", "elsewhere") else "service"
        return self.text(f"who.{known}")
