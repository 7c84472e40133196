"""Signing in: who gets in, who does not, and how it ends."""

from __future__ import annotations

from datetime import timedelta

import aiohttp
import asyncpg
import pytest
from aiohttp.test_utils import TestServer

from pro_service.services.desk import sign_in as service
from pro_service.services.study.passwords import Passwords, WeakPasswordError
from pro_service.services.study.staff import add_staff, revoke_sessions, set_password
from pro_service.store.pools import Pools
from tests.support.desk import PASSWORD, age_session, page, press, seed_staff, sign_in
from tests.support.seed import SeededStudy
from tests.support.web import browsing, serving


async def kinds(owner: asyncpg.Connection) -> list[str]:
    rows = await owner.fetch("SELECT kind FROM pro.staff_events ORDER BY id")
    return [row["kind"] for row in rows]


async def test_name_and_password_open_the_desk(
    study: SeededStudy, owner: asyncpg.Connection, browser: aiohttp.ClientSession
) -> None:
    await seed_staff(study)
    async with browser.post(
        "/desk/sign-in", data={"login": " Anna ", "password": PASSWORD}, allow_redirects=False
    ) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/desk")
        cookie = answer.headers["Set-Cookie"]
    for part in ("HttpOnly", "SameSite=Lax", "Path=/desk"):
        assert part in cookie
    token = cookie.partition("=")[2].partition(";")[0]
    stored = await owner.fetchval("SELECT encode(id_sha256, 'hex') FROM pro.staff_sessions")
    assert token not in stored
    status, text = await page(browser)
    assert (status, "What to do now" in text) == (200, True)
    assert await kinds(owner) == ["password_set", "signed_in"]


