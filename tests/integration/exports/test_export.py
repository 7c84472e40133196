"""The export of a real study: every row, the days, the reasons, one instant, nothing licensed."""

from __future__ import annotations

import csv
import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pro_service.domain.study.facts import Status
from pro_service.services import rounds
from pro_service.services.exports.columns import TABLES
from pro_service.services.exports.export import export
from pro_service.services.exports.files import MANIFEST
from pro_service.services.exports.formats.csv import instant_text
from pro_service.services.exports.instants import AsOfError
from pro_service.store.study.studies import StudyRow
from tests.integration.exports.conftest import answer_all
from tests.support.command import commands_with
from tests.support.packs import load_nonsense
from tests.support.study import ACTOR, Trial, open_trial, row

NRS = "womac-nrs-3.1"
INJECTED = datetime(2026, 1, 12, 2, tzinfo=UTC)


async def read(trial: Trial, folder: Path, **how: Any) -> dict[str, list[dict[str, str]]]:
    """Export and read every table."""
    study = StudyRow(trial.study_id, "KNEE-OA-UCMSC", "", "")
    counts = await export(trial.operator, trial.context, study, folder, **how)
    tables: dict[str, list[dict[str, str]]] = {}
    for table, count in counts.items():
        name = f"{table}.csv"
        with (folder / name).open(newline="", encoding="utf-8-sig") as file:
            tables[name] = list(csv.DictReader(file))
        assert len(tables[name]) == count
    return tables


def pick(rows: list[dict[str, str]], **cells: str) -> list[dict[str, str]]:
    return [each for each in rows if all(each[name] == cell for name, cell in cells.items())]


async def test_each_asked_scale_has_one_row_with_its_score_or_its_reason(
    trial: Trial, tmp_path: Path
) -> None:
    rows = (await read(trial, tmp_path / "out"))["scores.csv"]
    keys = [
        tuple(each[name] for name in ("participant", "target", "visit", "instrument", "scale"))
        for each in rows
    ]
    assert len(set(keys)) == len(keys)
    assert all((each["raw"] == "") != (each["missing_reason"] == "") for each in rows)
    (pain,) = pick(rows, participant="K-001", visit="baseline", instrument=NRS, scale="pain")
    assert (pain["raw"], pain["score_0_100"], pain["answered"], pain["imputed"]) == (
        *("40", "80", "4", "1"),
    )
    assert (pain["mode"], pain["respondent"], pain["state"]) == ("text", "self", "completed")
    assert (pain["target"], pain["database"]) == ("left_knee", "validation")
    (missed,) = pick(rows, participant="K-002", visit="baseline", instrument=NRS, scale="pain")
    assert (missed["raw"], missed["missing_reason"], missed["mode"]) == ("", "missed", "")
    later = pick(rows, participant="K-001", visit="month_6", scale="total")
    assert {each["missing_reason"] for each in later} == {"not_yet_due"}


async def test_endpoints_stand_beside_their_scores(trial: Trial, tmp_path: Path) -> None:
    tables = await read(trial, tmp_path / "out")
    of_pain = {"participant": "K-001", "instrument": NRS, "scale": "pain"}
    (base,) = pick(tables["scores.csv"], **of_pain, visit="baseline")
    (after,) = pick(tables["scores.csv"], **of_pain, visit="week_2")
    assert (base["is_baseline"], base["analysis_visit"], base["change_0_100"]) == (
        *("yes", "baseline", ""),
    )
    assert int(base["study_day"]) < 0
    assert (after["study_day"], after["in_window"], after["analysis_visit"]) == (
        *("15", "yes", "week_2"),
    )
    assert (after["baseline_raw"], after["change_raw"]) == ("40", "-20")
    assert (after["baseline_0_100"], after["change_0_100"], after["percent_improvement"]) == (
        *("80", "-40", "50"),
    )
    assert (after["average_0_100"], after["thresholds"]) == ("60", "perceptible_pain=yes")
    response, missed = tables["endpoints.csv"]
    assert (missed["participant"], missed["visit"], missed["responder"]) == (
        *("K-002", "week_2", "not_evaluable"),
    )
    assert missed["reason"].startswith("pain: no baseline and no value; function: ")
    assert (response["visit"], response["responder"], response["path"]) == (
        *("week_2", "responder", "A"),
    )


