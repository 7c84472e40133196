"""A password by a link: an invitation or a reset, shown once, used once, for three days."""

from __future__ import annotations

import aiohttp
import asyncpg

from pro_service.services.study.accounts import make_link
from pro_service.services.study.staff import add_staff
from tests.support.desk import PASSWORD, page, press, seed_staff, sign_in
from tests.support.seed import ACTOR, SeededStudy

FRESH = "another four plain words"
OVER = "This link does not work any more"


async def invited(study: SeededStudy, login: str = "ben") -> str:
    """Somebody new, and the path of their link."""
    words = {"site_code": "S1", "role": "coordinator", "language": "en", "actor": ACTOR}
    await add_staff(study.owner, study.id, login=login, **words)
    return await linked(study, login)


async def linked(study: SeededStudy, login: str) -> str:
    """The path of a further link."""
    made = await make_link(study.owner, "", login=login, kind="reset", actor=ACTOR, reason="lost")
    return made.address


async def use(browser: aiohttp.ClientSession, path: str, password: str) -> tuple[int, str]:
    """Open a link and set a password by it."""
    _, html = await page(browser, path)
    return await press(browser, html, "/desk/link", password=password, again=password)


async def test_an_invitation_sets_the_first_password_and_is_used_by_that(
    study: SeededStudy, browser: aiohttp.ClientSession, owner: asyncpg.Connection
) -> None:
    path = await invited(study)
    token = path.rpartition("/")[2]
    assert token not in await owner.fetchval(
        "SELECT encode(token_sha256, 'hex') FROM pro.account_links"
    )
    assert (await sign_in(browser, "ben", ""))[0] == 422
    for _ in range(2):  # Opening it does nothing: scanners of mail open links.
        status, html = await page(browser, path)
        assert (status, 'value="ben"' in html) == (200, True)
    status, html = await use(browser, path, FRESH)
    assert (status, "Your password is set." in html) == (200, True)
    status, html = await page(browser, path)
    assert (status, OVER in html) == (410, True)
    assert (await sign_in(browser, "ben", FRESH))[0] == 200
    ends = await owner.fetch("SELECT why, actor FROM pro.account_link_ends")
    assert [tuple(one) for one in ends] == [("used", "staff:ben")]


async def test_a_weak_password_leaves_the_link_open(
    study: SeededStudy, browser: aiohttp.ClientSession
) -> None:
    path = await invited(study)
    status, html = await use(browser, path, "short")
    assert (status, "too short" in html) == (422, True)
    _, html = await page(browser, path)
    status, html = await press(browser, html, "/desk/link", password=FRESH, again="differs")
    assert (status, "differ" in html) == (422, True)
    assert (await use(browser, path, FRESH))[0] == 200


async def test_a_renewed_link_ends_the_one_before_and_an_old_one_is_over(
    study: SeededStudy, browser: aiohttp.ClientSession, owner: asyncpg.Connection
) -> None:
    first = await invited(study)
    second = await linked(study, "ben")
    assert (await page(browser, first))[0] == 410
    assert (await page(browser, second))[0] == 200
    await owner.execute("ALTER TABLE pro.account_links DISABLE TRIGGER insert_only")
    await owner.execute(
        "UPDATE pro.account_links SET recorded_at = recorded_at - interval '3 days',"
        " expires_at = expires_at - interval '3 days'"
    )
    assert (await page(browser, second))[0] == 410
    assert (await page(browser, "/desk/link/never-made"))[0] == 410


async def test_a_reset_changes_nothing_until_it_is_used_and_then_ends_every_session(
    study: SeededStudy, browser: aiohttp.ClientSession, desk: aiohttp.ClientSession
) -> None:
    path = await linked(study, "anna")
    assert (await page(desk))[0] == 200
    assert (await sign_in(browser))[0] == 200
    await use(browser, path, FRESH)
    assert "You were signed out" in (await page(desk))[1]
    assert (await sign_in(browser, "anna", PASSWORD))[0] == 422
    assert (await sign_in(browser, "anna", FRESH))[0] == 200


async def test_who_was_stopped_gets_in_by_no_link(
    study: SeededStudy, browser: aiohttp.ClientSession, owner: asyncpg.Connection
) -> None:
    await seed_staff(study)
    path = await linked(study, "anna")
    async with owner.transaction():
        await owner.execute("SELECT set_config('pro.reason', 'left', true)")
        await owner.execute(
            "UPDATE pro.people SET disabled_at = clock_timestamp(), disabled_reason = 'left'"
        )
    assert (await page(browser, path))[0] == 410
