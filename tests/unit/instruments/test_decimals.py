"""Answers with decimals, where an instrument's step is one: read, checked, scored, and hashed."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_service.catalog.instrument_files import instrument_hash, load_instruments, read_instrument
from pro_service.domain.conversation.reply import understand, understand_several
from pro_service.domain.instruments.model import Instrument, Item
from pro_service.domain.instruments.numbers import decimals_of, plain, written
from pro_service.domain.instruments.scoring import score
from pro_service.domain.instruments.values import (
    AnswerRangeError,
    check_value,
    parse_cell,
    range_in_words,
    read_number,
)
from pro_service.domain.study.facts import AnswerFacts
from pro_service.store.pools import encode_json
from pro_service.store.rows import answer

WHOLE = load_instruments()["pain-nrs"]
FINE = WHOLE.model_copy(
    update={
        "items": tuple(each.model_copy(update={"step": Decimal("0.1")}) for each in WHOLE.items)
    }
)
ITEM, WHOLE_ITEM = FINE.items[0], WHOLE.items[0]
PAIR: tuple[Item, Item] = (ITEM, ITEM.model_copy(update={"code": "other"}))
HALF = Decimal("7.5")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (7, 7),
        (Decimal("7.0"), 7),
        (Decimal(100), 100),
        (Decimal("7.50"), HALF),
        (Decimal("0.1"), Decimal("0.1")),
    ],
)
def test_a_number_has_one_form(found: int | Decimal, expected: int | Decimal) -> None:
    made = plain(found)
    assert (made, type(made), str(made)) == (expected, type(expected), str(expected))


@given(st.integers(0, 10_000))
def test_every_tenth_keeps_its_form_through_json_and_the_database(tenths: int) -> None:
    value = plain(Decimal(tenths) / 10)
    facts = {"item": "pain", "value": value, "gap": None, "response_id": uuid4()}
    stored = json.loads(encode_json({**facts, "received_at": "2026-12-01T00:00:00Z"}))
    assert AnswerFacts.model_validate(stored).value == value
    # JSON of the database has numbers, which Python reads as floats; a column has decimals.
    assert str(answer(json.loads(str(value)))) == str(value)
    assert str(answer(Decimal(value))) == str(value)


@given(st.decimals(-(10**15), 10**15, allow_nan=False) | st.integers())
def test_a_number_leaves_in_one_form(value: Decimal | int) -> None:
    figure = written(value)
    assert Decimal(figure) == value
    plainly = f"{Decimal(value):f}"  # An int would be written as the float next to it.
    assert written(Decimal(f"{plainly}000" if "." in plainly else f"{plainly}.000")) == figure
    assert "E" not in figure
    assert not ("." in figure and figure.endswith(("0", ".")))
    assert figure != "-0"


def test_a_step_of_1_takes_no_decimals_and_a_tenth_takes_one() -> None:
    assert (WHOLE_ITEM.decimals, ITEM.decimals) == (0, 1)
    assert decimals_of(Decimal("0.05")) == 2
    check_value(ITEM, HALF)
    check_value(ITEM, 7)
    for item, value in ((WHOLE_ITEM, HALF), (ITEM, Decimal("7.55")), (ITEM, 11)):
        with pytest.raises(AnswerRangeError):
            check_value(item, value)
    for wrong in (Decimal("NaN"), Decimal("Infinity"), True):
        with pytest.raises(AnswerRangeError):
            check_value(ITEM, wrong)
    assert range_in_words(ITEM) == "a number from 0 to 10 in steps of 0.1"


@pytest.mark.parametrize(
    ("typed", "expected"), [("7.5", HALF), ("7,5", HALF), ("7.0", 7), ("7", 7), ("", None)]
)
def test_a_field_of_its_own_takes_a_point_or_a_comma(
    typed: str, expected: int | Decimal | None
) -> None:
    assert parse_cell(ITEM, typed) == expected


@pytest.mark.parametrize("typed", ["7.", ".5", "7.55", "-1", "7 .5", "1e1", "7.5.1", "99"])
def test_nothing_else_is_a_number_of_the_item(typed: str) -> None:
    with pytest.raises(AnswerRangeError):
        parse_cell(ITEM, typed)


def test_an_item_of_whole_numbers_reads_what_it_read() -> None:
    for typed in ("7.5", "7.0", "7,0", "4.0"):
        with pytest.raises(AnswerRangeError):
            parse_cell(WHOLE_ITEM, typed)
    assert parse_cell(WHOLE_ITEM, "7") == 7
    assert read_number("1e3") is None


# ---- replies by text


@pytest.mark.parametrize(
    "text",
    [
        "7.5",
        "\N{FULLWIDTH DIGIT SEVEN}\N{FULLWIDTH FULL STOP}5",
        "7.5分",
        "7点5",
        "七点五",
        "it is 7.5",
        "  7.50 ",
        "疼7.5",
    ],
)
def test_a_reply_with_decimals_is_read_where_the_item_has_them(text: str) -> None:
    assert understand(ITEM, text).value == HALF


@pytest.mark.parametrize(
    ("text", "value"), [("7", 7), ("七", 7), ("10", 10), ("0.5", Decimal("0.5")), ("no pain", 0)]
)
def test_whole_answers_and_words_are_read_as_ever(text: str, value: int | Decimal) -> None:
    assert understand(ITEM, text).value == value


@pytest.mark.parametrize(
    "text", ["7,5", "7.55", "7.5.1", "7-8", "7.5 8", "-7.5", "10.5", "7.5/10", "1234.5", "3点半"]
)
def test_what_may_mean_something_else_is_asked_again(text: str) -> None:
    assert understand(ITEM, text).value is None


@pytest.mark.parametrize("text", ["7.5", "7点5", "七点五"])
def test_an_item_of_whole_numbers_asks_again_at_decimals(text: str) -> None:
    assert understand(WHOLE_ITEM, text).value is None


def test_several_answers_stand_apart_by_spaces_or_commas() -> None:
    assert understand_several(PAIR, "7.5 3").answers == (HALF, 3)
    assert understand_several(PAIR, "7.5, 3.2").answers == (HALF, Decimal("3.2"))
    # Two digits are two answers only where no answer has decimals.
    assert understand_several(PAIR, "73").answers is None


# ---- scored


def test_a_score_of_decimals_is_exact() -> None:
    (found,) = score(FINE, {ITEM.code: Decimal("7.3")})
    assert (found.raw, found.normalised) == (Fraction("7.3"), Fraction(73))


# ---- in files


def described(step: Decimal | int) -> tuple[Instrument | None, tuple[str, ...]]:
    document = json.loads(WHOLE.model_dump_json(exclude_defaults=True))
    document["items"][0]["step"] = step
    return read_instrument(document)


def test_a_file_says_its_step_and_only_another_step_is_another_hash() -> None:
    made, mistakes = described(Decimal("0.1"))
    assert mistakes == ()
    assert made is not None
    assert made.items[0].step == Decimal("0.1")
    assert instrument_hash(made) != instrument_hash(WHOLE)
    same, _ = described(1)
    assert same is not None
    assert instrument_hash(same) == instrument_hash(WHOLE)


@pytest.mark.parametrize("step", [0, -1, Decimal("0.3"), Decimal("0.0001"), 3, Decimal("-0.1")])
def test_a_step_that_leads_nowhere_is_named(step: int | Decimal) -> None:
    _, mistakes = described(step)
    assert [one.split(":")[0] for one in mistakes] == ["items[0].step"]
