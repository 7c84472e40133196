"""The guide's worked example of adding an instrument, and `pro-service instrument check`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pro_service.catalog.instrument_files import load_instrument_file
from pro_service.cli.main import app

GUIDE = Path(__file__).parents[3] / "pro_service" / "catalog" / "README.md"


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The example as it stands in the guide, in a file named as it says."""
    section = GUIDE.read_text(encoding="utf-8").split("## Adding an instrument")[1]
    found = re.search(r"```toml\n# (\S+)\n(.*?)```", section, re.DOTALL)
    assert found is not None
    path = tmp_path / found[1]
    path.write_text(found[2], encoding="utf-8")
    return path


def test_the_guide_s_instrument_is_right(example: Path) -> None:
    result = CliRunner().invoke(app, ["instrument", "check", str(example)])
    assert result.exit_code == 0, result.output
    assert result.stdout == "balance-3 1 is right: 3 items, scores balance.\n"


def test_the_guide_s_instrument_scores_without_any_python(example: Path) -> None:
    answers = example.with_name("balance.csv")
    answers.write_text("walk,turn,stand\n2,,4\n2,,\n0,0,0\n")
    result = CliRunner().invoke(app, ["score", str(example), str(answers)])
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        "walk,turn,stand,balance,balance_0_100",
        "2,,4,70,70",
        "2,,,,",
        "0,0,0,100,100",
    ]


def test_the_guide_s_notes_on_items_are_what_the_file_says(example: Path) -> None:
    instrument = load_instrument_file(example)
    assert [item.code for item in instrument.items if item.may_not_apply] == ["turn"]
    assert [item.code for item in instrument.items if not item.skippable] == ["stand"]


def test_every_mistake_of_a_file_is_told_at_once(example: Path) -> None:
    text = example.read_text(encoding="utf-8")
    text = text.replace("maximum = 10 ", "maximum = 0 ").replace('rule = "100', 'rule = "10')
    example.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(app, ["instrument", "check", str(example)])
    assert result.exit_code == 1
    assert [line.split(": ")[2] for line in result.stderr.splitlines()] == [
        "scales[0].rule",
        "every_item.maximum",
    ]


def test_a_file_that_is_absent_is_told_so(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["instrument", "check", str(tmp_path / "none.toml")])
    assert result.exit_code == 1
    assert "cannot be read" in result.stderr
