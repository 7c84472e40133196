"""What the pages of an entry show: what may be entered, then the questions word for word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_service.domain.instruments.model import Instrument, Item, Language
from pro_service.domain.study.entering import Enterable, Told, kept_apart
from pro_service.domain.study.facts import AssessmentFacts, ParticipantFacts, VisitFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.respondents import RESPONDENTS, SELF
from pro_service.domain.study.times import zone
from pro_service.services.desk.entering import EntryForm, EntryRoom
from pro_service.web.desk.entering.forms import Typed, signs_of
from pro_service.web.desk.words import Words
from pro_service.web.site import HTML_LANGUAGES

MOST_KEYS: Final = 11
"""A scale of more answers is typed as a number: 0-10 has a key each."""


def room_values(words: Words, room: EntryRoom, fields: Mapping[str, str]) -> dict[str, Any]:
    """What may be entered, what was begun, and the form of the head as it was filled in."""
    facts, protocol = room.facts, room.protocol
    site = zone(facts.site.zone)
    names = {one.assessment.id: _name(words, protocol, one) for one in room.offered}
    return {
        "frame": room.frame,
        "code": facts.code,
        "zone": facts.site.zone,
        "their_zone": facts.zone if facts.zone != facts.site.zone else None,
        "now": words.instant(facts.now, site),
        "today": facts.now.astimezone(site).date().isoformat(),
        "begun": [
            {
                "id": one.id,
                "what": names.get(one.assessment_id, ""),
                "how": words.word("mode", one.mode),
                "told": words.instant(one.told_at, site),
            }
            for one in room.begun
            if one.assessment_id in names
        ],
        "offered": [
            {
                "name": words.text(f"entry.offered_{name}"),
                "choices": [
                    {"id": str(one.assessment.id), "name": _with_window(words, names, one, site)}
                    for one in group
                ],
            }
            for name, group in _groups(room.offered)
            if group
        ],
        "modes": [(one, words.word("mode", one)) for one in ("telephone", "paper")],
        "respondents": [(one.word, _who(words, one.word)) for one in RESPONDENTS],
        "tongues": [(one, words.text(f"language.name_{one}")) for one in _languages(facts)],
        "spoken": fields["language"] or facts.language,
        "fields": fields,
        "may_be_apart": _may_be_apart(room),
    }


def form_values(words: Words, form: EntryForm, typed: Typed | None = None) -> dict[str, Any]:
    """The questions of one entry, with what was just typed and could not be kept; nothing stored.

    What stands in the sitting is marked as answered, without its value (R6).
    """
    facts, instrument, told = form.facts, form.instrument, form.told
    site = zone(facts.site.zone)
    asked = Questions(instrument, told.language, told.mode, form.kept)
    sections = list(sections_of(words, asked, typed))
    rows = [row for section in sections for row in section["rows"]]
    return {
        "frame": form.frame,
        "code": facts.code,
        "visit": words.visit(form.protocol, form.visit.definition, form.visit.occurrence),
        "asked": words.asked(instrument.id, form.assessment.target),
        "how": _how(words, told),
        "on_paper": told.mode == "paper",
        "told": words.instant(told.at, site),
        "zone": facts.site.zone,
        "late": form.visit.closes_at is not None and form.visit.closes_at <= told.at,
        "recall": said_in(instrument.recall, told.language),
        "spoken": HTML_LANGUAGES[told.language],
        "neutral": words.shows_neutral(instrument.id, told.language),
        "sections": sections,
        "count": len(rows),
        "kept": len(form.kept),
        "left": [row for row in rows if not row["kept"]],
        "may_leave": all(row["may_leave"] for row in rows if not row["kept"]),
        "wrong": [row for row in rows if row["wrong"]],
        "by_number": all(len(row["keys"]) <= MOST_KEYS for row in rows),
        "ten": any(key["value"] == "10" for row in rows for key in row["keys"]),
        "apart": None if form.apart is None else words.text(f"entry.apart_{form.apart}"),
        "alarms": [_alarm(words, form, rule.id, told.language) for rule in form.alarms],
        "site_telephone": facts.site.telephone,
        "sitting": form.sitting_id,
    }


def _alarm(words: Words, form: EntryForm, rule_id: str, language: Language) -> dict[str, Any]:
    rule = next(one for one in form.alarms if one.id == rule_id)
    return {
        "rule": words.rule(form.protocol, rule_id),
        "say": rule.instruction.get(language, ""),
    }


class Questions(NamedTuple):
    """An instrument as it is asked word for word."""

    instrument: Instrument
    language: Language
    mode: str
    kept: frozenset[str] = frozenset()
    """Items that have an answer already."""


def sections_of(
    words: Words, asked: Questions, typed: Typed | None = None
) -> Iterator[dict[str, Any]]:
    """Questions in asking order, under the scale they belong to where there are several."""
    instrument = asked.instrument
    order = [code for group in instrument.groups for code in group]
    several = len(instrument.scales) > 1
    present: dict[str, Any] | None = None
    for number, code in enumerate(order, start=1):
        item = instrument.item(code)
        scale = _scale_of(instrument, code) if several else None
        if present is None or present["scale"] != scale:
            if present is not None:
                yield present
            title = None if scale is None else words.word("scale", scale)
            present = {"scale": scale, "title": title, "rows": []}
        present["rows"].append(_row(asked, item, number, typed))
    if present is not None:
        yield present


def _row(asked: Questions, item: Item, number: int, typed: Typed | None) -> dict[str, Any]:
    language = asked.language
    said = "" if typed is None else typed.said.get(item.code, "")
    values = range(0) if item.decimals else range(item.minimum, item.maximum + 1, int(item.step))
    labels = {one.value: said_in(one.label, language) for one in item.choices}
    as_keys = 0 < len(values) <= MOST_KEYS
    return {
        "code": item.code,
        "number": number,
        "label": said_in(item.label, language),
        "low": None if labels else _anchor(item.minimum, item.low_anchor, language),
        "high": None if labels else _anchor(item.maximum, item.high_anchor, language),
        "keys": [
            {"value": str(value), "label": labels.get(value, ""), "on": said == str(value)}
            for value in values
        ]
        if as_keys
        else [],
        "signs": [{"value": one, "on": said == one} for one in signs_of(item, asked.mode)],
        "lowest": item.minimum,
        "highest": item.maximum,
        "step": item.step,
        "decimals": item.decimals,
        "said": said,
        "wrong": typed is not None and item.code in typed.wrong,
        "kept": item.code in asked.kept,
        "may_leave": item.skippable,
    }


def _scale_of(instrument: Instrument, code: str) -> str | None:
    return next((one.code for one in instrument.scales if code in one.items), None)


def _anchor(value: int, anchor: Mapping[Language, str], language: Language) -> tuple[int, str]:
    return value, said_in(anchor, language)


def said_in(given: Mapping[Language, str], language: Language) -> str:
    """The words in this language, else in the first there is."""
    return given.get(language) or next(iter(given.values()), "")


def _groups(offered: Sequence[Enterable]) -> Iterator[tuple[str, list[Enterable]]]:
    yield "open", [one for one in offered if not one.closed]
    # The latest first: a paper is mostly of the visit just past.
    yield "closed", [one for one in reversed(offered) if one.closed]


def _name(words: Words, protocol: Protocol, one: Enterable) -> str:
    return _named(words, protocol, one.visit, one.assessment)


def _named(words: Words, protocol: Protocol, visit: VisitFacts, one: AssessmentFacts) -> str:
    label = words.visit(protocol, visit.definition, visit.occurrence)
    return words.text("entry.of", asked=words.asked(one.instrument, one.target), visit=label)


def _with_window(words: Words, names: Mapping[UUID, str], one: Enterable, site: ZoneInfo) -> str:
    closes = words.until(one.visit.closes_at, site)
    return words.text("entry.choice", what=names[one.assessment.id], closes=closes)


def _may_be_apart(room: EntryRoom) -> bool:
    """Whether something that may be entered would be kept apart, so that it is asked why."""
    asked = {one.assessment.instrument for one in room.offered}
    return any(
        kept_apart(room.protocol, instrument, mode, who) is not None
        for instrument in asked
        for mode in ("telephone", "paper")
        for who in RESPONDENTS
    )


def _who(words: Words, word: str) -> str:
    return words.text("entry.self") if word == SELF.word else words.word("respondent", word)


def _how(words: Words, told: Told) -> str:
    return words.text(
        "entry.how",
        mode=words.word("mode", told.mode),
        who=_who(words, told.respondent.word),
        tongue=words.text(f"language.name_{told.language}"),
    )


def _languages(facts: ParticipantFacts) -> tuple[Language, ...]:
    other: tuple[Language, ...] = ("en", "zh_CN")
    return (facts.language, *(one for one in other if one != facts.language))
