"""Allocation and blinding (R15): loaded sealed, shown to whom it is for, and to nobody else."""

from __future__ import annotations

import logging
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from pro_service.services.exports.export import export
from pro_service.services.record.allocating import (
    AllocationFileError,
    NotHolderError,
    check_allocations,
    load_allocations,
)
from pro_service.store.connection import DuplicateError
from pro_service.store.study.studies import StudyRow
from pro_service.tables import read_content
from tests.integration.desk.person.sheets import PAGE, send
from tests.integration.desk.record.conftest import STAFF, SignedIn
from tests.support.desk import page, press
from tests.support.record.words import places_of
from tests.support.study import ACTOR, Trial, row

ARM = "canary-arm-cells"
FILE = f"participant,arm\nK-001,{ARM}\n"
PAGES = (
    *("/desk", "/desk/participants", PAGE, "/desk/record", "/desk/record?code=K-001"),
    *("/desk/record?what=allocation", "/desk/record.csv", "/desk/record/queries", "/desk/week"),
    *("/desk/since", "/desk/figures", "/desk/alerts", "/desk/allocation", f"{PAGE}/unblind"),
    "/desk/participants.csv",
)


async def load(trial: Trial, text: str = FILE) -> None:
    """Load a file as the command does."""
    table = read_content("arms.csv", text.encode())
    rows = await check_allocations(trial.operator, trial.study_id, table, "hal")
    await load_allocations(
        trial.operator,
        trial.context,
        trial.study_id,
        rows,
        holder="hal",
        actor=ACTOR,
        reason="randomised",
    )


async def unblind(browser: aiohttp.ClientSession, reason: str = "shock") -> tuple[int, str]:
    """Ask for the arm in an emergency."""
    _, html = await page(browser, f"{PAGE}/unblind")
    return await send(browser, html, f"{PAGE}/unblind", {"reason": reason})


async def test_all_of_a_file_is_kept_sealed_or_none_of_it(
    trial: Trial, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    await trial.enrol(row("K-002", phone="+12025550149"))
    for text, wrong in (
        (f"{FILE}X-9,b\n", "row 3: there is no participant X-9"),
        (f"{FILE}K-001,b\n", "K-001 stands in the file 2 times"),
        (f"{FILE}K-002,\n", "row 3: the arm of K-002 is empty"),
        ("participant,arm\n", "arms.csv has no rows"),
        ("participant,arm,more\nK-001,a,b\n", "needs the columns participant and arm, alone"),
    ):
        with pytest.raises(AllocationFileError) as refused:
            await load(trial, text)
        assert wrong in str(refused.value.message)
        assert ARM not in str(refused.value.message)
    assert await trial.count("allocations") == 0
    await load(trial)
    with pytest.raises(AllocationFileError, match="kept already"):
        await load(trial)
    table = read_content("arms.csv", FILE.encode())
    with pytest.raises(NotHolderError):
        await check_allocations(trial.operator, trial.study_id, table, "anna")
    assert await places_of(owner, [ARM]) == {}


async def test_arms_of_any_length_are_stored_as_long_as_each_other(
    trial: Trial, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    await trial.enrol(row("K-002", phone="+12025550149"))
    await load(trial, "participant,arm\nK-001,a\nK-002,a much longer arm than that\n")
    lengths = await owner.fetchval("SELECT count(DISTINCT length(arm_sealed)) FROM pro.allocations")
    assert lengths == 1


async def test_a_file_loaded_by_two_at_once_is_kept_once(trial: Trial) -> None:
    table = read_content("arms.csv", FILE.encode())
    rows = await check_allocations(trial.operator, trial.study_id, table, "hal")
    await load(trial)
    with pytest.raises(DuplicateError):
        await load_allocations(
            trial.operator,
            trial.context,
            trial.study_id,
            rows,
            holder="hal",
            actor=ACTOR,
            reason="again",
        )


async def test_the_holder_sees_the_list_and_that_is_recorded(
    trial: Trial, seated: SignedIn
) -> None:
    await load(trial)
    hal = await seated("hal")
    _, html = await page(hal, "/desk/allocation")
    assert ARM not in html
    status, html = await press(hal, html, "/desk/allocation")
    assert status == 200
    assert ARM in html
    assert await trial.fetch("SELECT row_count, actor FROM allocation_showings") == [
        (1, "staff:hal")
    ]


async def test_a_site_physician_unblinds_alone_once_and_all_learn_that_it_happened(
    trial: Trial, seated: SignedIn, caplog: pytest.LogCaptureFixture
) -> None:
    await load(trial)
    ivan = await seated("ivan")
    with caplog.at_level(logging.DEBUG):
        _, form = await page(ivan, f"{PAGE}/unblind")
        status, _ = await send(ivan, form, f"{PAGE}/unblind", {"reason": " "})
        assert status == 422
        assert await trial.count("unblindings") == 0
        status, html = await send(ivan, form, f"{PAGE}/unblind", {"reason": "shock"})
        assert (status, ARM in html) == (200, True)
        # A copy of the very form shows nothing: no page can be come back to.
        status, html = await send(ivan, form, f"{PAGE}/unblind", {"reason": "shock"})
        assert (status, ARM in html) == (409, False)
    assert ARM not in caplog.text
    assert await trial.fetch("SELECT actor FROM unblindings") == [("staff:ivan",)]
    for login in ("anna", "mona", "dana"):
        browser = await seated(login)
        for path in ("/desk", PAGE):
            _, html = await page(browser, path)
            assert "Unblinded in an emergency by ivan" in html, (login, path)
            assert ARM not in html


async def test_without_an_allocation_nothing_is_recorded(trial: Trial, seated: SignedIn) -> None:
    status, html = await unblind(await seated("ivan"))
    assert status == 409
    assert "No allocation is kept" in html
    assert await trial.count("unblindings") == 0


async def test_no_page_of_any_role_holds_an_arm(trial: Trial, seated: SignedIn) -> None:
    await load(trial)
    await unblind(await seated("ivan"))
    found = []
    for login in STAFF:
        browser = await seated(login)
        for path in PAGES:
            async with browser.get(path) as answer:
                if ARM in (await answer.text()):
                    found.append((login, path))
    assert found == []


def files_with(folder: Path, words: str) -> list[str]:
    """The files of a folder in which words stand."""
    return [one.name for one in folder.iterdir() if words.encode() in one.read_bytes()]


async def test_no_export_and_no_column_holds_an_arm(
    trial: Trial, owner: asyncpg.Connection[asyncpg.Record], tmp_path: Path
) -> None:
    await load(trial)
    study = StudyRow(trial.study_id, "KNEE-OA-UCMSC", "", "")
    await export(trial.operator, trial.context, study, tmp_path)
    assert files_with(tmp_path, ARM) == []
    assert await places_of(owner, [ARM]) == {}
