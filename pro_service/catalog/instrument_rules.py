"""What an instrument must satisfy beyond the types of its fields, each rule with its reason."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pro_service.catalog.instrument_scales import CODE, scale_mistakes
from pro_service.domain.conversation.commands import recognise
from pro_service.domain.conversation.reply import understand
from pro_service.domain.instruments.model import LANGUAGES, Instrument, Item, Words
from pro_service.domain.instruments.wording import CARRIER_WORDS

_ID = re.compile(r"[a-z][a-z0-9.-]*")
HIGHEST = 1000
"""The highest answer an item may have: room for any scale in use, and no misprint."""
MOST_DECIMALS = 3
"""The decimal places an answer may have: nobody measures finer what is typed here."""
LONGEST_SPAN_HOURS = 31 * 24


def mistakes_of(instrument: Instrument) -> list[str]:
    """Return one line per mistake, beginning with its key; an empty list if there is none."""
    return [
        *_header(instrument),
        *_items(instrument),
        *_groups(instrument),
        *scale_mistakes(instrument),
        *_codes(instrument),
    ]


def _header(instrument: Instrument) -> Iterator[str]:
    if not _ID.fullmatch(instrument.id):
        yield "id: use lower-case letters, digits, dots and hyphens, beginning with a letter."
    for key in ("version", "scoring_version"):
        if not getattr(instrument, key).strip():
            yield f"{key}: must not be empty."
    if not instrument.citation.strip():
        yield "citation: is missing; say where its items and rules are published."
    if not instrument.licence.strip():
        yield "licence: is missing; say whose it is, and under what terms it may be used."
    yield from _in_both_languages(instrument.title, "title")
    yield from _in_both_languages(instrument.recall, "recall")
    if instrument.worded_in:
        yield "worded_in: only a wording pack in force says this; remove it."
    if not 1 <= instrument.attempt_span_hours <= LONGEST_SPAN_HOURS:
        yield f"attempt_span_hours: must be 1 or more, and {LONGEST_SPAN_HOURS} or less."
    top = max((item.maximum for item in instrument.items), default=0)
    if instrument.suspect_maximum is not None and not 0 <= instrument.suspect_maximum < top:
        # At the top or above it, every complete sitting would be suspect.
        yield "suspect_maximum: must be 0 or more, and below the highest answer."


def _items(instrument: Instrument) -> Iterator[str]:
    if not instrument.items:
        yield "items: there must be at least one."
    seen: set[str] = set()
    # By what is the same of many items: reading every word for each took most of a start.
    said: dict[str, list[str]] = {}
    for index, item in enumerate(instrument.items):
        key = f"items[{index}]"
        if not CODE.fullmatch(item.code):
            yield f"{key}.code: use lower-case letters, digits and _, beginning with a letter."
        if item.code in seen:
            yield f"{key}.code: {item.code} is already the code of another item."
        seen.add(item.code)
        yield from _in_both_languages(item.label, f"{key}.label")
        if item.minimum < 0:
            yield f"{key}.minimum: must be 0 or more."
        elif item.maximum <= item.minimum:
            yield f"{key}.maximum: must be above minimum, {item.minimum}."
        elif item.maximum > HIGHEST:
            yield f"{key}.maximum: must be {HIGHEST} or less."
        steps = list(_steps(item, key)) if item.minimum < item.maximum <= HIGHEST else []
        yield from steps
        yield from _anchors(item, key)
        yield from _choices(item, key)
        yield from _counts(item, key)
        if steps:
            continue  # No answer is on a step that leads nowhere, however it is said.
        alike = item.model_dump_json(exclude={"code", "label"})
        if alike not in said:
            said[alike] = list(_said(item))
        yield from (f"{key}.{each}" for each in said[alike])


def _steps(item: Item, key: str) -> Iterator[str]:
    if item.decimals > MOST_DECIMALS:
        yield f"{key}.step: has more than {MOST_DECIMALS} decimal places."
    elif item.decimals and item.choices:
        yield f"{key}.step: an item with choices is answered in whole numbers; remove it."
    elif item.step <= 0 or (item.maximum - item.minimum) % item.step:
        yield (
            f"{key}.step: must be 1 or more, or a decimal above 0, and lead from minimum exactly "
            "to maximum."
        )


def _counts(item: Item, key: str) -> Iterator[str]:
    """What the answers count in scales, where that is not their value."""
    scores = [choice.score for choice in item.choices if choice.score is not None]
    if not scores:
        return
    if item.reversed:
        yield f"{key}.reversed: its choices say what they count; give the scores so and remove it."
    if len(scores) < len(item.choices):
        yield f"{key}.choices: give every choice its score, or none."
    elif min(scores) == max(scores):
        yield f"{key}.choices: all count the same; their scores must differ."


def _anchors(item: Item, key: str) -> Iterator[str]:
    for name, words in (("low_anchor", item.low_anchor), ("high_anchor", item.high_anchor)):
        # Every prompt says what both ends mean: some people are taught scales from 1 to 10.
        if words or not item.choices:
            yield from _in_both_languages(words, f"{key}.{name}")


def _said(item: Item) -> Iterator[str]:
    """How people say the two ends: words of one end only, of which the parser reads just that.

    The item's own key is left out: what is said here holds for every item alike.
    """
    ends = (
        ("low_said", item.low_anchor, item.low_said, item.minimum),
        ("high_said", item.high_anchor, item.high_said, item.maximum),
    )
    bare = item.model_copy(update={"low_said": {}, "high_said": {}})
    for name, anchor, said, value in ends:
        if said and not anchor:
            yield f"{name}: there is no {name.removesuffix('_said')}_anchor to say so."
        for language, listed in said.items():
            for word in listed:
                place = f"{name}.{language}"
                folded = word.strip().casefold()
                if not folded or not any(character.isalpha() for character in folded):
                    yield f"{place}: a word must not be empty or a number."
                elif folded in CARRIER_WORDS or recognise(word) is not None:
                    yield f"{place}: {word} is an instruction; choose another word."
                elif {understand(item, word).value, understand(bare, word).value} - {None} != {
                    value
                }:
                    yield f"{place}: {word} is not read as {value} alone; choose another word."


def _choices(item: Item, key: str) -> Iterator[str]:
    if not item.choices:
        return
    if not item.minimum < item.maximum <= HIGHEST:
        return  # Said of the range itself.
    values = [choice.value for choice in item.choices]
    if values != list(range(item.minimum, item.maximum + 1, max(int(item.step), 1))):
        yield f"{key}.choices: values must be every number from minimum to maximum, rising."
    for language in LANGUAGES:
        taken: set[str] = set()
        for index, choice in enumerate(item.choices):
            place = f"{key}.choices[{index}]"
            if not choice.label.get(language, "").strip():
                yield f"{place}.label.{language}: is missing or empty."
                continue
            spellings = (choice.label[language], *choice.words.get(language, ()))
            for word in (spelling.strip().casefold() for spelling in spellings):
                if not word or word.isnumeric():
                    yield f"{place}.words.{language}: a word must not be empty or a number."
                elif word in CARRIER_WORDS:
                    yield f"{place}.words.{language}: carriers act on {word}; choose another word."
                elif word in taken:
                    yield f"{place}.words.{language}: {word} stands twice for this item."
                taken.add(word)


def _groups(instrument: Instrument) -> Iterator[str]:
    grouped = [code for group in instrument.groups for code in group]
    codes = [item.code for item in instrument.items]
    for index, group in enumerate(instrument.groups):
        if not group:
            yield f"groups[{index}]: is empty."
    for code in dict.fromkeys(grouped):
        if code not in codes:
            yield f"groups: {code} is not an item."
        if grouped.count(code) > 1:
            yield f"groups: {code} stands more than once."
    for code in codes:
        if code not in grouped:
            yield f"groups: {code} is in no group and would never be asked."


def _codes(instrument: Instrument) -> Iterator[str]:
    items = {item.code for item in instrument.items}
    scored = items | {result.code for result in instrument.results}
    for key, code in instrument.codes.items():
        system, _, about = key.partition("_")
        named = {"cdisc": items | {"qscat"}, "sponsor": items, "loinc": scored | {""}}
        if about not in named.get(system, set()):
            yield (
                f"codes.{key}: is not cdisc_qscat, cdisc_<item>, sponsor_<item>, loinc or "
                "loinc_<item or scale> of this instrument."
            )
        if not code.strip():
            yield f"codes.{key}: must not be empty."


def _in_both_languages(words: Words, key: str) -> Iterator[str]:
    for language in LANGUAGES:
        if not words.get(language, "").strip():
            yield f"{key}.{language}: is missing or empty."
