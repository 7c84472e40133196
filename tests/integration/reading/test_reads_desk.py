"""Reads at the desk: a reader's room names nobody; a data manager locks, and signs to unlock."""

from __future__ import annotations

import csv
import io
import re
from typing import Final

import aiohttp

from pro_service.tables import csv_bytes, csv_text
from tests.integration.reading.conftest import CODES
from tests.integration.reading.test_reads import HEADS, Rows, give
from tests.support.desk import PASSWORD, page, press, sign_in
from tests.support.forms import form_to
from tests.support.study import Trial
from tests.support.web import browsing

READS: Final = "/desk/measures/reads"


async def look(browser: aiohttp.ClientSession, rows: Rows) -> tuple[int, str]:
    """Hand a file to the page that shows what it would bring."""
    _, html = await page(browser, READS)
    fields = dict(form_to(html, f"{READS}/look").fields)
    data = aiohttp.FormData({"form": fields["form"]}, quote_fields=False)
    data.add_field("file", csv_bytes(csv_text([HEADS, *rows])), filename="reads.csv")
    async with browser.post(f"{READS}/look", data=data) as answer:
        return answer.status, await answer.text()


async def own_list(browser: aiohttp.ClientSession) -> list[dict[str, str]]:
    """The first list of the room, as it is downloaded."""
    _, html = await page(browser, READS)
    found = re.search(rf'href="({READS}/[^"]+\.csv)"', html)
    assert found is not None
    status, text = await page(browser, found[1])
    assert status == 200
    return list(csv.DictReader(io.StringIO(text)))


async def test_a_reader_downloads_their_list_and_hands_in_their_reads(trial: Trial) -> None:
    await give(trial, "rita")
    await give(trial, "ruth")
    async with browsing(trial.server) as rita:
        await sign_in(rita, "rita")
        items = await own_list(rita)
        assert [list(one) for one in items] == [["pseudonym", "sequence"]] * 7
        rows = [(*one.values(), "cMFC", "deep", "11.25", "", "") for one in items]
        rows[2] = (*items[2].values(), "cMFC", "deep", "", "unreadable", "yes")
        status, html = await look(rita, rows)
        assert (status, "New reads: 7; handed in before: 0." in html) == (200, True)
        assert "Findings that investigators will be told: 1." in html
        assert await trial.count("measurements") == await trial.count("alerts") == 0
        status, html = await press(rita, html, READS)
        assert (status, "Your reads were handed in." in html) == (200, True)
        status, html = await look(rita, rows)
        assert "New reads: 0; handed in before: 7." in html
        for path in (READS, "/desk"):
            _, html = await page(rita, path)
            assert not [code for code in CODES if code in html]
    kept = await trial.fetch("SELECT DISTINCT reader, actor FROM measurements")
    assert kept == [("rita", "staff:rita")]
    assert await trial.fetch("SELECT rule, actor FROM alerts") == [("image_finding", "staff:rita")]
    async with browsing(trial.server) as ines:
        await sign_in(ines, "ines")
        _, html = await page(ines)
        assert "Finding on an image" in html


async def test_a_list_of_another_reader_is_not_there_and_cannot_be_read_for(trial: Trial) -> None:
    listed = await give(trial, "rita")
    pseudonym, number = listed.items[0]
    async with browsing(trial.server) as ruth:
        await sign_in(ruth, "ruth")
        _, html = await page(ruth, READS)
        assert "No list has been handed out to you." in html
        assert (await page(ruth, f"{READS}/{listed.id}.csv"))[0] == 404
        status, html = await look(ruth, [(pseudonym, number, "cMFC", "deep", "11", "", "yes")])
        assert (status, "stands on no list" in html) == (422, True)
    assert await trial.count("alerts") == 0


async def test_a_finding_in_a_file_that_cannot_be_taken_is_told_at_once(trial: Trial) -> None:
    listed = await give(trial, "rita")
    pseudonym, number = listed.items[0]
    async with browsing(trial.server) as rita:
        await sign_in(rita, "rita")
        status, html = await look(rita, [(pseudonym, number, "cMFC", "deep", "999", "", "yes")])
        assert status == 422
        assert "Some rows cannot be taken, so no value was." in html
        assert "Findings that investigators were told all the same: 1." in html
    assert await trial.count("alerts", "rule = 'image_finding'") == 1
    assert await trial.count("measurements") == 0


async def test_reads_are_locked_for_a_reason_and_unlocked_by_a_signature(trial: Trial) -> None:
    locked = "SELECT pro.reads_locked($1, pro.now())"
    listed = await give(trial, "rita")
    pseudonym, number = listed.items[0]
    async with browsing(trial.server) as dora, browsing(trial.server) as rita:
        await sign_in(dora, "dora")
        await sign_in(rita, "rita")
        _, html = await page(dora, READS)
        status, html = await press(dora, html, f"{READS}/lock", reason=" ")
        assert (status, "Say why." in html) == (422, True)
        status, html = await press(dora, html, f"{READS}/lock", reason="all have been read")
        assert (status, "The reads were locked." in html) == (200, True)
        assert await trial.fetchval(locked, trial.study_id) is True
        status, said = await look(rita, [(pseudonym, number, "cMFC", "deep", "11", "", "")])
        assert (status, "The reads are locked." in said) == (422, True)
        unlock = f"{READS}/unlock"
        signed = {"reason": "one was forgotten", "name": "Dora Data"}
        status, said = await press(dora, html, unlock, **signed, password="wrong")
        assert (status, 'value="Dora Data"' in said) == (422, True)
        assert await trial.fetchval(locked, trial.study_id) is True
        status, html = await press(dora, html, unlock, **signed, password=PASSWORD)
        assert (status, "Unlocked by Dora Data (dora)" in html) == (200, True)
    assert await trial.fetchval(locked, trial.study_id) is False
    steps = await trial.fetch("SELECT step, printed_name, actor FROM read_locks ORDER BY id")
    assert steps == [("locked", None, "staff:dora"), ("unlocked", "Dora Data", "staff:dora")]