async def test_each_asked_item_has_one_row_with_its_answer_or_its_reason(
    trial: Trial, tmp_path: Path
) -> None:
    rows = (await read(trial, tmp_path / "out"))["items.csv"]
    of_womac = pick(rows, participant="K-001", visit="baseline", instrument=NRS)
    assert [each["item"] for each in of_womac] == [
        item.code for item in trial.context.catalogue.instruments[NRS].items
    ]
    by_item = {each["item"]: each for each in of_womac}
    assert (by_item["pain_1"]["value"], by_item["pain_1"]["missing_reason"]) == ("8", "")
    assert (by_item["pain_3"]["value"], by_item["pain_3"]["missing_reason"]) == ("", "skipped")
    never = pick(rows, participant="K-002", visit="baseline", instrument=NRS)
    assert {each["missing_reason"] for each in never} == {"missed"}
    signs = pick(rows, participant="K-001", visit="safety_1")
    assert {each["instrument"] for each in signs} == {"safety", "pain-nrs-now"}


async def test_what_was_recorded_after_the_instant_is_not_seen(
    trial: Trial, tmp_path: Path
) -> None:
    before = await read(trial, tmp_path / "a", as_of=INJECTED - timedelta(days=6))
    rows = before["scores.csv"]
    assert {each["raw"] for each in rows} == {""}
    assert {each["study_day"] for each in rows} == {""}
    between = await read(trial, tmp_path / "b", as_of=INJECTED + timedelta(days=1))
    rows = between["scores.csv"]
    (base,) = pick(rows, participant="K-001", visit="baseline", instrument=NRS, scale="pain")
    (after,) = pick(rows, participant="K-001", visit="week_2", instrument=NRS, scale="pain")
    assert (base["raw"], base["state"]) == ("40", "completed")
    assert (after["raw"], after["missing_reason"]) == ("", "not_yet_due")
    assert between["endpoints.csv"] == []
    with pytest.raises(AsOfError, match="future"):
        await read(trial, tmp_path / "c", as_of=await trial.now() + timedelta(hours=1))


