"""What an instrument is made of: items, choices, scales. Wording is neutral labels only.

An instrument is data (one TOML file per version in `catalog/instruments`); these records are its
checked form. Licensed wording never stands here.
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Literal

from pydantic import Field

from pro_service.domain.instruments.numbers import Value, decimals_of
from pro_service.domain.record import Record

Language = Literal["en", "zh_CN"]
LANGUAGES: tuple[Language, ...] = ("en", "zh_CN")
Words = dict[Language, str]
Direction = Literal["higher is worse", "higher is better", "none"]


class Choice(Record):
    """One permitted answer with its label; `words` are further spellings a reply may use."""

    value: int
    label: Words
    score: Value | None = None
    """What the answer counts in scales, where that is not its value (pain "marked" counts 15)."""
    words: dict[Language, tuple[str, ...]] = Field(default_factory=dict)


class Item(Record):
    """One question. Its answer is a number from minimum to maximum, in steps of `step`.

    Answers are whole numbers unless the step says otherwise (`step = 0.1`); the ends always are.
    """

    code: str
    label: Words
    minimum: int
    maximum: int
    step: Value = 1
    choices: tuple[Choice, ...] = ()
    low_anchor: Words = Field(default_factory=dict)
    """What `minimum` means, in words ("no pain"). Every prompt states both anchors."""
    high_anchor: Words = Field(default_factory=dict)
    low_said: dict[Language, tuple[str, ...]] = Field(default_factory=dict)
    """How people say the low anchor in a reply ("it doesn't hurt"): nothing that means more or less
    than `minimum` of this very item."""
    high_said: dict[Language, tuple[str, ...]] = Field(default_factory=dict)
    """The same of the high anchor and `maximum`."""
    unit: str | None = None
    """A unit a reply may carry beside the number, for example "mm"."""
    skippable: bool = True
    may_not_apply: bool = False
    reversed: bool = False
    """In scales the answer counts from the other end: `minimum` counts as `maximum`."""

    def counted(self, value: Value) -> Value:
        """What an answer of the item's range counts in scales."""
        if self.reversed:
            return self.minimum + self.maximum - value
        if not self.choices:
            return value
        scored = (one.score for one in self.choices if one.value == value)
        found = next(scored, None)
        return value if found is None else found

    @property
    def counts(self) -> tuple[Value, Value]:
        """The least and the most that an answer counts in scales."""
        scores = [one.score for one in self.choices if one.score is not None]
        return (min(scores), max(scores)) if scores else (self.minimum, self.maximum)

    @property
    def decimals(self) -> int:
        """How many decimal places an answer may have; 0: whole numbers alone."""
        return decimals_of(self.step)


class Scale(Record):
    """What is computed from some items, once enough of them are answered.

    Every rule takes of an answer what it counts (`Item.counted`): its value, its place from the
    other end, or its choice's score. With the first three the mean of the answered items stands in
    for the missing ones, so those items must count alike, unless all must be answered:

    - `sum`: the sum of the items;
    - `mean`: their mean (RAND-36, once its answers are recoded to 0-100);
    - `100 minus mean`: 100 less the mean's place between the items' ends on 0-100, so that 100 is
      best where a high answer is bad (for items 0-4: 100 - mean x 25, the KOOS manual of 2012);
    - `table`: the sum, counted from its lowest, looked up in `table` (interval and T scores); all
      items must be answered;
    - `weighted sum`: `constant`, and each item times its weight; all items must be answered;
    - `percent of answered maximum`: how far the answered items went of as far as they could, on
      0-100. No mean stands in: what is missing leaves the fraction's both parts (the IKDC form of
      2000), and items may count differently.
    """

    code: str
    items: tuple[str, ...]
    minimum_answered: int
    minimum: int
    maximum: int
    rule: Literal[
        "sum", "mean", "100 minus mean", "table", "weighted sum", "percent of answered maximum"
    ] = "sum"
    table: tuple[Decimal, ...] = ()
    """For the rule `table`: one score for each sum, from the lowest sum to the highest."""
    weights: dict[str, Decimal] = Field(default_factory=dict)
    """For the rule `weighted sum`: the weight of each item, by its code."""
    constant: Decimal = Decimal(0)
    """For the rule `weighted sum`: what the weighted items are added to."""
    normalisation: Literal["0-100", "none"] = "0-100"
    """`0-100`: the raw score's place in its range; `none`: the raw score stands alone."""
    direction: Direction | None = None
    """What a higher score means; None: what the instrument says."""


class Total(Record):
    """A sum or mean of scales that exists only if each of them does."""

    code: str
    scales: tuple[str, ...]
    minimum: int
    maximum: int
    rule: Literal["sum of scales", "mean of scales"] = "sum of scales"
    normalisation: Literal["0-100", "none"] = "0-100"
    direction: Direction | None = None


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
    direction: Direction = "higher is worse"
    """What a higher answer means, and a higher score of every scale that says nothing else."""
    suspect_maximum: int | None = None
    """If every item is answered and no answer is above this, the answers may come from a version
    with a smaller range: a warning is raised, and the answers stand as they are."""
    codes: dict[str, str] = Field(default_factory=dict)
    """Codes for exports: `cdisc_qscat`, `cdisc_<item>`, `sponsor_<item>` (the sponsor's own item
    codes), `loinc`, `loinc_<item or scale>`."""
    wording: Literal["own", "pack"] = "own"
    """`pack`: the official wording is somebody's, and comes at run time from a licensed pack."""
    worded_in: tuple[Language, ...] = ()
    """Languages in which a wording pack's words stand in place of the labels; never in a file."""
    citation: str = ""
    licence: str = ""

    def item(self, code: str) -> Item:
        """Return the item with this code; KeyError if there is none."""
        for item in self.items:
            if item.code == code:
                return item
        raise KeyError(code)

    def offering(self, may_not_apply: Collection[str]) -> Instrument:
        """The instrument with "does not apply" left only at these of its items."""
        if not [one for one in self.items if one.may_not_apply and one.code not in may_not_apply]:
            return self
        items = tuple(
            item
            if not item.may_not_apply or item.code in may_not_apply
            else item.model_copy(update={"may_not_apply": False})
            for item in self.items
        )
        return self.model_copy(update={"items": items})

    @property
    def results(self) -> tuple[Scale | Total, ...]:
        """Everything that is scored, in order: the scales, and last the total if there is one."""
        return self.scales if self.total is None else (*self.scales, self.total)

    def lacks_wording(self, language: Language) -> bool:
        """Whether neutral labels show where licensed wording should: staff pages say so."""
        return self.wording == "pack" and language not in self.worded_in

    def direction_of(self, scored: Scale | Total) -> Direction:
        """What a higher score of this scale means."""
        return scored.direction or self.direction
