"""Scoring against worked cases and against properties that hold for any answers."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pro_service.catalog.instrument_files import load_instrument_file, load_instruments
from pro_service.domain.instruments.model import Instrument, Item, Scale
from pro_service.domain.instruments.numbers import Value
from pro_service.domain.instruments.scoring import (
    ANSWERS_FIT_SMALLER_VERSION,
    ScaleScore,
    UnknownItemError,
    as_decimal,
    as_text,
    plausibility_warnings,
    score,
)
from pro_service.domain.instruments.values import AnswerRangeError, check_value, parse_cell

DATA = Path(__file__).parents[2] / "data" / "scoring"
INSTRUMENTS = load_instruments()
LK = INSTRUMENTS["womac-lk-3.1"]
NRS = INSTRUMENTS["womac-nrs-3.1"]
OTHERS = sorted((DATA.parent / "instruments").glob("*.toml"))
"""Instruments that do not ship, with the rules of theirs that no shipped one has."""
SCORABLE = [
    *(instrument for instrument in INSTRUMENTS.values() if instrument.scales),
    *(load_instrument_file(path) for path in OTHERS),
]

Answers = dict[str, Value | None]


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def by_code(instrument: Instrument, answers: Mapping[str, Value | None]) -> dict[str, ScaleScore]:
    return {each.scale: each for each in score(instrument, answers)}


def written(value: Fraction | None) -> str:
    return "" if value is None else as_text(value)


@pytest.mark.parametrize("case", rows("womac_cases.csv"), ids=lambda case: case["id"])
def test_worked_womac_case_gives_its_expected_scores(case: dict[str, str]) -> None:
    instrument = INSTRUMENTS[case["instrument"]]
    answers = {item.code: parse_cell(item, case[item.code]) for item in instrument.items}
    for code, each in by_code(instrument, answers).items():
        assert written(each.raw) == case[f"expected_{code}"]
        assert written(each.normalised) == case[f"expected_{code}_0_100"]


@pytest.mark.parametrize("case", rows("refused_cells.csv"))
def test_cell_out_of_range_is_refused_naming_item_and_range(case: dict[str, str]) -> None:
    item = INSTRUMENTS[case["instrument"]].item(case["item"])
    with pytest.raises(AnswerRangeError) as caught:
        parse_cell(item, case["cell"])
    assert case["item"] in str(caught.value)
    assert case["range"] in str(caught.value)


def test_refusal_does_not_repeat_the_answer() -> None:
    with pytest.raises(AnswerRangeError) as caught:
        check_value(LK.item("pain_1"), 7319)
    assert "7319" not in str(caught.value)


@pytest.mark.parametrize("text", ["", " ", "\t"])
def test_empty_cell_is_a_missing_answer(text: str) -> None:
    assert parse_cell(LK.item("pain_1"), text) is None


@pytest.mark.parametrize(("text", "value"), [("0", 0), ("10", 10), (" 7 ", 7), ("07", 7)])
def test_digits_in_range_are_read(text: str, value: int) -> None:
    assert parse_cell(NRS.item("pain_1"), text) == value


def test_bool_is_no_answer() -> None:
    with pytest.raises(AnswerRangeError):
        check_value(NRS.item("pain_1"), True)


def test_value_out_of_range_is_refused_and_not_clipped() -> None:
    with pytest.raises(AnswerRangeError):
        score(LK, {"pain_1": 5})


def test_unknown_item_is_refused() -> None:
    with pytest.raises(UnknownItemError, match="pain_6"):
        score(LK, {"pain_6": 1})


def test_single_pain_rating_is_its_own_score() -> None:
    (pain,) = score(INSTRUMENTS["pain-nrs"], {"pain": 7})
    assert (pain.scale, pain.raw, pain.normalised) == ("pain", Fraction(7), Fraction(70))


def test_substituted_items_are_counted_per_scale_and_in_total() -> None:
    answers: Answers = {item.code: 2 for item in NRS.items}
    answers |= {"pain_3": None, "function_1": None, "function_2": None}
    scores = by_code(NRS, answers)
    assert (scores["pain"].answered, scores["pain"].substituted) == (4, 1)
    assert (scores["function"].answered, scores["function"].substituted) == (15, 2)
    assert (scores["total"].answered, scores["total"].substituted) == (21, 3)


def test_absent_scale_and_absent_total_say_why() -> None:
    scores = by_code(NRS, {"stiffness_1": 2})
    assert scores["pain"].absent_reason == "too_few_answered"
    assert scores["total"].absent_reason == "scale_absent"
    assert scores["stiffness"].absent_reason is None
    assert scores["pain"].substituted == scores["total"].substituted == 0


def test_total_adds_exact_subscales() -> None:
    answers: Answers = {item.code: 1 for item in LK.items}
    answers |= {"function_1": 3, "function_15": None, "function_16": None, "function_17": None}
    assert by_code(LK, answers)["total"].raw == 7 + Fraction(16 * 17, 14)


def test_koos_direction_is_the_complement_of_the_normalised_score() -> None:
    """A scale on which 100 is best is had by 100 - normalised, without a second rule."""
    answers: Answers = {"pain_1": 2, "pain_2": 3, "pain_3": None, "pain_4": 1, "pain_5": 4}
    normalised = by_code(LK, answers)["pain"].normalised
    assert normalised is not None
    assert 100 - normalised == Fraction("37.5")


def test_normalised_total_is_not_the_mean_of_normalised_scales() -> None:
    answers: Answers = {item.code: 4 if item.code.startswith("pain") else 0 for item in LK.items}
    scores = by_code(LK, answers)
    parts = [scores[code].normalised for code in ("pain", "stiffness", "function")]
    mean = sum((part for part in parts if part is not None), Fraction(0)) / 3
    assert scores["total"].normalised == Fraction(2000, 96)
    assert mean == Fraction(100, 3)


def test_e19_nrs_answers_that_fit_likert_raise_a_warning_and_are_scored_as_nrs() -> None:
    answers = {item.code: 4 for item in NRS.items}
    assert plausibility_warnings(NRS, answers) == (ANSWERS_FIT_SMALLER_VERSION,)
    assert by_code(NRS, answers)["total"].normalised == Fraction(40)


@pytest.mark.parametrize("change", [{"function_17": 5}, {"function_17": None}])
def test_one_high_or_missing_answer_raises_no_version_warning(change: Answers) -> None:
    answers: Answers = {item.code: 4 for item in NRS.items}
    assert plausibility_warnings(NRS, answers | change) == ()


def test_likert_answers_raise_no_version_warning() -> None:
    assert plausibility_warnings(LK, {item.code: 4 for item in LK.items}) == ()


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (Fraction(25, 2), "12.5"),
        (Fraction(34), "34"),
        (Fraction(100), "100"),
        (Fraction(0), "0"),
        (Fraction(29 * 17, 14), "35.214285714286"),
        (Fraction(2, 3), "0.666666666667"),
        (Fraction(-2, 3), "-0.666666666667"),
        (Fraction(1, 2 * 10**12), "0.000000000001"),
        (Fraction(-1, 2 * 10**12), "-0.000000000001"),
    ],
)
def test_scores_are_written_with_twelve_places_half_up(fraction: Fraction, text: str) -> None:
    assert as_text(fraction) == text


def test_decimal_does_not_depend_on_the_context() -> None:
    with localcontext() as context:
        context.prec = 3
        assert str(as_decimal(Fraction(7199, 3))) == "2399.666666666667"
    assert as_decimal(Fraction(5, 2)) == Decimal("2.5")


@st.composite
def answered(draw: st.DrawFn, instrument: Instrument | None = None) -> tuple[Instrument, Answers]:
    chosen = instrument or draw(st.sampled_from(SCORABLE))
    # Gaps are rare enough that most scales can be scored.
    gaps = draw(st.sets(st.sampled_from([item.code for item in chosen.items]), max_size=6))
    answers: Answers = {
        item.code: None
        if item.code in gaps
        else draw(st.integers(min_value=item.minimum, max_value=item.maximum))
        for item in chosen.items
    }
    return chosen, answers


@given(case=answered())
def test_score_stays_within_its_scale(case: tuple[Instrument, Answers]) -> None:
    for each in score(*case):
        assert (each.raw is None) == (each.normalised is None) == (each.absent_reason is not None)
        if each.raw is not None and each.normalised is not None:
            assert each.minimum <= each.raw <= each.maximum
            assert 0 <= each.normalised <= 100


def worth_of(item: Item, scale: Scale) -> tuple[object, ...]:
    """What each answer to an item counts in a scale, in their order."""
    values = range(item.minimum, item.maximum + 1)
    return (*(item.counted(value) for value in values), scale.weights.get(item.code))


@given(case=answered(), data=st.data())
def test_order_of_answers_within_a_scale_changes_nothing(
    case: tuple[Instrument, Answers], data: st.DataObject
) -> None:
    instrument, answers = case
    scale = data.draw(st.sampled_from(instrument.scales))
    # Only answers that are worth the same at either item can change places.
    worth = {code: worth_of(instrument.item(code), scale) for code in scale.items}
    chosen = worth[data.draw(st.sampled_from(scale.items))]
    alike = [code for code, each in worth.items() if each == chosen]
    shuffled = data.draw(st.permutations(alike))
    moved = answers | {there: answers[here] for here, there in zip(alike, shuffled, strict=True)}
    assert score(instrument, moved) == score(instrument, answers)


@given(case=answered(), data=st.data())
def test_worse_answer_never_improves_a_score(
    case: tuple[Instrument, Answers], data: st.DataObject
) -> None:
    instrument, answers = case
    item = instrument.item(data.draw(st.sampled_from(sorted(answers))))
    value = answers[item.code]
    assume(value is not None)
    assert value is not None
    # Where choices have scores or items are reversed, what counts more is better in what ships.
    own = any(one.reversed or (one.choices and one.choices[0].score is not None)
              for one in instrument.items)  # fmt: skip
    more_is_better = own or instrument.direction == "higher is better"
    worse_ones = [
        other
        for other in range(item.minimum, item.maximum + 1)
        if item.counted(other) != item.counted(value)
        and (item.counted(other) < item.counted(value)) == more_is_better
    ]
    assume(worse_ones)
    worse = data.draw(st.sampled_from(worse_ones))
    after = score(instrument, answers | {item.code: worse})
    for scored, old, new in zip(instrument.results, score(instrument, answers), after, strict=True):
        assert (old.raw is None) == (new.raw is None)
        if old.raw is None or new.raw is None:
            continue
        if instrument.direction_of(scored) == "higher is better":
            assert new.raw <= old.raw
        else:
            assert new.raw >= old.raw


@given(case=answered())
def test_total_exists_exactly_when_every_scale_does(case: tuple[Instrument, Answers]) -> None:
    instrument, answers = case
    assume(instrument.total is not None)
    *scales, total = score(instrument, answers)
    raws = [each.raw for each in scales]
    assert (total.raw is None) == (None in raws)
    if total.raw is not None and instrument.total is not None:
        parts = 3 if instrument.total.rule == "mean of scales" else 1
        assert total.raw * parts == sum(raw for raw in raws if raw is not None)


@pytest.mark.parametrize("instrument", SCORABLE, ids=lambda instrument: instrument.id)
@pytest.mark.parametrize("explicit", [True, False])
def test_no_answers_give_no_scores_and_never_zero(instrument: Instrument, explicit: bool) -> None:
    answers: Answers = {item.code: None for item in instrument.items} if explicit else {}
    for each in score(instrument, answers):
        assert each.raw is None
        assert each.normalised is None
        assert (each.answered, each.substituted) == (0, 0)