async def test_without_a_session_every_page_leads_to_signing_in(
    browser: aiohttp.ClientSession,
) -> None:
    for path in ("/desk", "/desk/participants/P-001", "/desk/anything"):
        async with browser.get(path, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/desk/sign-in")
    async with browser.post("/desk/sign-out", allow_redirects=False) as answer:
        assert answer.headers["Location"] == "/desk/sign-in"


async def test_what_is_sent_without_a_session_is_said_to_be_lost(
    owner: asyncpg.Connection, desk: aiohttp.ClientSession
) -> None:
    await age_session(owner, seen=timedelta(hours=13), started=timedelta(hours=13))
    for _ in ("a session that ended", "none"):
        async with desk.post("/desk/participants/P-001/entry/keep", data={"form": "x"}) as answer:
            assert (answer.status, answer.url.path) == (200, "/desk/sign-in")
            assert "what you sent just now was not stored" in await answer.text()
        desk.cookie_jar.clear()


async def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(
    study: SeededStudy, owner: asyncpg.Connection, browser: aiohttp.ClientSession
) -> None:
    await seed_staff(study)
    wrong_password = await sign_in(browser, "anna", "not the password")
    wrong_name = await sign_in(browser, "nobody", "not the password")
    assert wrong_password[0] == wrong_name[0] == 422
    assert wrong_password[1].replace('value="anna"', "") == wrong_name[1].replace(
        'value="nobody"', ""
    )
    rows = await owner.fetch("SELECT person_id FROM pro.staff_events WHERE kind = 'refused'")
    assert [row["person_id"] is None for row in rows] == [False, True]


async def test_staff_without_a_password_cannot_sign_in(
    study: SeededStudy, owner: asyncpg.Connection, browser: aiohttp.ClientSession
) -> None:
    words = {"site_code": "S1", "role": "coordinator", "language": "en", "actor": "test"}
    await add_staff(owner, study.id, login="ben", **words)
    assert (await sign_in(browser, "ben", ""))[0] == 422


async def test_too_many_tries_are_refused_whether_the_name_exists_or_not(
    study: SeededStudy,
    owner: asyncpg.Connection,
    browser: aiohttp.ClientSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(service, "TRIES_A_LOGIN", 2)
    await seed_staff(study)
    for name in ("anna", "nobody"):
        statuses = [(await sign_in(browser, name, "wrong words"))[0] for _ in range(3)]
        assert statuses == [422, 422, 429]
    assert (await sign_in(browser))[0] == 429
    assert await owner.fetchval("SELECT count(*) FROM pro.staff_sessions") == 0
    # A quarter of an hour later the right password works again.
    await owner.execute("UPDATE pro.sign_in_tries SET tried_at = tried_at - interval '16 minutes'")
    assert (await sign_in(browser))[0] == 200
    assert (await kinds(owner)).count("throttled") == 1


async def test_behind_a_trusted_proxy_the_browsers_address_is_counted(
    study: SeededStudy,
    pools: Pools,
    owner: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(service, "TRIES_AN_ADDRESS", 2)
    await seed_staff(study)
    async with serving(pools, study.context, trusted_proxies=1) as server, browsing(server) as desk:

        async def try_from(address: str, password: str) -> int:
            sent = {"login": "anna", "password": password}
            headers = {"X-Forwarded-For": f"198.51.100.9, {address}"}
            async with desk.post("/desk/sign-in", data=sent, headers=headers) as answer:
                return answer.status

        assert [await try_from("203.0.113.1", "no") for _ in range(3)] == [422, 422, 429]
        assert await try_from("203.0.113.2", PASSWORD) == 200
    known = await owner.fetch(
        "SELECT DISTINCT address FROM pro.staff_events WHERE address IS NOT NULL ORDER BY 1"
    )
    assert [one["address"] for one in known] == ["203.0.113.1", "203.0.113.2"]


async def test_an_address_is_throttled_across_names(
    study: SeededStudy, browser: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "TRIES_AN_ADDRESS", 3)
    statuses = [(await sign_in(browser, f"name{n}", "wrong words"))[0] for n in range(4)]
    assert statuses == [422, 422, 422, 429]


async def test_signing_in_forgets_the_tries_before(
    study: SeededStudy, owner: asyncpg.Connection, browser: aiohttp.ClientSession
) -> None:
    await seed_staff(study)
    await sign_in(browser, "anna", "wrong words")
    await sign_in(browser)
    assert await owner.fetchval("SELECT count(*) FROM pro.sign_in_tries") == 0


async def test_the_session_gets_a_new_id_at_every_sign_in(
    study: SeededStudy, owner: asyncpg.Connection, browser: aiohttp.ClientSession
) -> None:
    await seed_staff(study)
    await sign_in(browser)
    await sign_in(browser)
    rows = await owner.fetch("SELECT end_reason FROM pro.staff_sessions ORDER BY started_at")
    assert [row["end_reason"] for row in rows] == ["replaced", None]


@pytest.mark.parametrize(
    ("seen", "started"),
    [
        (timedelta(minutes=31), timedelta(hours=1)),
        (timedelta(minutes=1), timedelta(hours=13)),
    ],
)
async def test_a_session_ends_by_idling_and_by_age(
    owner: asyncpg.Connection, desk: aiohttp.ClientSession, seen: timedelta, started: timedelta
) -> None:
    await age_session(owner, seen=seen, started=started)
    status, text = await page(desk)
    assert (status, "You were signed out" in text) == (200, True)
    await age_session(owner, seen=timedelta(minutes=29), started=timedelta(hours=11))
    assert "What to do now" in (await page(desk))[1]


async def test_using_the_desk_keeps_a_session_alive(
    owner: asyncpg.Connection, desk: aiohttp.ClientSession
) -> None:
    await age_session(owner, seen=timedelta(minutes=20), started=timedelta(minutes=20))
    await page(desk)
    idle = await owner.fetchval(
        "SELECT clock_timestamp() - last_seen_at < interval '1 minute' FROM pro.staff_sessions"
    )
    assert idle is True


async def test_signing_out_ends_the_session_everywhere(
    server: TestServer, owner: asyncpg.Connection, desk: aiohttp.ClientSession
) -> None:
    stolen = {c.key: c.value for c in desk.cookie_jar if c.key == "desk"}
    _, text = await page(desk)
    assert "You are signed out" in (await press(desk, text, "/desk/sign-out"))[1]
    async with (
        browsing(server) as other,
        other.get("/desk", cookies=stolen, allow_redirects=False) as answer,
    ):
        assert answer.status == 303
    assert (await kinds(owner))[-1] == "signed_out"


async def test_an_operator_can_end_sessions_and_a_new_password_does(
    study: SeededStudy, desk: aiohttp.ClientSession
) -> None:
    assert await revoke_sessions(study.owner, login="anna", actor="test") == 1
    assert "Sign in" in (await page(desk))[1]
    await sign_in(desk)
    await set_password(
        study.owner,
        Passwords(),
        login="anna",
        password="another four plain words",
        actor="test",
    )
    assert "You were signed out" in (await page(desk))[1]
    assert (await sign_in(desk))[0] == 422
    assert (await sign_in(desk, "anna", "another four plain words"))[0] == 200


async def test_a_password_changed_while_the_old_one_is_looked_at_opens_nothing(
    study: SeededStudy,
    owner: asyncpg.Connection,
    browser: aiohttp.ClientSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await seed_staff(study)
    matches = Passwords.matches

    async def slowly(self: Passwords, stored: str | None, password: str) -> bool:
        found = await matches(self, stored, password)
        words = "another four plain words"
        await set_password(study.owner, Passwords(), login="anna", password=words, actor="test")
        return found

    monkeypatch.setattr(Passwords, "matches", slowly)
    assert (await sign_in(browser))[0] == 422
    assert await owner.fetchval("SELECT count(*) FROM pro.staff_sessions") == 0
    assert (await kinds(owner))[-1] == "refused"


async def test_staff_whose_assignment_ended_see_no_site(
    owner: asyncpg.Connection, desk: aiohttp.ClientSession
) -> None:
    async with owner.transaction():
        await owner.execute("SELECT set_config('pro.reason', 'left', true)")
        await owner.execute("UPDATE pro.staff_assignments SET valid_to = clock_timestamp()")
    status, text = await page(desk)
    assert (status, "not assigned to any site" in text) == (200, True)


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}],
)
async def test_a_form_from_another_site_is_refused(
    study: SeededStudy,
    owner: asyncpg.Connection,
    browser: aiohttp.ClientSession,
    headers: dict[str, str],
) -> None:
    await seed_staff(study)
    data = {"login": "anna", "password": PASSWORD}
    async with browser.post("/desk/sign-in", data=data, headers=headers) as answer:
        assert answer.status == 403
    assert await owner.fetchval("SELECT count(*) FROM pro.staff_sessions") == 0


async def test_a_form_without_the_sessions_secret_is_refused(
    owner: asyncpg.Connection, desk: aiohttp.ClientSession
) -> None:
    for sent in ({}, {"form": "guessed"}):
        async with desk.post("/desk/sign-out", data=sent) as answer:
            assert answer.status == 403
    assert await owner.fetchval("SELECT ended_at FROM pro.staff_sessions") is None


async def test_the_desk_role_reads_neither_passwords_nor_sessions(pools: Pools) -> None:
    for table in (
        "people",
        "person_passwords",
        "staff",
        "staff_passwords",
        "staff_sessions",
        "sign_in_tries",
        "staff_events",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pools.desk.fetch(f"SELECT * FROM pro.{table}")


async def test_passwords_and_door_events_are_never_changed(
    study: SeededStudy, owner: asyncpg.Connection
) -> None:
    await seed_staff(study)
    for table in ("person_passwords", "staff_events"):
        with pytest.raises(asyncpg.PostgresError, match="never changed"):
            await owner.execute(f"UPDATE pro.{table} SET actor = 'x'")
    entry = await owner.fetchval(
        "SELECT actor FROM pro.audit_entries WHERE table_name = 'person_passwords'"
    )
    assert entry == "test:seed"


@pytest.mark.parametrize("password", ["short", "a" * 20, "annaannaanna", "x" * 300])
async def test_a_weak_password_is_refused(study: SeededStudy, password: str) -> None:
    with pytest.raises(WeakPasswordError):
        await set_password(study.owner, Passwords(), login="anna", password=password, actor="test")
