"""What an instrument is made of: items, choices, scales. Wording is neutral labels only.

An instrument is data (one TOML file per version in `catalog/instruments`); these records are its
checked form. Licensed wording never stands here.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pro_service.domain.record import Record

Language = Literal["en", "zh_CN"]
LANGUAGES: tuple[Language, ...] = ("en", "zh_CN")
Words = dict[Language, str]


class Choice(Record):
    """One permitted answer with its label; `words` are further spellings a reply may use."""

    value: int
    label: Words
    words: dict[Language, tuple[str, ...]] = Field(default_factory=dict)


class Item(Record):
    """One question. Its answer is a whole number in [minimum, maximum]."""

    code: str
    label: Words
    minimum: int
    maximum: int
    choices: tuple[Choice, ...] = ()
    low_anchor: Words = Field(default_factory=dict)
    """What `minimum` means, in words ("no pain"). Every prompt states both anchors."""
    high_anchor: Words = Field(default_factory=dict)
    unit: str | None = None
    """A unit a reply may carry beside the number, for example "mm"."""
    skippable: bool = True
    may_not_apply: bool = False


class Scale(Record):
    """A sum over items, with the mean of the answered items standing in for the missing ones."""

    code: str
    items: tuple[str, ...]
    minimum_answered: int
    minimum: int
    maximum: int


class Total(Record):
    """A sum of scales that exists only if each of them does."""

    code: str
    scales: tuple[str, ...]
    minimum: int
    maximum: int


class Instrument(Record):
    """One version of one questionnaire."""

    id: str
    version: str
    scoring_version: str
    title: Words
    recall: Words
    """The period asked about, as a phrase ("in the last 48 hours")."""
    attempt_span_hours: int
    """How long one sitting may last before a fresh attempt starts (bound by the recall period)."""
    asks_about: Literal["knee", "person"]
    items: tuple[Item, ...]
    groups: tuple[tuple[str, ...], ...]
    """Item codes by screen, in asking order; together they are exactly the items."""
    scales: tuple[Scale, ...] = ()
    total: Total | None = None
    direction: Literal["higher is worse", "higher is better", "none"] = "higher is worse"
    suspect_maximum: int | None = None
    """If every item is answered and no answer is above this, the answers may come from a version
    with a smaller range: a warning is raised, and the answers stand as they are."""
    codes: dict[str, str] = Field(default_factory=dict)
    """Codes for exports: `cdisc_qscat`, and `sponsor_<item>` for the sponsor's item codes."""
    citation: str = ""
    licence: str = ""

    def item(self, code: str) -> Item:
        """Return the item with this code; KeyError if there is none."""
        for item in self.items:
            if item.code == code:
                return item
        raise KeyError(code)
