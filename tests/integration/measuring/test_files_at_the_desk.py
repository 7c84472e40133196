"""A file of values at the desk: shown row by row, then kept all or none, by who may."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import aiohttp

from tests.integration.desk.person.sheets import said
from tests.support.desk import page
from tests.support.forms import form_to
from tests.support.measures import UTE, csv_of
from tests.support.study import Trial

ROOM: Final = "/desk/measures"
OTHER: Final = UTE | {"layer": "full"}


async def look(browser: aiohttp.ClientSession, *rows: Mapping[str, str]) -> tuple[int, str]:
    """Send a file and see what would become of it."""
    _, html = await page(browser, ROOM)
    secret = dict(form_to(html, f"{ROOM}/file").fields)["form"]
    data = aiohttp.FormData()
    data.add_field("form", secret)
    data.add_field("reason", "reads of the core laboratory")
    data.add_field("file", csv_of(rows), filename="reads.csv", content_type="text/csv")
    async with browser.post(f"{ROOM}/file", data=data) as answer:
        return answer.status, await answer.text()


async def confirm(browser: aiohttp.ClientSession, html: str) -> tuple[int, str]:
    """Take what was shown."""
    data = aiohttp.FormData(default_to_multipart=True)
    for name, value in form_to(html, f"{ROOM}/rows").fields:
        data.add_field(name, value)
    async with browser.post(f"{ROOM}/rows", data=data) as answer:
        return answer.status, await answer.text()


def titles(html: str) -> list[str]:
    """The groups of rows that are shown."""
    return re.findall(r"<h2>([^<]*)</h2>", html)


async def test_a_file_is_looked_at_and_then_kept_once(
    staffed: Trial, data_manager: aiohttp.ClientSession
) -> None:
    status, html = await look(data_manager, UTE, OTHER)
    assert (status, titles(html)) == (200, ["New: 2"])
    assert await staffed.count("measurements") == 0
    status, html = await confirm(data_manager, html)
    assert (status, said(html)) == (200, "The values of the file are kept.")
    assert await staffed.count("measurements", "actor = 'staff:dora' AND reader IS NULL") == 2
    assert await staffed.fetch("SELECT file_name, reason, actor FROM measure_imports") == [
        ("reads.csv", "reads of the core laboratory", "staff:dora")
    ]
    status, html = await look(data_manager, UTE, OTHER | {"value": "13"})
    assert titles(html) == ["Would change what stands: 1", "Stand already: 1"]
    assert "12.34" in html
    status, html = await look(data_manager, UTE, OTHER)
    assert (status, titles(html)) == (200, ["Stand already: 2"])
    assert f'action="{ROOM}/rows"' not in html


async def test_a_row_that_is_refused_is_told_with_its_mend_and_nothing_can_be_kept(
    staffed: Trial, data_manager: aiohttp.ClientSession
) -> None:
    status, html = await look(data_manager, UTE, OTHER | {"knee": "right"}, {"participant": "X"})
    assert (status, titles(html)) == (422, ["Refused: 2", "New: 1"])
    assert "This is not the treated knee. Check left and right." in html
    assert f'action="{ROOM}/rows"' not in html
    status, html = await look(data_manager, {"participant": "P-1"})
    assert status == 422
    assert "lacks the column(s) measure, exam_on, value" in html
    assert await staffed.count("measurements") == 0


async def test_who_brings_no_files_in_has_no_such_room(
    staffed: Trial, desk: aiohttp.ClientSession
) -> None:
    status, _ = await page(desk, ROOM)
    assert status == 403
