"""One's own account: sessions seen and ended, the password changed."""

from __future__ import annotations

import re

import aiohttp
import asyncpg
import pytest
from aiohttp.test_utils import TestServer

from pro_service.services.desk import sign_in as door
from tests.support.desk import PASSWORD, page, press, seed_staff, sign_in
from tests.support.seed import SeededStudy
from tests.support.web import browsing

ME = "/desk/me"
FRESH = "another four plain words"


async def change(browser: aiohttp.ClientSession, old: str, new: str) -> tuple[int, str]:
    """Change the password by the form."""
    _, html = await page(browser, ME)
    return await press(browser, html, f"{ME}/password", old=old, new=new, again=new)


async def test_own_sessions_are_listed_and_another_is_ended_by_its_owner(
    desk: aiohttp.ClientSession, server: TestServer, owner: asyncpg.Connection
) -> None:
    async with browsing(server) as phone:
        phone.headers["User-Agent"] = "Mozilla/5.0 (iPhone; like Mac OS X) Version/17 Safari/604"
        await sign_in(phone)
        status, html = await page(desk, ME)
        assert status == 200
        assert html.count("Signed in just now") == 2
        assert "Safari · iPhone" in html
        _, html = await press(desk, html, f"{ME}/sessions/end")
        assert "That session has ended." in html
        assert "You were signed out" in (await page(phone))[1]
    assert (await page(desk, ME))[0] == 200
    ended = await owner.fetch("SELECT end_reason FROM pro.staff_sessions ORDER BY started_at")
    assert [one["end_reason"] for one in ended] == [None, "ended_elsewhere"]


async def test_all_other_sessions_end_at_once_and_nobody_elses(
    study: SeededStudy, desk: aiohttp.ClientSession, server: TestServer
) -> None:
    await seed_staff(study, "ben")
    async with browsing(server) as second, browsing(server) as third, browsing(server) as ben:
        await sign_in(second)
        await sign_in(third)
        await sign_in(ben, "ben")
        _, html = await page(desk, ME)
        marks = re.findall(r'name="mark" value="([0-9a-f]{64})"', html)
        assert len(marks) == 2
        _, mine = await page(ben, ME)
        # A mark of somebody else's session ends nothing.
        form = re.findall(r'name="form" value="(\w+)"', mine)[0]
        sent = {"form": form, "mark": marks[0]}
        async with ben.post(f"{ME}/sessions/end", data=sent) as answer:
            assert answer.status == 200
        assert (await page(second, ME))[1].count("Signed in") == 3
        async with desk.post(
            f"{ME}/sessions/end", data={"form": re.findall(r'"form" value="(\w+)"', html)[0]}
        ) as answer:
            assert "All your other sessions have ended." in await answer.text()
        for gone in (second, third):
            assert "You were signed out" in (await page(gone))[1]
        assert (await page(ben, ME))[0] == 200


async def test_a_new_password_of_ones_own_ends_the_other_sessions(
    desk: aiohttp.ClientSession, server: TestServer, owner: asyncpg.Connection
) -> None:
    async with browsing(server) as other:
        await sign_in(other)
        status, html = await change(desk, PASSWORD, FRESH)
        assert (status, "Your password is changed." in html) == (200, True)
        assert "You were signed out" in (await page(other))[1]
        assert (await sign_in(other))[0] == 422
        assert (await sign_in(other, "anna", FRESH))[0] == 200
    entry = await owner.fetchval(
        "SELECT actor FROM pro.audit_entries WHERE table_name = 'person_passwords'"
        " ORDER BY id DESC LIMIT 1"
    )
    assert entry == "staff:anna"


@pytest.mark.parametrize(
    ("old", "new", "again", "says"),
    [
        ("not the password", FRESH, FRESH, "This is not your present password."),
        (PASSWORD, FRESH, "other words typed here", "The two new passwords differ."),
        (PASSWORD, "short", "short", "The password is too short"),
        (PASSWORD, "anna anna 12345", "anna anna 12345", "has your login name in it"),
    ],
)
async def test_a_password_that_cannot_be_is_refused_and_nothing_changes(
    desk: aiohttp.ClientSession,
    owner: asyncpg.Connection,
    old: str,
    new: str,
    again: str,
    says: str,
) -> None:
    _, html = await page(desk, ME)
    status, html = await press(desk, html, f"{ME}/password", old=old, new=new, again=again)
    assert (status, says in html) == (422, True)
    assert await owner.fetchval("SELECT count(*) FROM pro.person_passwords") == 1


async def test_the_old_password_is_guessed_no_oftener_than_at_the_door(
    desk: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "TRIES_A_LOGIN", 2)
    tried = [(await change(desk, "a wrong password", FRESH))[0] for _ in range(3)]
    assert tried == [422, 422, 429]
    assert (await change(desk, PASSWORD, FRESH))[0] == 429


async def test_the_account_needs_a_session_and_its_own_forms(
    browser: aiohttp.ClientSession, study: SeededStudy
) -> None:
    await seed_staff(study)
    for path in (ME, f"{ME}/factor"):
        async with browser.get(path, allow_redirects=False) as answer:
            assert answer.headers["Location"] == "/desk/sign-in"
    await sign_in(browser)
    for path in (f"{ME}/sessions/end", f"{ME}/password", f"{ME}/factor", "/desk/prove"):
        async with browser.post(path, data={"form": "guessed"}) as answer:
            assert answer.status == 403
