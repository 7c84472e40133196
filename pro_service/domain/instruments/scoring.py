"""Turns the answers of one attempt into scores, exactly.

Each scale follows the rule its instrument's file names (`model.Scale`), once enough of its items
are answered. Everything is a Fraction until it is stored or printed. A score that cannot be had is
None, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal, NamedTuple

from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Instrument, Item, Scale, Total
from pro_service.domain.instruments.numbers import Value, written
from pro_service.domain.instruments.values import check_value, readable

AbsentReason = Literal["too_few_answered", "scale_absent"]
Answers = Mapping[str, Value | None]
"""Values by item code; None, or no entry, is a missing answer whatever the kind of gap."""

PLACES: Final = 12
"""Decimal places in which scores are stored and printed."""
_ONE: Final = 10**PLACES

ANSWERS_FIT_SMALLER_VERSION: Final = "answers_fit_smaller_version"
"""Message key: every answer would also fit a version of the instrument with a smaller range."""


class UnknownItemError(ProServiceError):
    """The instrument has no such item."""


class ScaleScore(NamedTuple):
    """One scale, or the total, of one attempt.

    `normalised` is the raw score's place between `minimum` and `maximum` on 0-100, in the
    scale's own direction; None as well where the instrument says `normalisation = "none"`. The
    normalised total comes from the raw total: it is not the mean of the normalised scales.
    """

    scale: str
    raw: Fraction | None
    normalised: Fraction | None
    answered: int
    """Items with an answer."""
    substituted: int
    """Missing items the rule makes up for; 0 where there is no score."""
    minimum: int
    maximum: int
    absent_reason: AbsentReason | None = None


def score(instrument: Instrument, answers: Answers) -> tuple[ScaleScore, ...]:
    """Score every scale in the instrument's order, and last its total if it has one.

    A partial attempt is scored by the same rules from what is there; the caller labels it.
    Raises UnknownItemError and AnswerRangeError; neither carries a value.
    """
    _check(instrument, answers)
    return _scored(instrument, answers)


def score_stored(instrument: Instrument, answers: Answers) -> tuple[ScaleScore, ...]:
    """Score what is stored by the same rules: what the instrument cannot read is missing."""
    return _scored(instrument, readable(instrument, answers))


def plausibility_warnings(instrument: Instrument, answers: Answers) -> tuple[str, ...]:
    """Return message keys for answers that are permitted but deserve a data query.

    Never a reason to refuse or convert: which version was asked is a recorded fact, not a guess
    from the values.
    """
    _check(instrument, answers)
    if instrument.suspect_maximum is None:
        return ()
    values = [answers.get(item.code) for item in instrument.items]
    if all(value is not None and value <= instrument.suspect_maximum for value in values):
        return (ANSWERS_FIT_SMALLER_VERSION,)
    return ()


def as_decimal(fraction: Fraction) -> Decimal:
    """Round to 12 decimal places, halves away from zero, whatever the decimal context."""
    # In whole numbers: fractions would be reduced at each step, for thousands of figures.
    share, over = fraction.as_integer_ratio()
    scaled = (2 * abs(share) * _ONE + over) // (2 * over)
    return Decimal(f"{'-' if share < 0 else ''}{scaled}E-{PLACES}")


def as_text(fraction: Fraction) -> str:
    """Write with 12 decimal places at most and no trailing zeros: "12.5", "34"."""
    return written(as_decimal(fraction))


def _check(instrument: Instrument, answers: Answers) -> None:
    """Refuse answers that do not fit their items."""
    items = {item.code: item for item in instrument.items}
    for code, value in answers.items():
        item = items.get(code)
        if item is None:
            raise UnknownItemError(f"{instrument.id} has no item {code}.")
        if value is not None:
            check_value(item, value)


def _scored(instrument: Instrument, answers: Answers) -> tuple[ScaleScore, ...]:
    items = {item.code: item for item in instrument.items}
    scales = tuple([_score_scale(items, scale, answers) for scale in instrument.scales])
    if instrument.total is None:
        return scales
    return (*scales, _score_total(instrument.total, scales))


def _score_scale(items: Mapping[str, Item], scale: Scale, answers: Answers) -> ScaleScore:
    answered = [
        (items[code], value) for code in scale.items if (value := answers.get(code)) is not None
    ]
    if len(answered) < scale.minimum_answered:
        return _absent(scale, len(answered), "too_few_answered")
    return _present(scale, _raw(scale, answered), len(answered), len(scale.items) - len(answered))


def _raw(scale: Scale, answered: Sequence[tuple[Item, Value]]) -> Fraction:
    """Apply the scale's rule to the answered items, of which there is at least one."""
    counted = [item.counted(value) for item, value in answered]
    if scale.rule == "weighted sum":
        weights = [Fraction(scale.weights[item.code]) for item, _ in answered]
        weighted = (weight * Fraction(one) for weight, one in zip(weights, counted, strict=True))
        return sum(weighted, Fraction(scale.constant))
    if scale.rule in ("mean", "sum"):
        # The mean stands in for what is missing; a fraction is reduced once, for there are many.
        times = len(scale.items) if scale.rule == "sum" else 1
        return Fraction(_sum(counted) * times, len(counted))
    ends = [item.counts for item, _ in answered]
    risen = _sum(counted) - _sum([low for low, _ in ends])
    if scale.rule == "table":
        return Fraction(scale.table[int(risen)])
    reach = _sum([high for _, high in ends]) - _sum([low for low, _ in ends])
    share = Fraction(risen * 100, reach)
    return 100 - share if scale.rule == "100 minus mean" else share


def _sum(values: Sequence[Value]) -> int | Fraction:
    """The exact sum; whole numbers, as most answers are, are not made fractions."""
    whole = [one for one in values if isinstance(one, int)]
    if len(whole) == len(values):
        return sum(whole)
    return sum(map(Fraction, values), Fraction(0))


def _score_total(total: Total, scales: Sequence[ScaleScore]) -> ScaleScore:
    parts = [part for part in scales if part.scale in total.scales]
    answered = sum(part.answered for part in parts)
    raws = [part.raw for part in parts if part.raw is not None]
    if len(raws) < len(total.scales):
        return _absent(total, answered, "scale_absent")
    summed = sum(raws, Fraction(0))
    raw = summed / len(raws) if total.rule == "mean of scales" else summed
    return _present(total, raw, answered, sum(part.substituted for part in parts))


def _present(scale: Scale | Total, raw: Fraction, answered: int, substituted: int) -> ScaleScore:
    normalised = None
    if scale.normalisation == "0-100":
        # (raw - minimum) / (maximum - minimum) * 100, reduced once.
        share, over = raw.as_integer_ratio()
        above = share - scale.minimum * over
        normalised = Fraction(above * 100, over * (scale.maximum - scale.minimum))
    return ScaleScore(
        scale=scale.code,
        raw=raw,
        normalised=normalised,
        answered=answered,
        substituted=substituted,
        minimum=scale.minimum,
        maximum=scale.maximum,
    )


def _absent(scale: Scale | Total, answered: int, reason: AbsentReason) -> ScaleScore:
    return ScaleScore(
        scale=scale.code,
        raw=None,
        normalised=None,
        answered=answered,
        substituted=0,
        minimum=scale.minimum,
        maximum=scale.maximum,
        absent_reason=reason,
    )
