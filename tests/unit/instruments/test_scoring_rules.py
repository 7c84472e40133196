"""Rules no shipped instrument has, or has in another form: all of them are data in a file."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from importlib.resources import files
from pathlib import Path

import pytest

from pro_service.catalog.instrument_files import (
    InstrumentFileError,
    load_instrument_file,
    load_instruments,
)
from pro_service.domain.conversation.reply import understand
from pro_service.domain.instruments.model import Instrument
from pro_service.domain.instruments.numbers import Value
from pro_service.domain.instruments.scoring import ScaleScore, as_text, score
from pro_service.domain.instruments.values import AnswerRangeError, parse_cell

DATA = Path(__file__).parents[2] / "data" / "instruments"
OKS = load_instrument_file(DATA / "oks.toml")
SHIPPED = files("pro_service.catalog") / "instruments"
IKDC = load_instruments()["ikdc-2000"]
KOOS_PS = load_instruments()["koos-ps"]


def scored(instrument: Instrument, answers: dict[str, Value | None]) -> ScaleScore:
    """The instrument's only score."""
    (found,) = score(instrument, answers)
    return found


def first(instrument: Instrument, count: int, value: int) -> dict[str, Value | None]:
    """The first `count` items answered with `value`, the others not at all."""
    return {item.code: value for item in instrument.items[:count]}


@pytest.mark.parametrize("text", ["2 3", "2 and 3", "2,3", "2/3", "23"])
def test_e27_two_answers_to_one_choice_are_never_taken_as_either(text: str) -> None:
    """On paper the worse of two boxes counts; here it can be asked again, so nothing is guessed."""
    item = load_instruments()["koos"].item("pain_2")
    assert understand(item, text).value is None
    with pytest.raises(AnswerRangeError):
        parse_cell(item, text)


@pytest.mark.parametrize(("answered", "raw"), [(12, 36), (11, 36), (10, 36)])
def test_e28_up_to_two_missing_of_twelve_take_the_mean(answered: int, raw: int) -> None:
    found = scored(OKS, first(OKS, answered, 3))
    assert (found.raw, found.substituted) == (Fraction(raw), 12 - answered)


def test_e28_ten_answers_that_sum_to_30_are_36() -> None:
    answers = first(OKS, 10, 4) | {item.code: 1 for item in OKS.items[:2]}
    answers[OKS.items[9].code] = 0
    assert sum(value or 0 for value in answers.values()) == 30
    assert scored(OKS, answers).raw == 36


def test_e29_three_missing_of_twelve_are_not_scored() -> None:
    found = scored(OKS, first(OKS, 9, 3))
    assert (found.raw, found.absent_reason) == (None, "too_few_answered")


def ikdc(*missing: str) -> dict[str, Value | None]:
    """Every scored question answered with all it can give, but for the missing ones."""
    (scale,) = IKDC.scales
    best = {
        item.code: item.minimum if item.reversed else item.maximum
        for item in IKDC.items
        if item.code in scale.items
    }
    return {code: value for code, value in best.items() if code not in missing}


def test_e30_16_of_18_answered_are_a_percentage_of_what_those_could_give() -> None:
    """Case 245 of the example data of hymelam/questionnaire-scoring_ikdc: 91.1392405063291."""
    answers = ikdc("pain_activity", "stiffness") | {"pain_frequency": 5, "pain_severity": 2}
    found = scored(IKDC, answers)
    assert found.raw == Fraction(72, 79) * 100
    assert as_text(Fraction(72, 79) * 100) == "91.139240506329"
    assert (found.answered, found.substituted, found.normalised) == (16, 2, found.raw)


def test_e30_what_is_missing_takes_its_own_range_with_it() -> None:
    """A missing question out of 10 and one out of 1 weigh what they could have given."""
    answers = ikdc("pain_frequency") | {"locking": 0}
    assert scored(IKDC, answers).raw == Fraction(76, 77) * 100
    answers = ikdc("locking") | {"pain_frequency": 10}
    assert scored(IKDC, answers).raw == Fraction(76, 86) * 100


def test_e30_15_of_18_answered_are_not_scored() -> None:
    found = scored(IKDC, ikdc("pain_activity", "pain_frequency", "function_now"))
    assert (found.raw, found.absent_reason, found.answered) == (None, "too_few_answered", 15)


def test_e31_a_table_of_sums_needs_all_seven_answers() -> None:
    found = scored(KOOS_PS, first(KOOS_PS, 6, 1))
    assert (found.raw, found.absent_reason) == (None, "too_few_answered")


def test_e32_a_sum_of_11_is_64_7_and_a_misprint_is_refused(tmp_path: Path) -> None:
    answers = first(KOOS_PS, 7, 1) | {KOOS_PS.items[0].code: 4, KOOS_PS.items[1].code: 2}
    assert scored(KOOS_PS, answers).raw == Fraction(Decimal("64.7"))
    text = (SHIPPED / "koos-ps.toml").read_text(encoding="utf-8")
    misprinted = tmp_path / "koos-ps.toml"
    misprinted.write_text(text.replace("64.7", "67.7", 1), encoding="utf-8")
    with pytest.raises(InstrumentFileError) as caught:
        load_instrument_file(misprinted)
    assert caught.value.mistakes == (
        "scales[0].table: must rise throughout or fall throughout; one score is out of order.",
    )


def test_a_scale_without_normalisation_has_its_raw_score_only() -> None:
    (scale,) = OKS.scales
    alone = scale.model_copy(update={"normalisation": "none"})
    found = scored(OKS.model_copy(update={"scales": (alone,)}), first(OKS, 12, 3))
    assert (found.raw, found.normalised) == (Fraction(36), None)


def test_only_a_percentage_may_mix_ranges_where_answers_may_be_missing(tmp_path: Path) -> None:
    text = (SHIPPED / "ikdc-2000.toml").read_text(encoding="utf-8")
    changed = tmp_path / "ikdc-2000.toml"
    changed.write_text(
        text.replace('rule = "percent of answered maximum"', 'rule = "sum"'), encoding="utf-8"
    )
    with pytest.raises(InstrumentFileError) as caught:
        load_instrument_file(changed)
    assert caught.value.mistakes == ("scales[0].items: all must have the same range.",)
