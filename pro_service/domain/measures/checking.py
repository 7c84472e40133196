"""Turns a measure's document into a `Measure`, or says everything that is wrong with it at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from pro_service.domain.instruments.model import LANGUAGES, Words
from pro_service.domain.measures.model import Measure
from pro_service.domain.study.checking.problems import Problem, suggestion
from pro_service.domain.study.checking.sections import section

CODES: Final = frozenset({"loinc", "cdisc_testcd", "cdisc_test", "sponsor"})
"""The systems of codes a measure may have a code of."""
_ROOT: Final = "measure"


class _Rule(NamedTuple):
    """A rule, and the keys it looks at: where one of them is broken it says nothing."""

    keys: frozenset[str]
    problems: Callable[[Measure], Iterator[Problem]]


def check_measure(document: Mapping[str, Any]) -> tuple[Measure | None, tuple[Problem, ...]]:
    """Return the measure and no problems, or None and every problem found.

    `document` is the parsed TOML with exact decimals; keys are paths into it, lists counted from 0.
    """
    shaped: list[Problem] = []
    measure = section(Measure, dict(document), _ROOT, shaped)
    problems = [one._replace(key=one.key.removeprefix(f"{_ROOT}.")) for one in shaped]
    broken = {one.key.split(".")[0].split("[")[0] for one in problems}
    if measure is not None:
        for rule in _RULES:
            if broken.isdisjoint(rule.keys):
                problems += rule.problems(measure)
    return (None, tuple(problems)) if problems else (measure, ())


def decimals_of(value: Decimal) -> int:
    """How many places after the point a value is written with, zeros at the end not counted."""
    # Not by `normalize`, which rounds, and fails at what is typed as 1e999999999.
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return 0
    written = "".join(map(str, digits))
    significant = written.rstrip("0")
    return max(0, -exponent - len(written) + len(significant)) if significant else 0


def _range_problems(measure: Measure) -> Iterator[Problem]:
    if measure.lowest >= measure.highest:
        yield Problem("highest", "is not above lowest", "Exchange them, or mend the one meant.")
    for key, value in (("lowest", measure.lowest), ("highest", measure.highest)):
        if decimals_of(value) > measure.decimals:
            yield Problem(
                key, f"has more than {measure.decimals} decimals", "Raise decimals, or round it."
            )


def _kind_problems(measure: Measure) -> Iterator[Problem]:
    ends = (measure.lowest, measure.highest)
    if measure.kind == "yes_no" and ends != (Decimal(0), Decimal(1)):
        yield Problem("highest", "is not 1 with lowest 0", "Yes is 1 and no is 0.")
    if measure.kind != "continuous" and measure.unit:
        yield Problem("unit", f"stands at a measure that is {measure.kind}", "Take it away.")
    if measure.kind != "ordinal" and measure.grades:
        yield Problem("grades", f"stand at a measure that is {measure.kind}", "Take them away.")
    if any(one.isspace() for one in measure.unit):
        yield Problem("unit", "holds a blank", "Write it as UCUM does, for example mm3.")


def _grade_problems(measure: Measure) -> Iterator[Problem]:
    if measure.kind != "ordinal":
        return
    values = [one.value for one in measure.grades]
    if len(values) < 2:
        yield Problem("grades", "are fewer than two", "Add a table for each value.")
        return
    if values != sorted(set(values)):
        yield Problem("grades", "do not rise", "Order them by value, each once.")
    for key, end, bound in (
        ("lowest", values[0], measure.lowest),
        ("highest", values[-1], measure.highest),
    ):
        if end != bound:
            yield Problem(key, "is not the value of the grade at that end", f"It should be {end}.")
    for index, value in enumerate(values):
        if decimals_of(value) > measure.decimals:
            yield Problem(
                f"grades[{index}].value", f"has more than {measure.decimals} decimals",
                "Raise decimals.",
            )  # fmt: skip


def _place_problems(measure: Measure) -> Iterator[Problem]:
    for key, places in (("regions", measure.regions), ("layers", measure.layers)):
        if places and measure.per == "person":
            yield Problem(key, "stand at a measure of the person", "Take them away.")
        for code, count in Counter(one.code for one in places).items():
            if count > 1:
                yield Problem(key, f"{code} is the code of {count} of them", "Give each its own.")


def _precision_problems(measure: Measure) -> Iterator[Problem]:
    for index, one in enumerate(measure.precision):
        path = f"precision[{index}]"
        if (one.percent is None) == (one.absolute is None):
            yield Problem(path, "needs exactly one of percent, absolute", "Keep the one meant.")
        if measure.kind != "continuous":
            yield Problem(path, f"stands at a measure that is {measure.kind}", "Take it away.")
        for key, code, places in (
            ("region", one.region, measure.regions),
            ("layer", one.layer, measure.layers),
        ):
            codes = [place.code for place in places]
            if code is not None and code not in codes:
                yield Problem(f"{path}.{key}", f"{code} is no {key} of it", suggestion(code, codes))


def _code_problems(measure: Measure) -> Iterator[Problem]:
    for name in measure.codes:
        if name not in CODES:
            yield Problem(f"codes.{name}", "is no system of codes", suggestion(name, CODES))


def _worded(
    key: str, words: Callable[[Measure], Sequence[tuple[str, Words]]]
) -> Callable[[Measure], Iterator[Problem]]:
    def problems(measure: Measure) -> Iterator[Problem]:
        for path, said in words(measure):
            for language in LANGUAGES:
                if not said.get(language, "").strip():
                    yield Problem(f"{key}{path}.{language}", "is missing", "Add the words.")

    return problems


def _each(key: str, field: str) -> Callable[[Measure], Sequence[tuple[str, Words]]]:
    return lambda measure: [
        (f"[{index}].{field}", getattr(one, field))
        for index, one in enumerate(getattr(measure, key))
    ]


_RULES: Final = (
    _Rule(frozenset({"lowest", "highest", "decimals"}), _range_problems),
    _Rule(frozenset({"kind", "unit", "grades", "lowest", "highest"}), _kind_problems),
    _Rule(frozenset({"kind", "grades", "lowest", "highest", "decimals"}), _grade_problems),
    _Rule(frozenset({"per", "regions", "layers"}), _place_problems),
    _Rule(frozenset({"kind", "regions", "layers", "precision"}), _precision_problems),
    _Rule(frozenset({"codes"}), _code_problems),
    _Rule(frozenset({"label"}), _worded("label", lambda measure: [("", measure.label)])),
    *(
        _Rule(frozenset({key}), _worded(key, _each(key, field)))
        for key, field in (
            ("regions", "label"),
            ("layers", "label"),
            ("grades", "label"),
            ("precision", "what"),
        )
    ),
)
