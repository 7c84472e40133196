"""Clinic measures typed at the desk: by visit, corrected with a reason, seen by who may."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import aiohttp

from tests.integration.desk.person.sheets import problem, said, send
from tests.support.desk import page, sign_in
from tests.support.study import Trial
from tests.support.web import browsing

PAGE: Final = "/desk/participants/P-1/measures"
SCREENING: Final = f"{PAGE}?visit=screening:1"
WEIGHT: Final = "weight.person"
STANDS: Final = (
    "SELECT measure, target, value, gap, revision, struck, actor FROM measurements ORDER BY id"
)


async def enter(desk: aiohttp.ClientSession, **filled: str) -> tuple[int, str]:
    """Open the screening's form and send it with some fields filled in."""
    status, html = await page(desk, SCREENING)
    assert status == 200, html
    fields = {name.replace("__", "."): value for name, value in filled.items()}
    return await send(desk, html, PAGE, {"on": "2026-01-06"} | fields)


async def test_what_was_measured_is_typed_once_and_shown_with_who_typed_it(
    staffed: Trial, desk: aiohttp.ClientSession
) -> None:
    _, html = await page(desk, "/desk/participants/P-1")
    assert f'href="{PAGE}"' in html
    status, html = await enter(
        desk,
        weight__person__value="80.5",
        effusion__left_knee__value="1",
        chair_stand_30__person__missing="refused",
    )
    assert (status, said(html)) == (200, "The measures of P-1 are kept.")
    assert await staffed.fetch(STANDS) == [
        ("weight", "person", Decimal("80.5"), None, 1, False, "staff:anna"),
        ("effusion", "left_knee", Decimal(1), None, 1, False, "staff:anna"),
        ("chair_stand_30", "person", None, "refused", 1, False, "staff:anna"),
    ]
    assert "<strong>80.5 kg</strong>" in html
    assert "effusion.right_knee" not in html
    status, html = await enter(desk, weight__person__value="80.5")
    assert status == 422
    assert "Nothing was typed that does not stand already." in problem(html)


async def test_a_correction_and_a_strike_are_further_revisions_with_a_sealed_reason(
    staffed: Trial, desk: aiohttp.ClientSession
) -> None:
    await enter(desk, weight__person__value="80.5")
    status, html = await enter(desk, weight__person__value="85")
    assert status == 422
    assert "What stands would be changed. Say why, below." in problem(html)
    assert 'value="85"' in html  # What was typed stays.
    status, _ = await enter(desk, weight__person__value="85", reason="read off the wrong line")
    assert status == 200
    status, _ = await enter(desk, weight__person__missing="struck", reason="of somebody else")
    assert status == 200
    rows = await staffed.fetch(
        "SELECT value, revision, struck, reason FROM measurements ORDER BY id"
    )
    assert [one[:3] for one in rows] == [
        (Decimal("80.5"), 1, False),
        (Decimal(85), 2, False),
        (Decimal(85), 3, True),
    ]
    assert [str(one[3]).startswith("note:") for one in rows] == [False, True, True]
    _, html = await page(desk, SCREENING)
    assert "<strong>85 kg</strong>" not in html


async def test_out_of_range_is_confirmed_and_what_is_not_of_the_scale_is_not(
    staffed: Trial, desk: aiohttp.ClientSession
) -> None:
    status, html = await enter(desk, weight__person__value="805", reason="as read")
    assert status == 422
    assert "Outside 25 to 250 kg." in problem(html)
    assert f'name="{WEIGHT}.sure"' in html
    status, html = await enter(
        desk, weight__person__value="260", weight__person__sure="1", reason="weighed twice"
    )
    assert status == 200
    for field, value, told in (
        ("effusion__left_knee__value", "2", "not of the scale"),
        ("timed_up_and_go__person__value", "9.55", "More decimals"),
        ("timed_up_and_go__person__value", "9,5", "not a number"),
    ):
        status, html = await enter(desk, **{field: value})
        assert (status, told in problem(html)) == (422, True), (field, html)
    status, html = await enter(desk, on="2026-01-30", timed_up_and_go__person__value="9.5")
    assert (status, "in the future" in problem(html)) == (422, True)
    assert await staffed.count("measurements") == 1


async def test_a_role_the_protocol_does_not_name_sees_that_there_is_a_value_and_not_which(
    staffed: Trial, desk: aiohttp.ClientSession
) -> None:
    await enter(desk, weight__person__value="83.7")
    async with browsing(staffed.server) as browser:
        await sign_in(browser, "mo")
        status, html = await page(browser, SCREENING)
        assert status == 200
        assert "83.7" not in html
        assert "<strong>recorded</strong>" in html
        assert 'name="weight.person.value"' not in html
        async with browser.post(PAGE, data={}) as refused:
            assert refused.status == 403
