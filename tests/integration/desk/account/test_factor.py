"""The second factor: demanded by role, set up at the door, given as a second step, reset."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import aiohttp
import asyncpg
import pyotp
import pytest
from aiohttp.test_utils import TestServer

from pro_service.domain.study.permissions import Role
from pro_service.services.base.context import ServiceContext
from pro_service.services.desk import sign_in as door
from pro_service.services.desk.account.codes import recovery_sha256, step_of
from pro_service.services.study.accounts import reset_factor
from pro_service.store.pools import Pools
from tests.support.desk import PASSWORD, page, press, seed_staff, sign_in
from tests.support.forms import form_to
from tests.support.seed import SeededStudy
from tests.support.web import browsing, serving

SECOND = "/desk/sign-in/second"
NOW = "What to do now"
DEMANDED = door.Door(frozenset({Role.coordinator}))


@pytest.fixture
async def server(pools: Pools, context: ServiceContext) -> AsyncIterator[TestServer]:
    """A desk that demands a second factor of coordinators."""
    async with serving(pools, context, door=DEMANDED) as running:
        yield running


async def code_of(owner: asyncpg.Connection, secret: str, steps: int = 0) -> str:
    """What a telephone shows, by the database's clock, so many half minutes from now."""
    now = await owner.fetchval("SELECT clock_timestamp()")
    totp = pyotp.TOTP(secret)
    return totp.generate_otp(totp.timecode(now) + steps)


async def set_up(
    browser: aiohttp.ClientSession, owner: asyncpg.Connection
) -> tuple[str, list[str]]:
    """Sign in for the first time and set the second factor up; the secret and recovery codes."""
    _, html = await sign_in(browser)
    secret = dict(form_to(html, SECOND).fields)["secret"]
    _, html = await press(browser, html, SECOND, code=await code_of(owner, secret))
    return secret, re.findall(r"<code>([A-Z0-9-]{14})</code>", html)


async def give(browser: aiohttp.ClientSession, code: str) -> tuple[int, str]:
    """The second step, with the password before it."""
    _, html = await sign_in(browser)
    return await press(browser, html, SECOND, code=code)


async def forget(owner: asyncpg.Connection) -> None:
    """The codes used so far count no more: as if half an hour had passed."""
    await owner.execute("ALTER TABLE pro.person_factor_uses DISABLE TRIGGER insert_only")
    await owner.execute("DELETE FROM pro.person_factor_uses WHERE kind = 'code'")


async def test_a_role_that_demands_it_sets_it_up_before_anything_opens(
    study: SeededStudy, browser: aiohttp.ClientSession, owner: asyncpg.Connection
) -> None:
    await seed_staff(study)
    status, html = await sign_in(browser)
    assert (status, "Set up the second step" in html, "<svg" in html) == (200, True, True)
    before = {one.key: one.value for one in browser.cookie_jar}["desk"]
    for path in ("/desk", "/desk/me", "/desk/studies", "/desk/participants"):
        async with browser.get(path, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, SECOND)
    status, html = await press(browser, html, SECOND, code="000000")
    assert (status, "does not fit the picture" in html) == (422, True)
    secret = dict(form_to(html, SECOND).fields)["secret"]
    status, html = await press(browser, html, SECOND, code=await code_of(owner, secret))
    assert (status, html.count("<code>")) == (200, 10)
    assert {one.key: one.value for one in browser.cookie_jar}["desk"] != before
    assert NOW in (await page(browser))[1]
    kept = await owner.fetchrow("SELECT secret_sealed, recovery_sha256 FROM pro.person_factors")
    assert secret.encode() not in kept["secret_sealed"]
    assert len(kept["recovery_sha256"]) == 10


async def test_a_secret_of_another_session_is_not_kept(
    study: SeededStudy, browser: aiohttp.ClientSession, owner: asyncpg.Connection
) -> None:
    await seed_staff(study)
    _, html = await sign_in(browser)
    secret = pyotp.random_base32()
    code = await code_of(owner, secret)
    status, html = await press(browser, html, SECOND, secret=secret, code=code)
    assert (status, "from an earlier sign-in" in html) == (422, True)
    assert await owner.fetchval("SELECT count(*) FROM pro.person_factors") == 0


async def test_a_code_is_the_second_step_counts_once_and_renews_the_session(
    study: SeededStudy,
    browser: aiohttp.ClientSession,
    server: TestServer,
    owner: asyncpg.Connection,
) -> None:
    await seed_staff(study)
    secret, _ = await set_up(browser, owner)
    await forget(owner)
    code = await code_of(owner, secret)
    async with browsing(server) as other:
        status, html = await sign_in(other)
        assert "please enter the code" in html
        half = {one.key: one.value for one in other.cookie_jar}["desk"]
        status, html = await press(other, html, SECOND, code=code)
        assert (status, NOW in html) == (200, True)
        assert {one.key: one.value for one in other.cookie_jar}["desk"] != half
        # The id from before the second step opens nothing, and the code nothing more.
        async with (
            browsing(server) as thief,
            thief.get("/desk", cookies={"desk": half}, allow_redirects=False) as answer,
        ):
            assert answer.headers["Location"].startswith("/desk/sign-in?ended")
        status, html = await give(other, code)
        assert (status, "was used before" in html) == (422, True)
        # Nor does one of the half minute before it.
        assert (await give(other, await code_of(owner, secret, -1)))[0] == 422
    kinds = await owner.fetch("SELECT kind FROM pro.staff_events ORDER BY id")
    assert [one["kind"] for one in kinds].count("proof_refused") == 2