async def test_a_window_stands_as_it_was_before_its_closing_was_moved(
    database_url: str, tmp_path: Path
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.ask()
        await answer_all(trial, "K-001", 8)
        instant = await trial.now()
        before = await read(trial, tmp_path / "a")
        await trial.move(INJECTED - timedelta(days=2))
        await trial.happened("K-001")  # Two days early: baseline closes then, answered as it is.
        ((happened,),) = await trial.fetch("SELECT max(occurred_at) FROM events")
        again = await read(trial, tmp_path / "b", as_of=instant)
        closings = [
            {each["visit_closes_at"] for each in pick(rows["scores.csv"], visit="baseline")}
            for rows in (before, again, await read(trial, tmp_path / "c"))
        ]
        assert closings[0] == closings[1] != closings[2]
        assert closings[2] == {instant_text(happened)}
        for name in ("scores.csv", "items.csv"):
            assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
        assert await trial.fetch("SELECT actor FROM visit_closings") == [("cli:test",)]


async def test_the_same_instant_again_gives_the_same_files(trial: Trial, tmp_path: Path) -> None:
    instant = INJECTED + timedelta(days=15)
    await read(trial, tmp_path / "a", as_of=instant)
    await trial.says("K-001", "back")
    await trial.move(timedelta(days=30))
    await read(trial, tmp_path / "b", as_of=instant)
    for name in ("scores.csv", "items.csv", "endpoints.csv", "codebook.csv", "instruments.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


async def test_answers_of_somebody_who_withdrew_their_use_are_left_out(
    trial: Trial, tmp_path: Path
) -> None:
    await trial.status("K-001", Status.withdrew_data_use)
    tables = await read(trial, tmp_path / "out")
    for name, cell in (("scores.csv", "raw"), ("items.csv", "value")):
        rows = pick(tables[name], participant="K-001")
        assert rows
        assert {(each[cell], each["missing_reason"]) for each in rows} == {
            ("", "withdrew_data_use")
        }
    assert pick(tables["endpoints.csv"], participant="K-001") == []


async def test_a_partial_sitting_is_marked_and_never_a_baseline(
    database_url: str, tmp_path: Path
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.ask()
        for _ in range(7):
            await trial.says("K-001", "3")
        await trial.move(INJECTED)
        await trial.happened("K-001")
        await trial.move(timedelta(days=1))
        await rounds.closing_round(trial.pools.worker, trial.context)
        rows = (await read(trial, tmp_path / "out"))["scores.csv"]
        (pain,) = pick(rows, visit="baseline", instrument=NRS, scale="pain")
        (function,) = pick(rows, visit="baseline", instrument=NRS, scale="function")
        assert (pain["basis"], pain["raw"], pain["is_baseline"]) == ("partial", "15", "no")
        assert (function["raw"], function["missing_reason"]) == ("", "too_few_answered")


async def test_licensed_wording_and_typed_words_never_leave(trial: Trial, tmp_path: Path) -> None:
    trial.context.catalogue.use_wordings([load_nonsense(tmp_path, NRS)])
    await read(trial, tmp_path / "out")
    written = b"".join(path.read_bytes() for path in (tmp_path / "out").iterdir())
    assert b"blorp" not in written.lower()
    assert b"+1202555" not in written
    assert b"walking on level ground" in written


async def test_the_code_book_describes_every_column_of_every_file(
    trial: Trial, tmp_path: Path
) -> None:
    tables = await read(trial, tmp_path / "out")
    for name in tables:
        with (tmp_path / "out" / name).open(newline="", encoding="utf-8-sig") as file:
            header = next(csv.reader(file))
        assert [each["column"] for each in pick(tables["codebook.csv"], file=name)] == header
    about = json.loads((tmp_path / "out" / "about.json").read_text(encoding="utf-8"))
    assert about["database"] == "validation"
    assert about["rows"]["scores"] == len(tables["scores.csv"])
    (sport,) = pick(tables["instruments.csv"], instrument="koos", kind="scale", code="sport")
    assert sport["codes"] == "loinc=72099-5"


async def test_the_command_writes_the_folder_and_says_how_to_check_it(
    trial: Trial, tmp_path: Path
) -> None:
    commands = commands_with(trial.url, trial.context.keys.vault)
    out = tmp_path / "out"
    done = await commands.call("export", "--csv", str(out))
    assert done.code == 0, done.err
    assert "scores.csv" in done.out
    again = await commands.call("export", "--csv", str(out))
    assert (again.code, "not an empty folder" in again.err) == (1, True)
    wrong = await commands.call("export", "--csv", str(tmp_path / "b"), "--as-of", "2026-01-20")
    assert (wrong.code, "no zone" in wrong.err) == (1, True)
    then = "2026-01-20T00:00:00Z"
    past = await commands.call("export", "--csv", str(tmp_path / "c"), "--as-of", then)
    assert past.code == 0, past.err
    await trial.move(timedelta(minutes=1))


async def test_who_takes_an_export_out_stands_in_the_record_before_the_folder_is_there(
    trial: Trial, tmp_path: Path
) -> None:
    tables = await read(trial, tmp_path / "out")
    (kept,) = await trial.fetch(
        "SELECT d.what, d.narrowed_by, d.row_count, d.tables, d.content_sha256, d.formats, a.actor"
        " FROM data_out AS d JOIN audit_entries AS a ON a.table_name = 'data_out'"
    )
    manifest = hashlib.sha256((tmp_path / "out" / MANIFEST).read_bytes()).hexdigest()
    rows = sum(len(each) for each in tables.values())
    assert kept == ("export", "", rows, list(TABLES), manifest, ["csv"], ACTOR)
    assert [f"{name}.csv" for name in TABLES] == list(tables)
