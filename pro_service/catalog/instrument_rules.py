"""What an instrument must satisfy beyond the types of its fields, each rule with its reason."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pro_service.domain.conversation.commands import recognise
from pro_service.domain.conversation.reply import understand
from pro_service.domain.instruments.model import (
    LANGUAGES,
    Direction,
    Instrument,
    Item,
    Scale,
    Total,
    Words,
)
from pro_service.domain.instruments.wording import CARRIER_WORDS

_ID = re.compile(r"[a-z][a-z0-9.-]*")
_CODE = re.compile(r"[a-z][a-z0-9_]*")
HIGHEST = 1000
"""The highest answer an item may have: room for any scale in use, and no misprint."""
LONGEST_SPAN_HOURS = 31 * 24


def mistakes_of(instrument: Instrument) -> list[str]:
    """Return one line per mistake, beginning with its key; an empty list if there is none."""
    return [
        *_header(instrument),
        *_items(instrument),
        *_groups(instrument),
        *_scales(instrument),
        *_total(instrument),
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
        if not _CODE.fullmatch(item.code):
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
        elif item.step < 1 or (item.maximum - item.minimum) % item.step:
            yield f"{key}.step: must be 1 or more, and lead from minimum exactly to maximum."
        yield from _anchors(item, key)
        yield from _choices(item, key)
        alike = item.model_dump_json(exclude={"code", "label"})
        if alike not in said:
            said[alike] = list(_said(item))
        yield from (f"{key}.{each}" for each in said[alike])


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
    if values != list(range(item.minimum, item.maximum + 1, max(item.step, 1))):
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


def _scales(instrument: Instrument) -> Iterator[str]:
    items = {item.code: item for item in instrument.items}
    seen: set[str] = set()
    for index, scale in enumerate(instrument.scales):
        key = f"scales[{index}]"
        if not _CODE.fullmatch(scale.code):
            yield f"{key}.code: use lower-case letters, digits and _, beginning with a letter."
        if scale.code in seen:
            yield f"{key}.code: {scale.code} is already the code of another scale."
        seen.add(scale.code)
        unknown = [code for code in scale.items if code not in items]
        for code in unknown:
            yield f"{key}.items: {code} is not an item."
        if len(set(scale.items)) < len(scale.items):
            yield f"{key}.items: an item stands more than once."
        if not 1 <= scale.minimum_answered <= len(scale.items):
            yield f"{key}.minimum_answered: must be from 1 to the number of items."
        if not unknown and scale.items:
            members = [items[code] for code in scale.items]
            ranges = {(item.minimum, item.maximum, item.step) for item in members}
            if len(ranges) > 1 and scale.rule != "percent of answered maximum":
                # A mean of the answered items can only stand in for an item with the same range.
                yield f"{key}.items: all must have the same range."
            else:
                yield from _scale_range(scale, members, key)
                yield from _table(scale, members, key)
        yield from _scale_direction(instrument.direction, scale, key)


def _scale_range(scale: Scale, members: list[Item], key: str) -> Iterator[str]:
    for name, given in (("minimum", scale.minimum), ("maximum", scale.maximum)):
        if scale.rule == "sum":
            wanted, why = sum(getattr(item, name) for item in members), "the sum over its items"
        elif scale.rule == "table" and scale.table:
            wanted = min(scale.table) if name == "minimum" else max(scale.table)
            why = "the table's own end"
        else:
            wanted, why = 0 if name == "minimum" else 100, f"the end of the rule {scale.rule}"
        if given != wanted:
            yield f"{key}.{name}: must be {wanted}, {why}."


def _table(scale: Scale, members: list[Item], key: str) -> Iterator[str]:
    if scale.rule != "table":
        if scale.table:
            yield f'{key}.table: is read by the rule "table" only; remove it or change the rule.'
        return
    sums = sum(item.maximum - item.minimum for item in members) + 1
    if len(scale.table) != sums:
        yield f"{key}.table: must have {sums} scores, one for each sum; it has {len(scale.table)}."
    steps = {later > earlier for earlier, later in zip(scale.table, scale.table[1:], strict=False)}
    level = any(a == b for a, b in zip(scale.table, scale.table[1:], strict=False))
    if level or len(steps) > 1:
        # The way a misprinted score gives itself away.
        yield f"{key}.table: must rise throughout or fall throughout; one score is out of order."
    if scale.minimum_answered != len(members):
        # A table knows whole sums only: nothing can stand in for a missing answer.
        yield f"{key}.minimum_answered: must be {len(members)}, as a table needs every item."


def _scale_direction(answers: Direction, scale: Scale, key: str) -> Iterator[str]:
    """Say so where the rule turns the scale round and the direction does not, or the reverse."""
    turned = scale.rule == "100 minus mean" or (
        len(scale.table) > 1 and scale.table[-1] < scale.table[0]
    )
    means = scale.direction or answers
    if "none" not in (answers, means) and turned != (means != answers):
        wanted = next(d for d in ("higher is worse", "higher is better") if d != means)
        yield f'{key}.direction: must be "{wanted}", as its rule and the answers\' direction say.'


def _total(instrument: Instrument) -> Iterator[str]:
    total = instrument.total
    if total is None:
        return
    scales = {scale.code: scale for scale in instrument.scales}
    if not _CODE.fullmatch(total.code) or total.code in scales:
        yield "total.code: must be a code of its own, in lower-case letters, digits and _."
    unknown = [code for code in total.scales if code not in scales]
    for code in unknown:
        yield f"total.scales: {code} is not a scale."
    if not total.scales or len(set(total.scales)) < len(total.scales):
        yield "total.scales: must name at least one scale, and each once."
    if unknown:
        return
    yield from _total_range(total, [scales[code] for code in total.scales])
    if {instrument.direction_of(scales[code]) for code in total.scales} != {
        instrument.direction_of(total)
    }:
        yield "total.direction: must be the direction of every one of its scales."


def _total_range(total: Total, parts: list[Scale]) -> Iterator[str]:
    if total.rule == "mean of scales" and len({(one.minimum, one.maximum) for one in parts}) > 1:
        yield "total.scales: all must have the same range for a mean."
        return
    for name, given in (("minimum", total.minimum), ("maximum", total.maximum)):
        wanted = sum(getattr(one, name) for one in parts)
        if total.rule == "mean of scales":
            wanted //= max(len(parts), 1)
        if given != wanted:
            what = "mean" if total.rule == "mean of scales" else "sum"
            yield f"total.{name}: must be {wanted}, the {what} over its scales."


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