@pytest.mark.parametrize(("steps", "taken"), [(-2, False), (-1, True), (1, True), (2, False)])
async def test_a_telephones_clock_may_be_half_a_minute_off(
    owner: asyncpg.Connection, steps: int, taken: bool
) -> None:
    now, secret = await owner.fetchval("SELECT clock_timestamp()"), pyotp.random_base32()
    totp = pyotp.TOTP(secret)
    code = totp.generate_otp(totp.timecode(now) + steps)
    assert (step_of(secret, f"{code[:3]} {code[3:]}", now) is not None) is taken
    assert step_of(secret, "12345", now) is None


async def test_a_recovery_code_works_once(
    study: SeededStudy, browser: aiohttp.ClientSession, owner: asyncpg.Connection
) -> None:
    await seed_staff(study)
    _, recovery = await set_up(browser, owner)
    assert len(set(recovery)) == 10
    assert NOW in (await give(browser, recovery[3].lower()))[1]
    assert (await give(browser, recovery[3]))[0] == 422
    assert NOW in (await give(browser, recovery[4].replace("-", "")))[1]
    assert recovery_sha256(recovery[0]) != recovery_sha256(recovery[1])


async def test_codes_are_not_guessed_and_the_password_makes_no_room_for_more(
    study: SeededStudy,
    browser: aiohttp.ClientSession,
    owner: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await seed_staff(study)
    _, recovery = await set_up(browser, owner)
    monkeypatch.setattr(door, "TRIES_A_LOGIN", 2)
    # Each try signs in anew: that clears the tries of the password, and none of the code's.
    assert [(await give(browser, "000000"))[0] for _ in range(3)] == [422, 422, 429]
    assert (await give(browser, recovery[0]))[0] == 429


async def test_a_reset_asks_for_another_and_is_recorded_with_its_reason(
    study: SeededStudy, browser: aiohttp.ClientSession, owner: asyncpg.Connection
) -> None:
    await seed_staff(study)
    await set_up(browser, owner)
    await reset_factor(owner, login="anna", reason="lost the phone", actor="cli:olga")
    assert "Set up the second step" in (await page(browser))[1] or NOW in (await page(browser))[1]
    assert "Set up the second step" in (await sign_in(browser))[1]
    row = await owner.fetchrow("SELECT why, actor, reason FROM pro.person_factor_ends")
    assert tuple(row) == ("reset", "cli:olga", "lost the phone")


async def test_who_has_one_is_asked_though_the_role_does_not_demand_it(
    study: SeededStudy,
    pools: Pools,
    context: ServiceContext,
    browser: aiohttp.ClientSession,
    owner: asyncpg.Connection,
) -> None:
    await seed_staff(study)
    secret, _ = await set_up(browser, owner)
    async with serving(pools, context) as plain, browsing(plain) as other:
        _, html = await sign_in(other)
        assert "please enter the code" in html
        code = await code_of(owner, secret, 1)
        assert NOW in (await press(other, html, SECOND, code=code))[1]


async def test_without_the_setting_nobody_is_asked(
    study: SeededStudy, pools: Pools, context: ServiceContext
) -> None:
    await seed_staff(study)
    async with serving(pools, context) as plain, browsing(plain) as other:
        assert NOW in (await sign_in(other))[1]
        _, html = await page(other, "/desk/me/factor")
        assert "Set up the second step" in html
        async with other.get(SECOND, allow_redirects=False) as answer:
            assert answer.headers["Location"] == "/desk/sign-in"


async def test_a_role_given_meanwhile_demands_it_at_the_next_request(
    study: SeededStudy, browser: aiohttp.ClientSession
) -> None:
    await seed_staff(study, role="monitor")
    assert NOW in (await sign_in(browser))[1]
    await seed_staff(study)  # A coordinator as well, from now on.
    assert "Set up the second step" in (await page(browser))[1]
    assert (await sign_in(browser, "anna", PASSWORD))[0] == 200


async def test_the_desk_reads_neither_secrets_nor_links(pools: Pools) -> None:
    for table in ("person_factors", "person_factor_uses", "account_links", "account_link_ends"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pools.desk.fetch(f"SELECT * FROM pro.{table}")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pools.clerk.fetch("SELECT secret_sealed FROM pro.person_factors")
