"""Wrong tries at the desk's door keep out whoever makes them, and nobody else (M4)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import asyncpg
import pytest
from aiohttp.test_utils import TestServer

from pro_service.services.desk import sign_in as service
from pro_service.services.desk.sign_in import TRIES_A_LOGIN
from pro_service.store.pools import Pools
from tests.support.desk import PASSWORD, seed_staff
from tests.support.seed import SeededStudy
from tests.support.web import browsing, serving

HOSPITAL, HOME = "203.0.113.7", "198.51.100.4"

WRONG = "wrong words"


@pytest.fixture
async def site(study: SeededStudy, pools: Pools) -> AsyncIterator[TestServer]:
    """Two members of staff, and a server behind a proxy of ours."""
    await seed_staff(study)
    await seed_staff(study, "ben")
    async with serving(pools, study.context, trusted_proxies=1) as server:
        yield server


class Door:
    """The sign-in, tried from wherever."""

    def __init__(self, browser: aiohttp.ClientSession) -> None:
        self.browser = browser

    async def tries(self, login: str, address: str, password: str = WRONG) -> int:
        """Try once; the status. Who is in is let out again, to try anew."""
        data, headers = {"login": login, "password": password}, {"X-Forwarded-For": address}
        self.browser.cookie_jar.clear()
        async with self.browser.post(
            "/desk/sign-in", data=data, headers=headers, allow_redirects=False
        ) as answer:
            assert (answer.status == 429) == ("Retry-After" in answer.headers)
            return answer.status


@pytest.fixture
async def door(site: TestServer) -> AsyncIterator[Door]:
    async with browsing(site) as browser:
        yield Door(browser)


async def test_m4_sixty_wrong_tries_at_one_name_lock_out_nobody_beside(door: Door) -> None:
    tried = [await door.tries("anna", HOSPITAL) for _ in range(60)]
    assert tried == [422] * TRIES_A_LOGIN + [429] * (60 - TRIES_A_LOGIN)
    assert await door.tries("ben", HOSPITAL, PASSWORD) == 303
    # Nor the person themselves, anywhere else.
    assert await door.tries("anna", HOSPITAL, PASSWORD) == 429
    assert await door.tries("anna", HOME, PASSWORD) == 303


async def test_m4_an_ipv6_network_counts_as_one(door: Door) -> None:
    for number in range(TRIES_A_LOGIN):
        assert await door.tries("anna", f"2001:db8:0:7::{number}") == 422
    assert await door.tries("anna", "2001:db8:0:7:abcd::1", PASSWORD) == 429
    assert await door.tries("anna", "2001:db8:0:8::1", PASSWORD) == 303


async def test_m4_who_signed_in_from_there_before_waits_for_nobody(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await door.tries("anna", HOSPITAL, PASSWORD) == 303
    assert await door.tries("ben", "2001:db8:0:7::1", PASSWORD) == 303
    monkeypatch.setattr(service, "TRIES_AN_ADDRESS", 3)
    monkeypatch.setattr(service, "TRIES_EVERYWHERE", 3)
    # Somebody beside them guesses at many names, and somebody elsewhere at theirs.
    statuses = [await door.tries(f"name{number}", HOSPITAL) for number in range(5)]
    assert statuses == [422, 422, 422, 429, 429]
    statuses = [await door.tries("ben", f"198.51.100.{number}") for number in range(3)]
    assert statuses == [422, 422, 422]
    assert await door.tries("ben", "198.51.100.0") == 429
    assert await door.tries("anna", HOSPITAL, PASSWORD) == 303
    assert await door.tries("ben", "2001:db8:0:7:1::9", PASSWORD) == 303


async def test_m4_at_a_name_that_is_guessed_at_a_stranger_waits_and_gets_in(
    door: Door, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "TRIES_EVERYWHERE", 4)
    monkeypatch.setattr(service, "FRESH_WAIT", service.TRIES_WITHIN)
    for number in range(4):
        assert await door.tries("anna", f"198.51.100.{number}") == 422
    assert await door.tries("anna", "198.51.100.0") == 429
    # All of a stranger's turn but the last seconds passes.
    turn = service.TRIES_WITHIN / 4 - timedelta(seconds=3)
    await owner.execute(
        "UPDATE pro.paces SET free_at = free_at - $1::interval WHERE what = 'sign-in as'", turn
    )
    assert await door.tries("anna", HOME, PASSWORD) == 303


async def test_m4_signing_in_gives_the_places_back(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "TRIES_AN_ADDRESS", 2)
    for login in ("anna", "ben"):
        assert await door.tries(login, HOSPITAL, PASSWORD) == 303
    assert [await door.tries(f"x{one}", HOSPITAL) for one in range(3)] == [422, 422, 429]


async def test_m4_the_limits_tell_no_name_from_one_that_nobody_has(door: Door) -> None:
    for login in ("anna", "nobody"):
        tried = [await door.tries(login, HOME) for _ in range(TRIES_A_LOGIN + 1)]
        assert tried == [422] * TRIES_A_LOGIN + [429]


async def test_m4_a_quarter_of_an_hour_later_there_are_tries_again(
    door: Door, owner: asyncpg.Connection
) -> None:
    for _ in range(TRIES_A_LOGIN + 1):
        await door.tries("anna", HOME)
    await owner.execute("UPDATE pro.sign_in_tries SET tried_at = tried_at - interval '16 minutes'")
    assert await door.tries("anna", HOME, PASSWORD) == 303


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:0:7:1:2:3:4", "2001:db8:0:7::/64"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
async def test_m4_the_database_tells_a_network_as_the_pages_do(
    owner: asyncpg.Connection, address: str, network: str
) -> None:
    assert await owner.fetchval("SELECT pro.network_of($1)", address) == network
