"""The shipped instruments, and what a wrong instrument file is told."""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_service.catalog.instrument_files import (
    InstrumentFileError,
    instrument_hash,
    load_instrument_file,
    load_instruments,
    read_instrument,
)
from pro_service.domain.instruments.model import LANGUAGES, Instrument

INSTRUMENTS = load_instruments()

GOOD = """
id = "example"
version = "1"
scoring_version = "1"
title = { en = "Example", zh_CN = "示例" }
recall = { en = "today", zh_CN = "今天" }
attempt_span_hours = 24
asks_about = "knee"
citation = "Made up."
licence = "Ours."
groups = [["one", "two"]]

[every_item]
minimum = 0
maximum = 4

[kinds.anchored]
low_anchor = { en = "low", zh_CN = "低" }
high_anchor = { en = "high", zh_CN = "高" }

[[items]]
code = "one"
kind = "anchored"
label = { en = "one", zh_CN = "一" }

[[items]]
code = "two"
kind = "anchored"
maximum = 4
label = { en = "two", zh_CN = "二" }

[[scales]]
code = "sum"
items = ["one", "two"]
minimum_answered = 1
minimum = 0
maximum = 8

[total]
code = "total"
scales = ["sum"]
minimum = 0
maximum = 8
"""

TABLE = """
rule = "table"
direction = "higher is better"
"""
RIGHT_TABLE = "table = [100, 87.5, 75, 62.5, 50, 37.5, 25, 12.5, 0]"


@pytest.mark.parametrize(
    ("table", "answered", "said"),
    [
        (RIGHT_TABLE, 1, "scales[0].minimum_answered: must be 2, as a table needs every item"),
        ("table = [100, 50, 0]", 2, "scales[0].table: must have 9 scores"),
        (RIGHT_TABLE.replace("37.5", "67.5"), 2, "scales[0].table: must rise throughout or fall"),
        (RIGHT_TABLE.replace("37.5", "50"), 2, "scales[0].table: must rise throughout or fall"),
        (RIGHT_TABLE.replace("12.5, 0", "12.5, 1"), 2, "scales[0].minimum: must be 1"),
        (RIGHT_TABLE.replace("[100", "[99"), 2, "scales[0].maximum: must be 99"),
    ],
)
def test_a_misprint_in_a_table_is_named(
    tmp_path: Path, table: str, answered: int, said: str
) -> None:
    text = GOOD.replace("minimum_answered = 1", f"minimum_answered = {answered}{TABLE}{table}")
    text = text[: text.index("[total]")].replace("maximum = 8", "maximum = 100")
    assert any(line.startswith(said) for line in mistakes_in(tmp_path, text))


def test_a_table_is_read_as_exact_decimals(tmp_path: Path) -> None:
    text = GOOD.replace("minimum_answered = 1", f"minimum_answered = 2{TABLE}{RIGHT_TABLE}")
    path = tmp_path / "example.toml"
    path.write_text(text[: text.index("[total]")].replace("maximum = 8", "maximum = 100"), "utf-8")
    (scale,) = load_instrument_file(path).scales
    assert scale.table[1] == Decimal("87.5")


CHOICES = """
[[items.choices]]
value = {first}
label = {{ en = "none", zh_CN = "无" }}
words.en = ["{word}"]

[[items.choices]]
value = 1
label = {{ en = "some", zh_CN = "有" }}

[[items]]
code = "two"
"""


def mistakes_in(folder: Path, text: str, name: str = "example.toml") -> tuple[str, ...]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InstrumentFileError) as caught:
        load_instrument_file(path)
    assert name in str(caught.value)
    return caught.value.mistakes


