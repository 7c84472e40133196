"""Many enrolled by a file: every row shown first, then all of them or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aiohttp

from pro_service.services.desk.person.enrolling import MOST_ROWS
from tests.integration.desk.person.sheets import problem, said, send
from tests.support.desk import page
from tests.support.forms import form_to
from tests.support.study import Trial, row

ENROL = "/desk/enrol"
FILE = "/desk/enrol/file"
ROWS = "/desk/enrol/rows"


def table(rows: Sequence[Mapping[str, str]]) -> bytes:
    """A CSV as a spreadsheet saves it."""
    heads = list(rows[0])
    lines = [",".join(heads), *(",".join(one[head] for head in heads) for one in rows)]
    return "\r\n".join(lines).encode()


async def upload(
    desk: aiohttp.ClientSession, content: bytes, name: str = "new.csv", **fields: str
) -> tuple[int, str]:
    """Send a file as a browser does."""
    _, html = await page(desk, ENROL)
    form = aiohttp.FormData(quote_fields=False)
    for field, value in (*form_to(html, FILE).fields, *fields.items()):
        if field != "file":
            form.add_field(field, value)
    form.add_field("file", content, filename=name, content_type="text/csv")
    async with desk.post(FILE, data=form) as answer:
        return answer.status, await answer.text()


async def test_every_row_is_shown_and_all_are_enrolled(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    rows = [row(f"K-{number}") for number in range(101, 131)]
    status, html = await upload(desk, table(rows))
    assert status == 200, problem(html)
    assert "Nobody is enrolled yet. Rows that are right: 30" in html
    for one in rows:
        assert one["code"] in html
        assert one["phone"] not in html
    before = await trial.count("participants")
    for _ in range(2):
        status, after = await send(desk, html, ROWS, {})
        assert (status, said(after)[:8]) == (200, "All rows")
    assert await trial.count("participants") == before + 30
    assert await trial.count("participants", "actor = 'staff:anna'") == 30


async def test_one_wrong_row_and_nobody_is_enrolled(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    rows = [row("K-101"), row("K-102", phone="12"), row("K-101"), row("K-001")]
    status, html = await upload(desk, table(rows))
    assert status == 422
    for words in (
        "Row 3, Telephone: ",
        "Row 4, Code: This code stands in row 2 already.",
    ):
        assert words in problem(html), words
    status, html = await upload(desk, table([row("K-101"), row("K-001")]))
    assert (status, "Row 3, Code: This code is enrolled already." in problem(html)) == (422, True)
    assert await trial.count("participants", "actor = 'staff:anna'") == 0


async def test_what_is_no_table_or_too_long_is_refused(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    many = [row(f"K-{number}") for number in range(1000, 1001 + MOST_ROWS)]
    for content, words in (
        (b"", "cannot be read as a table"),
        (b"code,site\r\nK-1,BJ01", "cannot be read as a table"),
        (b"\xff\xfe\x00\x01\x02", "cannot be read as a table"),
        (table([row("K-101")]).splitlines()[0], "has no rows"),
        (table(many), f"more than {MOST_ROWS} rows"),
    ):
        status, html = await upload(desk, content)
        assert (status, words in problem(html)) == (422, True), (words, problem(html))
    status, html = await upload(desk, b"x" * 80_000)
    assert (status, "That is too large" in html, "by command" in html) == (413, True, True)


async def test_rows_that_were_meddled_with_are_checked_again(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    status, html = await upload(desk, table([row("K-101")]))
    assert status == 200
    status, _ = await send(desk, html, ROWS, {"rows": "bm90IHJvd3M="})
    assert status == 400
    await trial.enrol(row("K-101"))
    status, html = await send(desk, html, ROWS, {})
    assert (status, "enrolled already" in problem(html)) == (422, True)
