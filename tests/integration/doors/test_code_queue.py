"""Wrong codes wait in a queue and lock nobody out (M13); new cards have longer codes (M16)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from time import monotonic

import aiohttp
import asyncpg
import pytest

from pro_service.services.cards import cards
from pro_service.services.pages import entrance
from pro_service.services.pages.entrance import CODE_PACE, CODES_A_SOURCE
from pro_service.vault.codes import LENGTH, old_check
from tests.support.study import ACTOR, Trial, open_trial, row
from tests.support.waiting import until
from tests.support.web import browsing

WRONG = "A222222222"
OLD_BODY = "K7M4PX"


@pytest.fixture
async def trial(database_url: str) -> AsyncIterator[Trial]:
    """A participant with a card, behind a proxy of ours."""
    async with open_trial(database_url, trusted_proxies=1) as running:
        await running.enrol(row("K-001"))
        yield running


@pytest.fixture
async def browser(trial: Trial) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser that follows nobody."""
    async with browsing(trial.server) as session:
        yield session


async def known(trial: Trial) -> str:
    """The code on the card."""
    ((card,), _) = await cards.list_cards(
        trial.operator, trial.context, trial.study_id, actor=ACTOR
    )
    return card.code


async def post(browser: aiohttp.ClientSession, code: str, address: str = "203.0.113.1") -> int:
    """Type a code from an address; the status."""
    headers = {"X-Forwarded-For": address}
    async with browser.post(
        "/c", data={"code": code}, headers=headers, allow_redirects=False
    ) as answer:
        assert (answer.status == 429) == ("Retry-After" in answer.headers)
        return answer.status


def hurry(monkeypatch: pytest.MonkeyPatch, pace: float, longest: float, fresh: float) -> None:
    """A queue that moves faster than a second a try, by the same rule."""
    monkeypatch.setattr(entrance, "CODE_PACE", timedelta(seconds=pace))
    monkeypatch.setattr(entrance, "LONGEST_WAIT", timedelta(seconds=longest))
    monkeypatch.setattr(entrance, "FRESH_WAIT", timedelta(seconds=fresh))


async def has_place(owner: asyncpg.Connection, number: int) -> bool:
    """Whether the try of the address of this number has its place in the queue."""
    places = "SELECT count(*) FROM pro.paces WHERE what = 'code from'"
    return int(await owner.fetchval(places)) > number


async def test_m13_wrong_codes_are_served_in_order_one_a_second(
    browser: aiohttp.ClientSession, owner: asyncpg.Connection
) -> None:
    served: list[int] = []

    async def try_as(number: int) -> None:
        assert await post(browser, WRONG, f"203.0.113.{number}") == 422
        served.append(number)

    began = monotonic()
    tries = []
    for number in range(4):
        tries.append(asyncio.create_task(try_as(number)))
        await until(partial(has_place, owner, number))
    await asyncio.gather(*tries)
    assert served == [0, 1, 2, 3]
    assert monotonic() - began >= 3.0


async def test_m13_a_right_code_gives_its_place_back(
    trial: Trial, browser: aiohttp.ClientSession, owner: asyncpg.Connection
) -> None:
    code = await known(trial)
    for _ in range(CODES_A_SOURCE + 5):
        assert await post(browser, code) == 303
    # Kept, the places would reach almost half a minute ahead, and most tries been refused.
    ahead = "free_at > clock_timestamp() + $1::interval"
    assert await owner.fetchval(f"SELECT count(*) FROM pro.paces WHERE {ahead}", CODE_PACE) == 0


async def test_m13_who_guesses_from_everywhere_keeps_nobody_else_out(
    trial: Trial, browser: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry(monkeypatch, 0.1, 1.0, 1.5)
    code = await known(trial)
    guessers = [f"198.51.100.{number}" for number in range(60)]
    began = monotonic()
    first = await asyncio.gather(*(post(browser, WRONG, one) for one in guessers))
    # The queue is bounded: who would wait too long is sent away with a time to come again.
    assert 20 <= first.count(422) <= 26 + 10 * (monotonic() - began)
    assert first.count(429) == 60 - first.count(422)
    guessing = [asyncio.create_task(post(browser, WRONG, one)) for one in guessers]
    await asyncio.sleep(0.3)
    assert await post(browser, code, "203.0.113.77") == 303
    await asyncio.gather(*guessing)


async def test_m13_one_network_waits_after_its_share_and_another_does_not(
    trial: Trial, browser: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry(monkeypatch, 0.01, 20, 20)
    code = await known(trial)
    for number in range(CODES_A_SOURCE):
        # An IPv6 network of 64 bits is one, whatever its owner makes of the rest.
        assert await post(browser, WRONG, f"2001:db8:0:1::{number}") == 422
    assert await post(browser, code, "2001:db8:0:1:ffff::1") == 429
    assert await post(browser, code, "2001:db8:0:2::1") == 303
    assert await post(browser, code, "203.0.113.5") == 303
    # Three quarters of a minute later the network has one more.
    await trial.owner_does("UPDATE paces SET free_at = free_at - interval '46 seconds'")
    assert await post(browser, code, "2001:db8:0:1::9") == 303


async def test_m13_what_was_refused_is_not_counted(
    browser: aiohttp.ClientSession, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry(monkeypatch, 0.01, 20, 20)
    for _ in range(CODES_A_SOURCE):
        await post(browser, WRONG)
    counted = "SELECT what, free_at FROM pro.paces ORDER BY what"
    before = await owner.fetch(counted)
    for _ in range(5):
        assert await post(browser, WRONG) == 429
    assert await owner.fetch(counted) == before


async def test_m16_new_cards_have_ten_characters_and_older_codes_go_on_working(
    trial: Trial, browser: aiohttp.ClientSession, owner: asyncpg.Connection
) -> None:
    assert len((await known(trial)).replace("-", "")) == LENGTH == 10
    old = OLD_BODY + old_check(OLD_BODY)
    await owner.execute("SELECT set_config('pro.reason', 'an older card', false)")
    await owner.execute("UPDATE pro.participants SET personal_code = $1", old)
    assert await known(trial) == f"{old[:3]}-{old[3:]}"
    assert await post(browser, old.lower()) == 303
    await cards.renew_card(
        trial.operator, trial.context, trial.study_id, "K-001", actor=ACTOR, words="lost"
    )
    renewed = await known(trial)
    assert len(renewed.replace("-", "")) == LENGTH
    assert await post(browser, old) == 422
    assert await post(browser, renewed.replace("0", "O").replace("L", "1")) == 303


async def test_m16_codes_of_older_cards_are_guessed_more_slowly_and_hold_up_no_newer_ones(
    trial: Trial, browser: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entrance, "SHORT_CODES_AT_ONCE", 3)
    hurry(monkeypatch, 0.01, 1, 1)
    wrong = "A22222" + old_check("A22222")
    tried = [await post(browser, wrong, f"198.51.100.{number}") for number in range(5)]
    assert tried == [422, 422, 422, 429, 429]
    assert await post(browser, await known(trial)) == 303


async def test_a_clock_that_was_an_hour_ahead_keeps_nobody_waiting_at_the_door(
    trial: Trial, browser: aiohttp.ClientSession, owner: asyncpg.Connection
) -> None:
    code = await known(trial)
    assert await post(browser, WRONG) == 422
    # Put right, what was kept is an hour away.
    await owner.execute("UPDATE pro.paces SET free_at = free_at + interval '1 hour'")
    assert await post(browser, code) == 303