def test_a_right_file_loads_with_the_keys_of_its_kinds(tmp_path: Path) -> None:
    path = tmp_path / "example.toml"
    path.write_text(GOOD, encoding="utf-8")
    item = load_instrument_file(path).item("one")
    assert (item.minimum, item.maximum, item.low_anchor["en"]) == (0, 4, "low")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('version = "1"\n', "", "version: is missing"),
        ("attempt_span_hours = 24", "attempt_span_hours = true", "attempt_span_hours: "),
        ("attempt_span_hours = 24", 'attempt_span_hours = "24"', "attempt_span_hours: "),
        ("attempt_span_hours = 24", "attempt_span_hours = 0", "attempt_span_hours: must be 1"),
        ("attempt_span_hours = 24", "attempt_span_hours = 745", "attempt_span_hours: must be 1"),
        ('version = "1"\n', 'version = "1"\nsuspect_maximum = 4\n', "suspect_maximum: must be 0"),
        ("maximum = 4\nlabel", "maximum = 1001\nlabel", "items[1].maximum: must be 1000 or less"),
        ("minimum = 0\nmaximum = 4\n", "minimum = 0\nmaxinum = 4\n", "every_item.maxinum: is not"),
        ("minimum = 0\nmaximum = 4\n", "minimum = 0\nmaximum = 9999\n", "every_item.maximum: must"),
        ('asks_about = "knee"', 'asks_about = "hip"', "asks_about: "),
        ('citation = "Made up."\n', "", "citation: is missing"),
        ('licence = "Ours."', 'licence = " "', "licence: is missing"),
        ('asks_about = "knee"', 'asks_about = "knee"\ncolour = 1', "colour: is not a key"),
        ('{ en = "today", zh_CN = "今天" }', '{ en = "today" }', "recall.zh_CN: is missing"),
        ('{ en = "two", zh_CN = "二" }', '{ en = "two", fr = "deux" }', "items[1].label.fr: "),
        ('{ en = "two", zh_CN = "二" }', '{ en = " ", zh_CN = "二" }', "items[1].label.en: "),
        ('{ en = "high", zh_CN = "高" }', '{ en = "high" }', "kinds.anchored.high_anchor.zh_CN: "),
        ('code = "two"', 'code = "one"', "items[1].code: one is already"),
        ('code = "two"', 'code = "Two"', "items[1].code: use lower-case"),
        ('code = "two"\nkind = "anchored"', 'code = "two"\nkind = "x"', "items[1].kind: "),
        ("maximum = 4\nlabel", "maximum = 0\nlabel", "items[1].maximum: must be above"),
        ("maximum = 4\nlabel", "maximum = 5\nlabel", "scales[0].items: all must have the same"),
        ('[["one", "two"]]', '[["one"]]', "groups: two is in no group"),
        ('[["one", "two"]]', '[["one", "two", "one"]]', "groups: one stands more than once"),
        ('[["one", "two"]]', '[["one", "two", "three"]]', "groups: three is not an item"),
        ('[["one", "two"]]', '[["one", "two"], []]', "groups[1]: is empty"),
        ('items = ["one", "two"]', 'items = ["one", "six"]', "scales[0].items: six is not an"),
        ('items = ["one", "two"]', 'items = ["one", "one"]', "scales[0].items: an item stands"),
        ("minimum_answered = 1", "minimum_answered = 0", "scales[0].minimum_answered: "),
        ("minimum_answered = 1", "minimum_answered = 3", "scales[0].minimum_answered: "),
        ("maximum = 8\n\n[total]", "maximum = 9\n\n[total]", "scales[0].maximum: must be 8"),
        ("maximum = 4\nlabel", "maximum = 4\nstep = 3\nlabel", "items[1].step: must be 1"),
        ("maximum = 4\nlabel", "maximum = 4\nstep = 0\nlabel", "items[1].step: must be 1"),
        ("maximum = 4\nlabel", "maximum = 4\nstep = 2\nlabel", "scales[0].items: all must"),
        ("maximum = 4\nlabel", "maximum = 4.5\nlabel", "items[1].maximum: "),
        ("maximum = 8\n\n[total]", 'maximum = 8\nrule = "x"\n[total]', "scales[0].rule: "),
        (
            "maximum = 8\n\n[total]",
            'maximum = 8\nrule = "100 minus mean"\n[total]',
            "scales[0].maximum: must be 100",
        ),
        (
            "maximum = 8\n\n[total]",
            'maximum = 100\nrule = "100 minus mean"\n[total]',
            'scales[0].direction: must be "higher is better"',
        ),
        (
            "maximum = 8\n\n[total]",
            'maximum = 8\ndirection = "higher is better"\n[total]',
            'scales[0].direction: must be "higher is worse"',
        ),
        ("maximum = 8\n\n[total]", "maximum = 8\ntable = [1]\n[total]", "scales[0].table: is read"),
        (
            "maximum = 8\n\n[total]",
            'maximum = 8\nnormalisation = "0-1"\n[total]',
            "scales[0].normalisation: ",
        ),
        (
            'scales = ["sum"]',
            'scales = ["sum"]\nrule = "mean of scales"\ndirection = "higher is better"',
            "total.direction: must be the direction of",
        ),
        ('asks_about = "knee"', 'asks_about = "knee"\nwording = "free"', "wording: "),
        ("[every_item]", '[codes]\nloinc_six = "1-8"\n[every_item]', "codes.loinc_six: is not"),
        ("[every_item]", '[codes]\nloinc_sum = " "\n[every_item]', "codes.loinc_sum: must not"),
        ('scales = ["sum"]', 'scales = ["mean"]', "total.scales: mean is not a scale"),
        ('code = "total"', 'code = "sum"', "total.code: "),
        ('id = "example"', 'id = "other"', "id: the file must be named other.toml"),
        ('id = "example"', "id = ", "is not TOML"),
    ],
)
def test_a_mistake_is_named_by_its_key(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    mistakes = mistakes_in(tmp_path, GOOD.replace(old, new, 1))
    assert any(mistake.startswith(said) for mistake in mistakes), mistakes


@pytest.mark.parametrize(
    ("first", "word", "said"),
    [
        (2, "nothing", "items[0].choices: values must be every number"),
        (0, "Stop", "items[0].choices[0].words.en: carriers act on stop"),
        (0, "1", "items[0].choices[0].words.en: a word must not be empty or a number"),
        (0, "some", "items[0].choices[1].words.en: some stands twice"),
    ],
)
def test_a_mistake_among_choices_is_named(tmp_path: Path, first: int, word: str, said: str) -> None:
    choices = CHOICES.format(first=first, word=word)
    text = GOOD.replace("maximum = 4\n", "maximum = 1\n").replace("maximum = 8", "maximum = 2")
    mistakes = mistakes_in(tmp_path, text.replace('\n[[items]]\ncode = "two"\n', choices))
    assert [mistake for mistake in mistakes if mistake.startswith(said)] == list(mistakes)


def test_a_key_shared_by_all_items_is_named_once_where_it_stands(tmp_path: Path) -> None:
    text = GOOD.replace("minimum = 0\n", "minimum = -1\n", 1).replace(' en = "low",', "")
    assert [mistake.partition(": ")[0] for mistake in mistakes_in(tmp_path, text)] == [
        "every_item.minimum",
        "kinds.anchored.low_anchor.en",
        "scales[0].minimum",
    ]


def test_a_key_nobody_knows_hides_no_other_mistake(tmp_path: Path) -> None:
    text = GOOD.replace('code = "sum"\n', 'code = "sum"\ncolour = 1\n').replace(
        '[["one", "two"]]', "[]"
    )
    assert [mistake.partition(": ")[0] for mistake in mistakes_in(tmp_path, text)] == [
        "scales[0].colour",
        "groups",
        "groups",
    ]


WRONG: list[Any] = [None, True, -1, 3.5, "", " ", [], {}, [1], [[]], 10**12]
DOCUMENTS = {
    path.stem: tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    for path in sorted((Path(__file__).parents[2] / "data" / "instruments").glob("*.toml"))
} | {"example": tomllib.loads(GOOD)}


def places(content: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every key and list place of a document."""
    if isinstance(content, dict | list):
        named = content.items() if isinstance(content, dict) else enumerate(content)
        for key, value in named:
            yield (*at, key)
            yield from places(value, (*at, key))


@given(st.data())
def test_no_value_at_any_place_makes_the_check_fall_over(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(DOCUMENTS)))
    document = copy.deepcopy(DOCUMENTS[name])
    *way, last = data.draw(st.sampled_from(list(places(document))))
    place: Any = document
    for step in way:
        place = place[step]
    place[last] = data.draw(st.sampled_from(WRONG))
    known = {*Instrument.model_fields, "every_item", "kinds"}
    for mistake in read_instrument(document)[1]:
        assert re.split(r"[.\[:]", mistake)[0] in known, mistake


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("maximum = 8", "maximum = 7").replace('[["one", "two"]]', '[["one"]]')
    assert [mistake.split(":")[0] for mistake in mistakes_in(tmp_path, text, "other.toml")] == [
        "groups",
        "scales[0].maximum",
        "id",
    ]


def test_a_file_that_is_not_text_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "example.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InstrumentFileError, match=r"example\.toml: is not UTF-8"):
        load_instrument_file(path)


def test_a_file_that_is_not_there_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(InstrumentFileError, match="cannot be read"):
        load_instrument_file(tmp_path / "absent.toml")


def test_the_study_s_instruments_are_shipped() -> None:
    assert set(INSTRUMENTS) == {
        *("womac-lk-3.1", "womac-nrs-3.1", "womac-vas-3.1"),
        *("pain-nrs", "pain-nrs-week", "pain-nrs-now", "pain-vas", "pga", "safety"),
        *("koos", "koos-12", "koos-jr", "koos-ps"),
        *("icoap-knee", "ikdc-2000", "lysholm", "rand-36"),
    }


def test_instruments_whose_wording_is_somebody_s_say_so() -> None:
    packed = {id for id, each in INSTRUMENTS.items() if each.wording == "pack"}
    own = {"pain-nrs", "pain-nrs-week", "pain-nrs-now", "pain-vas", "pga", "safety"}
    assert packed == set(INSTRUMENTS) - own


@pytest.mark.parametrize(
    ("name", "highest", "unit"),
    [("womac-lk-3.1", 4, None), ("womac-nrs-3.1", 10, None), ("womac-vas-3.1", 100, "mm")],
)
def test_womac_has_its_items_ranges_and_missing_rules(
    name: str, highest: int, unit: str | None
) -> None:
    womac = INSTRUMENTS[name]
    counts = {"pain": 5, "stiffness": 2, "function": 17}
    codes = [f"{scale}_{n}" for scale, count in counts.items() for n in range(1, count + 1)]
    assert [item.code for item in womac.items] == codes
    assert [code for group in womac.groups for code in group] == codes
    assert max(len(group) for group in womac.groups) <= 6
    assert {(item.minimum, item.maximum, item.unit) for item in womac.items} == {(0, highest, unit)}
    assert {scale.code: scale.maximum for scale in womac.scales} == {
        code: count * highest for code, count in counts.items()
    }
    required = {scale.code: scale.minimum_answered for scale in womac.scales}
    assert required == {"pain": 4, "stiffness": 1, "function": 14}
    assert womac.total is not None
    assert womac.total.maximum == 24 * highest
    # Half of the 48 hours asked about.
    assert womac.attempt_span_hours == 24


def test_only_car_and_bath_may_not_apply() -> None:
    for name in ("womac-lk-3.1", "womac-nrs-3.1", "womac-vas-3.1"):
        offered = [item.code for item in INSTRUMENTS[name].items if item.may_not_apply]
        assert offered == ["function_7", "function_13"]


def test_womac_versions_differ_in_answers_and_not_in_questions() -> None:
    labels = {
        tuple((item.code, tuple(item.label.items())) for item in INSTRUMENTS[name].items)
        for name in ("womac-lk-3.1", "womac-nrs-3.1", "womac-vas-3.1")
    }
    assert len(labels) == 1


def test_every_label_of_an_instrument_is_told_apart_from_the_others() -> None:
    for instrument in INSTRUMENTS.values():
        for language in LANGUAGES:
            labels = [item.label[language] for item in instrument.items]
            assert len(set(labels)) == len(labels)


def test_safety_has_one_yes_or_no_item_for_each_warning_sign_and_no_score() -> None:
    safety = INSTRUMENTS["safety"]
    assert len(safety.items) == 8
    assert {(item.minimum, item.maximum, len(item.choices)) for item in safety.items} == {(0, 1, 2)}
    assert safety.scales == ()
    assert safety.asks_about == "person"


def test_hash_changes_with_the_wording_and_with_nothing_else() -> None:
    pain = INSTRUMENTS["pain-nrs"]
    changed = pain.model_copy(update={"title": {**pain.title, "en": "Another title"}})
    reordered = pain.model_copy(update={"title": dict(reversed(pain.title.items()))})
    assert instrument_hash(changed) != instrument_hash(pain)
    assert instrument_hash(reordered) == instrument_hash(pain)
    assert len({instrument_hash(each) for each in INSTRUMENTS.values()}) == len(INSTRUMENTS)


def test_loaded_instruments_cannot_be_replaced() -> None:
    with pytest.raises(TypeError):
        INSTRUMENTS["pain-nrs"] = INSTRUMENTS["pga"]  # type: ignore[index]  # what is refused


def test_a_file_cannot_claim_to_be_worded(tmp_path: Path) -> None:
    text = GOOD.replace('version = "1"', 'version = "1"\nworded_in = ["en"]', 1)
    assert any(line.startswith("worded_in: only") for line in mistakes_in(tmp_path, text))
