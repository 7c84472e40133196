"""Licensed wording: what an instrument's items say in one language, in place of neutral labels.

A pack lives outside the repository. It changes words only: codes, ranges, choices and rules stay
the instrument's own, so that no wording can change what an answer means.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pydantic import Field

from pro_service.domain.instruments.model import Choice, Instrument, Item, Language, Words
from pro_service.domain.record import Record

LONGEST: Final = 1000
"""Characters of one text; more is a mistake in the file, not a question."""
CARRIER_WORDS: Final = frozenset(
    {"yes", "stop", "start", "end", "cancel", "quit", "unstop", "help", "info", "stopall"}
    | {"unsubscribe"}
)
"""Words on which a carrier acts by itself; as an answer they would opt someone in or out."""


class ItemWording(Record):
    """One item's words. Without anchors or choices the instrument's own stay."""

    text: str
    low_anchor: str | None = None
    high_anchor: str | None = None
    choices: dict[int, str] = Field(default_factory=dict)
    low_said: tuple[str, ...] | None = None
    """How people say the low anchor in a reply; None: as the instrument's own file has it."""
    high_said: tuple[str, ...] | None = None


class Wording(Record):
    """The words of one version of one instrument in one language, and by which licence."""

    instrument: str
    version: str
    language: Language
    licence: str
    """Reference of the licence under which the wording may be used."""
    title: str | None = None
    recall: str | None = None
    items: dict[str, ItemWording]


def wording_mistakes(instrument: Instrument, wording: Wording) -> Iterator[str]:
    """Say everything by which `wording` does not fit its instrument, each line with its key."""
    if wording.version != instrument.version:
        yield f"version: is {wording.version}; {instrument.id} here is {instrument.version}."
    yield from _text(wording.licence, "licence")
    for key, text in (("title", wording.title), ("recall", wording.recall)):
        if text is not None:
            yield from _text(text, key)
    for code in wording.items:
        if all(item.code != code for item in instrument.items):
            yield f"items.{code}: is no item of {instrument.id}."
    for item in instrument.items:
        if item.code not in wording.items:
            yield f"items.{item.code}: is missing; every item needs its text."
        else:
            yield from _item(item, wording.items[item.code], f"items.{item.code}")


def instrument_with_wording(instrument: Instrument, wording: Wording) -> Instrument:
    """The same instrument, saying these words in the wording's language."""
    language = wording.language
    updates: dict[str, object] = {
        "items": tuple(
            _worded(item, wording.items[item.code], language) for item in instrument.items
        )
    }
    updates["worded_in"] = (*instrument.worded_in, language)
    for name, text in (("title", wording.title), ("recall", wording.recall)):
        if text is not None:
            updates[name] = {**getattr(instrument, name), language: text}
    return instrument.model_copy(update=updates)


def _worded(item: Item, words: ItemWording, language: Language) -> Item:
    updates: dict[str, object] = {"label": _with(item.label, language, words.text)}
    if words.low_anchor is not None and words.high_anchor is not None:
        updates["low_anchor"] = _with(item.low_anchor, language, words.low_anchor)
        updates["high_anchor"] = _with(item.high_anchor, language, words.high_anchor)
    for name, listed in (("low_said", words.low_said), ("high_said", words.high_said)):
        if listed is not None:
            updates[name] = {**getattr(item, name), language: listed}
    if words.choices:
        updates["choices"] = tuple(
            _worded_choice(choice, words.choices, language) for choice in item.choices
        )
        if words.low_anchor is None and item.low_anchor:
            # Ends named in neutral words would contradict the choices now shown.
            updates["low_anchor"] = _with(item.low_anchor, language, words.choices[item.minimum])
            updates["high_anchor"] = _with(item.high_anchor, language, words.choices[item.maximum])
    return item.model_copy(update=updates)


def _worded_choice(choice: Choice, texts: dict[int, str], language: Language) -> Choice:
    """Further spellings stay, except one that is now the text of another choice."""
    others = {text.casefold() for value, text in texts.items() if value != choice.value}
    spellings = tuple(
        word for word in choice.words.get(language, ()) if word.casefold() not in others
    )
    return choice.model_copy(
        update={
            "label": _with(choice.label, language, texts[choice.value]),
            "words": {**choice.words, language: spellings},
        }
    )


def _with(words: Words, language: Language, text: str) -> Words:
    return {**words, language: text}


def _item(item: Item, words: ItemWording, key: str) -> Iterator[str]:
    yield from _text(words.text, f"{key}.text")
    anchors = {"low_anchor": words.low_anchor, "high_anchor": words.high_anchor}
    if None in anchors.values() and any(anchors.values()):
        yield f"{key}: give both low_anchor and high_anchor, or neither."
    for name, text in anchors.items():
        if text is not None:
            yield from _text(text, f"{key}.{name}")
    for name, listed in (("low_said", words.low_said), ("high_said", words.high_said)):
        for said in listed or ():
            yield from _text(said, f"{key}.{name}")
            if said.strip().casefold() in CARRIER_WORDS or said.strip().isnumeric():
                yield f"{key}.{name}: a word must be no number, and none on which carriers act."
    if not words.choices:
        return
    if not item.choices:
        yield f"{key}.choices: this item has none; give low_anchor and high_anchor."
        return
    values = sorted(choice.value for choice in item.choices)
    if sorted(words.choices) != values:
        yield f"{key}.choices: must be {', '.join(map(str, values))}."
    taken: set[str] = set()
    for value, text in words.choices.items():
        place = f"{key}.choices.{value}"
        yield from _text(text, place)
        folded = text.strip().casefold()
        if folded in CARRIER_WORDS:
            yield f"{place}: carriers act on this word; another must be chosen."
        elif folded.isnumeric():
            yield f"{place}: must not be a number."
        elif folded in taken:
            yield f"{place}: stands twice for this item."
        taken.add(folded)


def _text(text: str, key: str) -> Iterator[str]:
    if not text.strip():
        yield f"{key}: is empty."
    elif len(text) > LONGEST:
        yield f"{key}: is longer than {LONGEST} characters."
    elif not text.isprintable():
        yield f"{key}: has a line break or another character that cannot be printed."
