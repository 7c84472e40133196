"""The OMERACT-OARSI responder, with the way by which somebody is one."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Literal, NamedTuple

from pro_service.domain.endpoints.rules import DOMAINS, DomainName, ResponderRule, Step
from pro_service.domain.instruments.model import Direction

WORST = Fraction(100)
BEST = Fraction(0)


class DomainPair(NamedTuple):
    """One domain's baseline and value on 0-100 with 0 best; None is a score there is not."""

    baseline: Fraction | None
    value: Fraction | None

    @property
    def absent(self) -> int:
        """How many of the two scores are missing."""
        return (self.baseline is None) + (self.value is None)

    @property
    def lacks(self) -> str | None:
        """What is missing: "no baseline", "no value", both; None if nothing is."""
        missing = [
            words
            for words, score in (("no baseline", self.baseline), ("no value", self.value))
            if score is None
        ]
        return " and ".join(missing) or None


class Responder(NamedTuple):
    """The outcome, the path by which it was reached, and why it cannot be told if it cannot."""

    outcome: Literal["responder", "non_responder", "not_evaluable"]
    path: Literal["A", "B"] | None = None
    reason: str | None = None


ABSENT = DomainPair(None, None)


@lru_cache(maxsize=256)
def bound(figure: Decimal) -> Fraction:
    """A bound of the rules as scores are compared with it; there are few, and many scores."""
    return Fraction(figure)


def burden(normalised: Fraction | None, direction: Direction) -> Fraction | None:
    """A 0-100 score turned so that 0 is best, as the responder definition reads it."""
    if normalised is None or direction == "none":
        return None
    return 100 - normalised if direction == "higher is better" else normalised


def respond(rule: ResponderRule, pairs: Mapping[DomainName, DomainPair]) -> Responder:
    """Tell whether these domains make a responder.

    A domain with a score missing counts as not improved, and so does one whose baseline is 0 (no
    relative change exists). Not evaluable only where a missing score could change the result: that
    is tried with the best value it might have.
    """
    known = {name: pairs.get(name, ABSENT) for name in DOMAINS}
    path = _path(rule, known)
    if path is not None:
        return Responder("responder", path)
    at_best = {
        name: DomainPair(
            WORST if pair.baseline is None else pair.baseline,
            BEST if pair.value is None else pair.value,
        )
        for name, pair in known.items()
    }
    if _path(rule, at_best) is None:
        return Responder("non_responder")
    lacking = [f"{name}: {pair.lacks}" for name, pair in known.items() if pair.lacks]
    return Responder("not_evaluable", reason="; ".join(lacking))


def _path(rule: ResponderRule, pairs: Mapping[DomainName, DomainPair]) -> Literal["A", "B"] | None:
    if _improved(pairs["pain"], rule.high) or _improved(pairs["function"], rule.high):
        return "A"
    improved = sum(_improved(pair, rule.low) for pair in pairs.values())
    return "B" if improved >= rule.low_domains else None


def _improved(pair: DomainPair, step: Step) -> bool:
    if pair.baseline is None or pair.value is None or pair.baseline == 0:
        return False
    points = pair.baseline - pair.value
    return points >= bound(step.points) and points * 100 / pair.baseline >= bound(step.percent)
