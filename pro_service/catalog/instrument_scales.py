"""What the scales and the total of an instrument must satisfy, each rule with its reason."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Final

from pro_service.domain.instruments.model import Direction, Instrument, Item, Scale, Total
from pro_service.domain.instruments.scoring import as_text

CODE: Final = re.compile(r"[a-z][a-z0-9_]*")
"""How an item, a scale or a total is called."""


def scale_mistakes(instrument: Instrument) -> Iterator[str]:
    """One line for each mistake of scales and total, beginning with its key."""
    yield from _scales(instrument)
    yield from _total(instrument)


def _scales(instrument: Instrument) -> Iterator[str]:
    items = {item.code: item for item in instrument.items}
    seen: set[str] = set()
    for index, scale in enumerate(instrument.scales):
        key = f"scales[{index}]"
        if not CODE.fullmatch(scale.code):
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
            yield from _members(scale, [items[code] for code in scale.items], key)
        known = [items[code] for code in scale.items if code in items]
        yield from _scale_direction(instrument.direction, scale, known, key)


def _members(scale: Scale, members: Sequence[Item], key: str) -> Iterator[str]:
    """What a scale asks of its items, of which all are known."""
    alike = len({(item.counts, item.step) for item in members}) == 1
    whole = scale.minimum_answered == len(members) and scale.rule != "100 minus mean"
    if not alike and not whole and scale.rule != "percent of answered maximum":
        # A mean of the answered items can only stand in for an item with the same range.
        yield f"{key}.items: all must have the same range."
        return
    yield from _scale_range(scale, members, key)
    yield from _table(scale, members, key)
    yield from _weights(scale, members, key)


def _scale_range(scale: Scale, members: Sequence[Item], key: str) -> Iterator[str]:
    ends, why = _ends(scale, members)
    for name, given, wanted in zip(
        ("minimum", "maximum"), (scale.minimum, scale.maximum), ends, strict=True
    ):
        if given == wanted:
            continue
        beyond = given < wanted if name == "minimum" else given > wanted
        if scale.rule in ("table", "weighted sum") and scale.normalisation == "none":
            # T scores and the like: their ends are decimals, and no place in a range is told.
            if not beyond:
                yield f"{key}.{name}: must not lie within {as_text(wanted)}, {why}."
        elif wanted.denominator != 1:
            yield (
                f'{key}.{name}: {why} is {as_text(wanted)}; write normalisation = "none" and a '
                "whole number beyond it."
            )
        else:
            yield f"{key}.{name}: must be {wanted}, {why}."


def _ends(scale: Scale, members: Sequence[Item]) -> tuple[tuple[Fraction, Fraction], str]:
    """The least and the highest score the rule can give, and what they are."""
    lows, highs = ([Fraction(item.counts[end]) for item in members] for end in (0, 1))
    if scale.rule == "sum":
        return (sum(lows, Fraction(0)), sum(highs, Fraction(0))), "the sum over its items"
    if scale.rule == "mean":
        count = len(members)
        ends = sum(lows, Fraction(0)) / count, sum(highs, Fraction(0)) / count
        return ends, "the mean over its items"
    if scale.rule == "table" and scale.table:
        return (Fraction(min(scale.table)), Fraction(max(scale.table))), "the table's own end"
    if scale.rule == "weighted sum":
        parts = [
            sorted((Fraction(scale.weights.get(item.code, 0)) * end) for end in (low, high))
            for item, low, high in zip(members, lows, highs, strict=True)
        ]
        least, most = (
            sum((part[end] for part in parts), Fraction(scale.constant)) for end in (0, 1)
        )
        return (least, most), "the weighted sum over its items"
    return (Fraction(0), Fraction(100)), f"the end of the rule {scale.rule}"


def _weights(scale: Scale, members: Sequence[Item], key: str) -> Iterator[str]:
    if scale.rule != "weighted sum":
        if scale.weights or scale.constant:
            yield (
                f'{key}.weights: weights and constant are read by the rule "weighted sum" only; '
                "remove them or change the rule."
            )
        return
    for item in members:
        if not scale.weights.get(item.code):
            yield f"{key}.weights.{item.code}: is missing or 0."
    for code in scale.weights:
        if code not in scale.items:
            yield f"{key}.weights.{code}: is no item of the scale."
    if scale.minimum_answered != len(members):
        # Nothing stands in for what has a weight of its own.
        yield (
            f"{key}.minimum_answered: must be {len(members)}, as a weighted sum needs every item."
        )


def _table(scale: Scale, members: Sequence[Item], key: str) -> Iterator[str]:
    if scale.rule != "table":
        if scale.table:
            yield f'{key}.table: is read by the rule "table" only; remove it or change the rule.'
        return
    counts = [count for item in members for count in item.counts]
    if any(not isinstance(count, int) for count in counts) or any(i.decimals for i in members):
        yield f"{key}.table: knows whole sums only, and its items count decimals."
        return
    sums = sum(int(item.counts[1] - item.counts[0]) for item in members) + 1
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


def _scale_direction(
    answers: Direction, scale: Scale, members: Sequence[Item], key: str
) -> Iterator[str]:
    """Say so where the rule turns the scale round and the direction does not, or the reverse.

    Not where items are turned round themselves or have weights: then the file alone knows.
    """
    own = any(item.reversed or item.counts != (item.minimum, item.maximum) for item in members)
    if own or scale.rule == "weighted sum":
        return
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
    if not CODE.fullmatch(total.code) or total.code in scales:
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
