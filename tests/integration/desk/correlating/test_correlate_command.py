"""`pro-service correlate`: what it prints, the tables it writes and the pictures it draws."""

from __future__ import annotations

import csv
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.integration.desk.correlating.conftest import ANSWERED
from tests.support.command import Commands, commands_with
from tests.support.study import Trial

SVG = "{http://www.w3.org/2000/svg}"
ASKED = (
    *("correlate", "--score", "womac-nrs-3.1/pain", "--measure", "ute_t2s", "--region", "cMFC"),
    *("--within", "30"),
)


@pytest.fixture
def do(trial: Trial, followed_url: str) -> Commands:
    """An operator at the command line."""
    return commands_with(followed_url, trial.context.keys.vault, actor="li")


async def test_a_run_prints_its_figures_and_writes_pairs_and_pictures(
    trial: Trial, do: Commands, tmp_path: Path
) -> None:
    folder = tmp_path / "found"
    done = await do.call(*ASKED, "--at", "week_2", "--out", str(folder))
    assert done.code == 0, done.err
    for said in (
        "womac-nrs-3.1/pain beside ute_t2s cMFC full",
        "at most 30 days apart",
        "4 participants, 4 knees, 8 pairs.",
        "Values without a pair: 1 too far.",
        "No value, as told: 1 unreadable.",
        "Within knees over time - exploratory, found by looking",
        "rmcorr, visit means removed",
        "0.384615",
        "Bootstrap over participants, 2000 resamples, seed 2017",
        "Run 1 of this study.",
    ):
        assert said in done.out, said
    names = {
        "within_knees_over_time": 2 * len(ANSWERED),
        "change_from_baseline_week_2": len(ANSWERED),
        "at_a_visit_week_2": len(ANSWERED),
    }
    assert {one.name for one in folder.iterdir()} == {
        "pairs.csv",
        *(f"{name}.{kind}" for name in names for kind in ("csv", "svg")),
    }
    for name, count in names.items():
        rows = list(csv.DictReader((folder / f"{name}.csv").read_text("utf-8").splitlines()))
        assert len(rows) == count
        picture = ElementTree.parse(folder / f"{name}.svg").getroot()
        assert picture.tag == f"{SVG}svg"
        assert next(one.text for one in picture.iter(f"{SVG}title"))
        # Of each knee a mark: they are all left ones, drawn as squares.
        marks = [one for one in picture.iter(f"{SVG}path") if "c-mark" in one.get("class", "")]
        assert len(marks) == count
        assert not list(picture.iter(f"{SVG}script"))
        assert not [one for one in picture.iter() if "style" in one.attrib]
    again = await do.call(*ASKED)
    assert "Run 2 of this study." in again.out
    assert await trial.count("data_out", "what = 'pairs' AND row_count = 8") == 1


async def test_what_is_not_there_is_said_with_what_is(do: Commands, tmp_path: Path) -> None:
    for words, said in (
        (("--region", "elbow"), "ute_t2s has no region elbow. Known: cMFC"),
        (("--measure", "t3s"), "There is no measure t3s."),
        (("--at", "week_99"), "There is no visit week_99."),
    ):
        refused = await do.call(*ASKED, *words)
        assert refused.code == 1
        assert said in refused.err.replace("\n", " ")
    kept = tmp_path / "a file"
    kept.write_text("x", "utf-8")
    refused = await do.call(*ASKED, "--out", str(kept))
    assert refused.code == 1
    assert "error: " in refused.err
