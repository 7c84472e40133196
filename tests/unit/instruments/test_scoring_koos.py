"""KOOS, KOOS-12 and KOOS JR: worked cases, missing answers, the table of interval scores."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from pro_service.catalog.instrument_files import load_instruments
from pro_service.cli.tools.score import register
from pro_service.domain.instruments.scoring import ScaleScore, as_text, score
from pro_service.domain.instruments.values import AnswerRangeError, check_value, range_in_words

INSTRUMENTS = load_instruments()
KOOS = INSTRUMENTS["koos"]
F50 = Fraction(50)
SCALES = {"symptoms": (7, 4), "pain": (9, 5), "adl": (17, 9), "sport": (5, 3), "qol": (4, 2)}
# fmt: off
INTERVALS = [
    "100", "91.975", "84.6", "79.914", "76.332", "73.342", "70.704", "68.284", "65.994",
    "63.776", "61.583", "59.381", "57.14", "54.84", "52.465", "50.012", "47.487", "44.905",
    "42.281", "39.625", "36.931", "34.174", "31.307", "28.251", "24.875", "20.941", "15.939",
    "8.291", "0", ".",
]
# fmt: on


def koos(**answers: Sequence[int | None]) -> dict[str, ScaleScore]:
    """Scores of KOOS with these answers of some scales, in order; all others are 1."""
    given: dict[str, int | None] = {item.code: 1 for item in KOOS.items}
    for scale, values in answers.items():
        codes = next(each.items for each in KOOS.scales if each.code == scale)
        padded = [*values] + [None] * (len(codes) - len(values))
        given |= dict(zip(codes, padded, strict=True))
    return {each.scale: each for each in score(KOOS, given)}


def jr(total: int) -> ScaleScore:
    """The KOOS JR score of answers that sum to `total`."""
    instrument = INSTRUMENTS["koos-jr"]
    left, answers = total, {}
    for item in instrument.items:
        answers[item.code] = min(left, item.maximum)
        left -= answers[item.code]
    (found,) = score(instrument, answers)
    return found


def test_koos_has_its_scales_in_order_with_what_each_needs() -> None:
    found = {each.code: (len(each.items), each.minimum_answered) for each in KOOS.scales}
    assert found == SCALES
    assert list(found) == list(SCALES)
    assert [item.code for item in KOOS.items] == [
        f"{scale}_{n}" for scale, (count, _) in SCALES.items() for n in range(1, count + 1)
    ]
    assert {(item.minimum, item.maximum) for item in KOOS.items} == {(0, 4)}


@pytest.mark.parametrize(("scale", "needed"), [(s, n) for s, (_, n) in SCALES.items()])
def test_koos_scale_is_scored_from_half_its_answers_and_not_from_fewer(
    scale: str, needed: int
) -> None:
    assert koos(**{scale: [2] * needed})[scale].raw == 50
    short = koos(**{scale: [2] * (needed - 1)})
    assert short[scale].absent_reason == "too_few_answered"
    assert [code for code, each in short.items() if each.raw is None] == [scale]


def test_e23_koos_pain_with_5_of_9_is_50() -> None:
    pain = koos(pain=[2] * 5)["pain"]
    assert (pain.raw, pain.normalised, pain.answered, pain.substituted) == (F50, F50, 5, 4)


def test_e24_koos_pain_with_4_of_9_is_absent_and_the_others_stand() -> None:
    scores = koos(pain=[2] * 4)
    assert scores.pop("pain").raw is None
    assert {each.raw for each in scores.values()} == {Fraction(75)}


def test_e25_koos_sport_with_2_of_5_is_absent() -> None:
    assert koos(sport=[4, 4])["sport"].raw is None


def test_e26_koos_rounding_tie_stays_exact() -> None:
    quality = koos(qol=[1, 1, 1, 0])["qol"].raw
    assert quality is not None
    assert as_text(quality) == "81.25"


def test_koos_is_best_at_100_and_worst_at_0() -> None:
    for value, expected in ((0, 100), (4, 0)):
        scores = score(KOOS, {item.code: value for item in KOOS.items})
        assert {(each.raw, each.normalised) for each in scores} == {
            (Fraction(expected), Fraction(expected))
        }
    assert {KOOS.direction_of(scale) for scale in KOOS.scales} == {"higher is better"}


def test_koos_mean_that_does_not_end_is_kept_exact() -> None:
    assert koos(symptoms=[1, 0, 0, 0, 0, 0, 0])["symptoms"].raw == 100 - Fraction(25, 7)


@pytest.mark.parametrize("total", range(29))
def test_koos_jr_sum_gives_the_interval_score_of_the_table(total: int) -> None:
    found = jr(total)
    assert found.raw == Fraction(INTERVALS[total])
    assert found.normalised == found.raw


def test_koos_jr_with_a_missing_answer_is_absent() -> None:
    instrument = INSTRUMENTS["koos-jr"]
    answers: dict[str, int | None] = {item.code: 1 for item in instrument.items}
    (found,) = score(instrument, answers | {"pain_3": None})
    assert (found.raw, found.absent_reason, found.answered) == (None, "too_few_answered", 6)


def test_koos_jr_interval_scores_fall_strictly() -> None:
    table = INSTRUMENTS["koos-jr"].scales[0].table
    assert list(table) == sorted(set(table), reverse=True)
    assert table[0] == 100


def test_e33_koos_jr_of_9_and_15() -> None:
    assert (jr(9).raw, jr(15).raw) == (Fraction(Decimal("63.776")), Fraction(Decimal("50.012")))


def test_koos_12_summary_is_the_mean_of_its_three_scales() -> None:
    instrument = INSTRUMENTS["koos-12"]
    answers: dict[str, int | None] = {"pain_1": 0, "pain_2": 0, "function_1": 1, "function_2": 1}
    answers |= {"qol_1": 4, "qol_2": 3}
    scores = {each.scale: each for each in score(instrument, answers)}
    assert [scores[code].raw for code in ("pain", "function", "qol")] == [
        100,
        75,
        Fraction("12.5"),
    ]
    assert scores["summary"].raw == Fraction(375, 6)
    assert scores["summary"].substituted == 6


def test_koos_12_without_one_scale_has_no_summary() -> None:
    instrument = INSTRUMENTS["koos-12"]
    answers: dict[str, int | None] = {item.code: 0 for item in instrument.items}
    answers |= {"qol_1": None, "qol_2": None, "qol_3": None}
    scores = {each.scale: each for each in score(instrument, answers)}
    assert scores["qol"].raw is None
    assert scores["summary"].absent_reason == "scale_absent"


def test_a_step_is_part_of_the_range() -> None:
    item = INSTRUMENTS["pain-vas"].item("pain").model_copy(update={"step": 10})
    check_value(item, 40)
    with pytest.raises(AnswerRangeError):
        check_value(item, 45)
    assert range_in_words(item) == "a whole number from 0 to 100 in steps of 10"


@pytest.mark.parametrize("name", sorted(id for id, each in INSTRUMENTS.items() if each.scales))
def test_every_scored_instrument_works_on_the_command_line(name: str, tmp_path: Path) -> None:
    instrument = INSTRUMENTS[name]
    app = typer.Typer()
    register(app)
    app.callback()(lambda: None)
    codes = [item.code for item in instrument.items]
    own = any(item.reversed or item.counts != (item.minimum, item.maximum)
              for item in instrument.items)  # fmt: skip
    # Where items are turned round or choices have scores, what counts most is best.
    lowest = [
        str(max(range(item.minimum, item.maximum + 1), key=item.counted) if own else item.minimum)
        for item in instrument.items
    ]
    path = tmp_path / "answers.csv"
    path.write_text("\n".join(",".join(row) for row in (codes, lowest, [""] * len(codes))) + "\n")
    result = CliRunner().invoke(app, ["score", name, str(path)])
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    first = {scored.code: rows[0][column(scored.code, codes)] for scored in instrument.results}
    best = {
        scored.code: "100" if instrument.direction_of(scored) == "higher is better" else "0"
        for scored in instrument.results
    }
    assert first == best
    if len(codes) > 1:
        assert {rows[1][f"{scored.code}_0_100"] for scored in instrument.results} == {""}


def column(code: str, taken: list[str]) -> str:
    """The name of a scale's column beside the items' columns."""
    return f"{code}_score" if code in taken else code
