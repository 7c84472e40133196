"""What else happened (R24): entered at the desk, corrected by revisions, exported, told once."""

from __future__ import annotations

import csv
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import aiohttp

from pro_service.services.exports.export import export
from pro_service.store.study.studies import StudyRow
from tests.integration.desk.calls.test_call_outcomes import close, make_call
from tests.integration.desk.person.sheets import PAGE, fill, problem, said, send
from tests.support.desk import page
from tests.support.study import Trial

SHEET = f"{PAGE}/own-event"
PAIN = {"kind": "painkiller", "began": "2026-01-02", "ended": "2026-01-04", "dose": "400"}
OPERATION = {"kind": "operation", "target": "left_knee", "began": "2026-01-03"}
STANDS = (
    "SELECT revision, kind, target, began_on, ended_on, dose, dose_unit, struck, actor"
    " FROM own_events ORDER BY id"
)


async def enter(desk: aiohttp.ClientSession, **filled: str) -> tuple[int, str]:
    """Choose the kind, then fill in what that kind asks for."""
    status, html = await fill(desk, "own-event", kind=filled["kind"])
    assert status == 200, html
    return await send(desk, html, SHEET, filled)


async def correct(desk: aiohttp.ClientSession, **filled: str) -> tuple[int, str]:
    """Open the form of the one event there is, and change it."""
    _, html = await page(desk, PAGE)
    found = re.search(r'href="([^"]+/own-event\?event=[^"]+)"', html)
    assert found is not None
    _, html = await page(desk, found[1])
    return await send(desk, html, SHEET, {"kind": PAIN["kind"]} | filled)


async def file_of(trial: Trial, folder: Path) -> list[dict[str, str]]:
    study = StudyRow(trial.study_id, "KNEE-OA-UCMSC", "", "")
    await export(trial.operator, trial.context, study, folder)
    with (folder / "own_events.csv").open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


async def test_a_kind_asks_for_what_it_has_and_the_page_shows_what_was_kept(
    trial: Trial, desk: aiohttp.ClientSession, tmp_path: Path
) -> None:
    _, html = await page(desk, PAGE)
    assert f'href="{SHEET}"' in html
    status, html = await fill(desk, "own-event", kind="painkiller")
    assert (status, problem(html)) == (200, "")
    for name, asked in (("began", True), ("ended", True), ("dose", True), ("target", False)):
        assert (f'name="{name}"' in html) is asked, name
    status, html = await send(desk, html, SHEET, PAIN)
    assert (status, said(html)) == (200, "What happened to K-001 is kept.")
    told = "Painkiller use, Fri 2 Jan 2026 to Sun 4 Jan 2026, 400 mg a day"
    assert html.count(told) == 3  # the list, its link's name, and the log
    assert await trial.fetch(STANDS) == [
        (
            *(1, "painkiller", None, date(2026, 1, 2), date(2026, 1, 4)),
            *(Decimal(400), "mg a day", False, "staff:anna"),
        )
    ]
    assert await trial.count("alerts") == 0
    ((row,),) = [await file_of(trial, tmp_path / "out")]
    assert (row["kind"], row["label_en"], row["dose"], row["dose_unit"], row["flagged"]) == (
        *("painkiller", "Painkiller use", "400", "mg a day", "yes"),
    )
    assert (row["began_on"], row["ended_on"], row["corrections"]) == (
        *("2026-01-02", "2026-01-04", "0"),
    )


async def test_a_correction_is_a_further_revision_and_a_mistake_stands_no_more(
    trial: Trial, desk: aiohttp.ClientSession, tmp_path: Path
) -> None:
    await enter(desk, **PAIN)
    status, html = await correct(desk, ended="", dose="12.50")
    assert (status, said(html)) == (
        200,
        "What happened to K-001 is corrected; what stood before is kept.",
    )
    assert "Painkiller use, since Fri 2 Jan 2026, 12.5 mg a day" in html
    ((row,),) = [await file_of(trial, tmp_path / "once")]
    assert (row["dose"], row["ended_on"], row["corrections"]) == ("12.5", "", "1")
    status, html = await correct(desk, struck="yes")
    assert (status, "no longer stands" in said(html)) == (200, True)
    assert "/own-event?event=" not in html
    assert [(one[0], one[7]) for one in await trial.fetch(STANDS)] == [
        (1, False),
        (2, False),
        (3, True),
    ]
    assert await file_of(trial, tmp_path / "twice") == []


async def test_two_people_correcting_the_same_find_out(
    trial: Trial, desk: aiohttp.ClientSession, investigator: aiohttp.ClientSession
) -> None:
    await enter(desk, **PAIN)
    _, html = await page(desk, PAGE)
    found = re.search(r'href="([^"]+/own-event\?event=[^"]+)"', html)
    assert found is not None
    _, hers = await page(desk, found[1])
    _, his = await page(investigator, found[1])
    assert (await send(desk, hers, SHEET, {"kind": "painkiller", "dose": "500"}))[0] == 200
    status, html = await send(investigator, his, SHEET, {"kind": "painkiller", "dose": "6"})
    assert (status, "Somebody corrected this in the meantime" in problem(html)) == (422, True)
    assert await trial.count("own_events") == 2


async def test_what_cannot_be_is_said_at_its_field_and_stays(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    for change, words in (
        ({"began": "2026-01-06"}, "still to come"),
        ({"began": "1999-12-31"}, "too long ago"),
        ({"ended": "2026-01-01"}, "before the first"),
        ({"ended": "2026-01-07"}, "still to come"),
        ({"dose": "a lot"}, "not a dose"),
        ({"dose": "NaN"}, "not a dose"),
        ({"dose": "-3"}, "more than 0"),
        ({"dose": "1e2"}, ""),
        ({"dose": "0.0001"}, "three digits"),
        ({"began": "yesterday"}, "This is not a day"),
    ):
        status, html = await enter(desk, **PAIN | change)
        assert (status, words in problem(html)) == (422 if words else 200, True), change
        if words:
            assert 'value="2026-01-04"' in html or "ended" in change
    status, html = await enter(desk, **OPERATION | {"target": ""})
    assert (status, "Say which knee" in problem(html)) == (422, True)
    assert await trial.count("own_events") == 1


async def test_an_operation_opens_the_step_of_an_alert_unless_a_call_told_of_it(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    """R9: the protocol flags the kind; told twice it is raised once, another day is another."""
    await make_call(trial, "nudges_unanswered")
    assert (await close(desk, "harmed", day_harmed="2026-01-03"))[0] == 200
    reports = "SELECT rule, happened_on, own_kind FROM alerts ORDER BY id"
    told = ("harm_reported", date(2026, 1, 3), None)
    assert (await enter(desk, **OPERATION))[0] == 200
    assert await trial.fetch(reports) == [told]
    await enter(desk, **OPERATION | {"began": "2026-01-04"})
    await enter(desk, **OPERATION | {"began": "2026-01-04", "kind": "other_injection"})
    later = [
        ("harm_reported", date(2026, 1, 4), "operation"),
        ("harm_reported", date(2026, 1, 4), "other_injection"),
    ]
    assert await trial.fetch(reports) == [told, *later]
    _, html = await page(desk, "/desk")
    assert "Fall, operation or another injection reported" in html
