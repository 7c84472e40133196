"""Reads handed out at the desk: exams looked at and brought, lists given, keys taken out (R19)."""

from __future__ import annotations

import csv
import io
import re
from typing import Final

import aiohttp
import pytest

from pro_service.services.desk.measuring import handing_out
from pro_service.store.connection import transaction
from pro_service.store.measuring import reads as store
from tests.integration.reading.conftest import CODES, exams_table
from tests.integration.reading.test_reads import MEASURE, by_code, give, read_all
from tests.integration.reading.test_reads_desk import own_list
from tests.support.desk import page, press, sign_in
from tests.support.forms import form_to
from tests.support.study import Trial
from tests.support.web import browsing

OUT: Final = "/desk/measures/hand-out"


async def look(browser: aiohttp.ClientSession, table: bytes) -> tuple[int, str]:
    """Show a table of examinations."""
    _, html = await page(browser, OUT)
    secret = dict(form_to(html, f"{OUT}/look").fields)["form"]
    data = aiohttp.FormData({"form": secret}, quote_fields=False)
    data.add_field("file", table, filename="exams.csv")
    async with browser.post(f"{OUT}/look", data=data) as answer:
        return answer.status, await answer.text()


async def test_a_data_manager_brings_exams_gives_lists_and_takes_the_key(trial: Trial) -> None:
    wrong = exams_table(*CODES) + (
        b"K-999,injection,left,2026-01-12,,,\nK-001,injection,right,2026-01-12,,,\n"
        b"K-001,injection,left,2025-11-01,,,\n"
    )
    # Larger than forms without a file may be: a table of a whole trial's examinations is.
    later = exams_table(*CODES).replace(b"2026-01-12", b"2026-01-11") + b"\n" * 300_000
    async with browsing(trial.server) as dora, browsing(trial.server) as rita:
        await sign_in(dora, "dora")
        status, html = await look(dora, wrong)
        assert (status, "New: 0; known before: 6; refused: 3." in html) == (422, True)
        for said in ("nobody of this code", "not the treated knee", "outside the visit's days"):
            assert said in html.replace("&#39;", "'"), said
        assert f'action="{OUT}/exams"' not in html
        status, html = await look(dora, later)
        assert (status, "New: 6; known before: 0; refused: 0." in html) == (200, True)
        assert await trial.count("read_exams") == 6
        status, _ = await press(dora, html, f"{OUT}/exams", packed="é")
        assert status == 400
        status, html = await press(dora, html, f"{OUT}/exams")
        assert (status, "The examinations were kept." in html) == (200, True)
        assert await trial.count("read_exams", "actor = 'staff:dora'") == 6

        status, html = await press(
            dora, html, f"{OUT}/lists", measure=MEASURE, reader="rita", purpose="read"
        )
        assert (status, "The list was handed out." in html) == (200, True)
        assert "0 of 14" in html
        status, said = await press(
            dora, html, f"{OUT}/lists", measure=MEASURE, reader="rita", purpose="read"
        )
        assert (status, "has no examination left" in said) == (422, True)
        found = re.search(rf'href="({OUT}/[^"]+/key\.csv)"', html)
        assert found is not None
        _, text = await page(dora, found[1])
        key = list(csv.DictReader(io.StringIO(text)))
        assert {one["code"] for one in key} == set(CODES)
        assert await trial.count("data_out", "what = 'read_key' AND row_count = 14") == 1

        await sign_in(rita, "rita")
        assert {one["pseudonym"] for one in await own_list(rita)} == {
            one["pseudonym"] for one in key
        }
        assert (await page(rita, found[1]))[0] == 403
        assert (await page(rita, OUT))[0] == 403


async def test_what_readers_differ_about_is_given_to_another_at_the_desk(trial: Trial) -> None:
    await read_all(trial, await give(trial, "rita"), by_code)
    apart = {"K-002": "19.0", "K-004": "20.0"}
    await read_all(trial, await give(trial, "ruth"), lambda code: apart.get(code, by_code(code)))
    async with browsing(trial.server) as dora:
        await sign_in(dora, "dora")
        _, html = await page(dora, OUT)
        settle = {"measure": MEASURE, "purpose": "adjudication"}
        status, said = await press(dora, html, f"{OUT}/lists", **settle, reader="rita")
        assert (status, "cannot settle it" in said) == (422, True)
        status, html = await press(dora, html, f"{OUT}/lists", **settle, reader="rolf")
        assert (status, "to settle" in html, "0 of 3" in html) == (200, True, True)


async def test_whose_images_are_whose_is_hidden_from_a_readers_program(trial: Trial) -> None:
    """The clerk's role writes for readers too: row-level security asks in which role."""
    listed = await give(trial, "rita")

    async def seen(roles: str) -> int:
        async with transaction(trial.pools.clerk) as clerk:
            await clerk.execute(
                "SELECT set_config('pro.actor', 'staff:x', true),"
                " set_config('pro.site_roles', $1, true), set_config('pro.site_ids', $2, true)",
                *(roles, ",".join(one.split(":")[0] for one in roles.split(","))),
            )
            return len(await store.list_read_keys(clerk, trial.study_id, listed.id))

    sites = [row[0] for row in await trial.fetch("SELECT id::text FROM sites ORDER BY code")]
    assert await seen(",".join(f"{one}:reader" for one in sites)) == 0
    assert await seen(",".join(f"{one}:data_manager" for one in sites)) == len(listed.items)


@pytest.mark.parametrize("login", ["anna", "ines", "mona", "adam", "rita"])
async def test_nobody_else_hands_reads_out(trial: Trial, login: str) -> None:
    async with browsing(trial.server) as browser:
        await sign_in(browser, login)
        assert (await page(browser, OUT))[0] == 403
    assert handing_out.HANDS_OUT.value == "hand_out_reads"
