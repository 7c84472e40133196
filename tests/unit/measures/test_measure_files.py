"""The measures that ship, and how a file's mistakes are told."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pro_service.catalog.measure_files import (
    MeasureFileError,
    definition_hash,
    load_measure_file,
    load_measures,
)
from pro_service.catalog.protocol_files import example_protocol_file, load_protocol_file
from pro_service.cli.measuring.measures import measure_app
from pro_service.domain.measures.taking import Said
from pro_service.domain.measures.taking import wrong_value as wrong

RIGHT = """
id = "knee_girth"
version = "1"
label = { en = "Girth of the knee", zh_CN = "膝围" }
kind = "continuous"
modality = "clinic"
per = "knee"
unit = "cm"
decimals = 1
lowest = 20
highest = 80
"""
REGIONS = '[{ code = "a", label = { en = "a", zh_CN = "b" } }]'
SHIPPED = {
    *("ute_t2s", "t2", "t1rho", "cartilage_thickness", "cartilage_volume", "effusion"),
    *("moaks_marrow", "worms_cartilage", "kellgren_lawrence", "range_of_motion"),
    *("timed_up_and_go", "chair_stand_30", "weight"),
}


def mistakes(folder: Path, text: str) -> list[str]:
    """The keys at which a file is wrong."""
    file = folder / "knee_girth.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(MeasureFileError) as refused:
        load_measure_file(file)
    return [one.key for one in refused.value.problems]


def test_what_the_trial_measures_ships_and_the_example_protocol_takes_it() -> None:
    measures = load_measures()
    assert measures.keys() >= SHIPPED
    assert len({definition_hash(one) for one in measures.values()}) == len(measures)
    measuring = load_protocol_file(example_protocol_file()).protocol.coming.measures
    assert measuring is not None
    assert measuring.names <= measures.keys()
    for visit in ("injection", "month_6", "month_12"):
        assert "ute_t2s" in measuring.taken_at(visit)


def test_the_precision_of_ute_t2s_is_that_of_williams_2011() -> None:
    ute = load_measures()["ute_t2s"]
    for layer, percent in (("full", 8), ("superficial", 6), ("deep", 16)):
        found = ute.precision_at("cMFC", layer)
        assert found is not None
        assert found.percent == Decimal(percent)
        assert found.band(Decimal(20)) == Decimal(20) * percent / 100
    assert ute.precision_at("patella", "full") is None


def test_a_right_file_is_a_measure(tmp_path: Path) -> None:
    file = tmp_path / "knee_girth.toml"
    file.write_text(RIGHT, "utf-8")
    assert load_measure_file(file).highest == 80
    done = CliRunner().invoke(measure_app, ["check", str(file)])
    assert done.output == (
        "knee_girth 1 is right: continuous, per knee, cm, 20 to 80, 0 regions, 0 layers.\n"
    )


def test_every_mistake_is_told_at_once_with_its_key(tmp_path: Path) -> None:
    text = (
        RIGHT.replace("knee_girth", "girth")
        .replace(', zh_CN = "膝围"', "")
        .replace("highest = 80", "highest = 10.55")
        .replace("decimals = 1", "decimal = 1\ndecimals = 1\ncolour = 3")
    )
    text += '[codes]\nlonic = "1-8"\n[[precision]]\nregion = "cMFC"\npercent = 3\nabsolute = 1\n'
    text += 'what = { en = "x", zh_CN = "y" }\ncitation = "Nobody 2026"\n'
    assert sorted(mistakes(tmp_path, text)) == sorted(
        [
            *("colour", "decimal", "highest", "highest", "precision[0]", "precision[0].region"),
            *("codes.lonic", "label.zh_CN", "id"),
        ]
    )


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (('kind = "continuous"', 'kind = "yes_no"'), "highest"),
        (('kind = "continuous"', 'kind = "ordinal"'), "grades"),
        (('per = "knee"', f'per = "person"\nregions = {REGIONS}'), "regions"),
        (('unit = "cm"', 'unit = "c m"'), "unit"),
    ],
)
def test_what_does_not_fit_its_kind_is_a_mistake(
    tmp_path: Path, change: tuple[str, str], key: str
) -> None:
    assert key in mistakes(tmp_path, RIGHT.replace(*change))


@pytest.mark.parametrize(
    ("name", "value", "gap", "confirmed", "word"),
    [
        ("weight", "80.5", None, False, None),
        ("weight", "80.50", None, False, None),
        ("weight", "80.55", None, False, "value_decimals"),
        ("weight", "300", None, False, "value_out_of_range"),
        ("weight", "300", None, True, None),
        ("weight", "120.0000", None, False, None),
        ("weight", "1e999999999", None, False, "value_out_of_range"),
        ("weight", "1e-999999999", None, False, "value_decimals"),
        ("weight", None, "refused", False, None),
        ("weight", None, None, False, "value_missing"),
        ("weight", "80", "refused", False, "value_and_missing"),
        ("effusion", "1", None, False, None),
        ("effusion", "2", None, True, "value_not_of_scale"),
        ("worms_cartilage", "2.5", None, False, None),
        ("worms_cartilage", "3.5", None, True, "value_not_of_scale"),
    ],
)
def test_a_value_is_of_the_measures_scale_and_range(
    name: str, value: str | None, gap: str | None, confirmed: bool, word: str | None
) -> None:
    number = None if value is None else Decimal(value)
    said = Said(name, None, None, None, None, date(2026, 1, 1), number, gap, confirmed)
    found = wrong(said, load_measures()[name])
    assert (None if found is None else found.word) == word
