"""One person, one password, several studies: who gets in where, and how it ends."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import aiohttp
import asyncpg
import pytest
from aiohttp.test_utils import TestServer

from pro_service.services.desk import sign_in as service
from pro_service.services.study import staff
from pro_service.services.study.sites import UnknownNameError
from pro_service.services.study.staff import Joining, NotJoinedError, make_staff
from pro_service.store.study.people import list_people
from tests.support.desk import PASSWORD, age_session, other_study, page, press, seed_staff, sign_in
from tests.support.seed import ACTOR, SeededParticipant, SeededStudy
from tests.support.web import browsing

CHOOSER = "Choose a study"
NOW = "What to do now"
NONE = "You have no study here now"


@pytest.fixture
async def other(study: SeededStudy) -> UUID:
    """A second study, in which anna works as well: coordinator of S1, investigator of B1."""
    second = await other_study(study)
    await seed_staff(study)
    await give_role(study, second, "anna", "B1", "investigator")
    return second


async def give_role(
    study: SeededStudy, study_id: UUID, login: str, site: str | None, role: str
) -> staff.Added:
    """A role in a study, as an operator gives it."""
    return await staff.add_staff(
        study.owner,
        study_id,
        login=login,
        language="en",
        site_code=site,
        role=role,
        actor=ACTOR,
    )


async def choose(browser: aiohttp.ClientSession, study_id: UUID) -> tuple[int, str]:
    """Press a study's button on the chooser."""
    _, html = await page(browser, "/desk/studies")
    return await press(browser, html, "/desk/studies", study=str(study_id))


def cookie_of(browser: aiohttp.ClientSession) -> str:
    return {one.key: one.value for one in browser.cookie_jar}["desk"]


async def events(owner: asyncpg.Connection) -> list[str]:
    rows = await owner.fetch("SELECT kind FROM pro.staff_events ORDER BY id")
    return [row["kind"] for row in rows]


async def test_a_second_study_locks_nobody_out_of_the_first(
    study: SeededStudy, other: UUID, browser: aiohttp.ClientSession
) -> None:
    status, html = await sign_in(browser)
    assert (status, CHOOSER in html) == (200, True)
    for words in ("Example", "Other trial", "Coordinator · S1", "Investigator · B1"):
        assert words in html
    for study_id, site in ((study.id, "S1"), (other, "B1"), (study.id, "S1")):
        _, html = await choose(browser, study_id)
        assert NOW in html
        assert site in html
        assert "Another study" in html


async def test_the_only_study_opens_at_once_and_none_other_is_offered(
    study: SeededStudy, browser: aiohttp.ClientSession
) -> None:
    await seed_staff(study)
    _, html = await sign_in(browser)
    assert NOW in html
    assert "Another study" not in html


async def test_a_studys_code_before_the_name_opens_that_study(
    study: SeededStudy, other: UUID, browser: aiohttp.ClientSession
) -> None:
    _, html = await sign_in(browser, "Other/anna")
    assert (NOW in html, "B1" in html) == (True, True)


async def test_every_choice_is_a_new_session_that_lasts_no_longer_and_is_recorded(
    study: SeededStudy,
    other: UUID,
    browser: aiohttp.ClientSession,
    server: TestServer,
    owner: asyncpg.Connection,
) -> None:
    await sign_in(browser)
    first = cookie_of(browser)
    await age_session(owner, seen=timedelta(minutes=5), started=timedelta(hours=11))
    await choose(browser, study.id)
    second = cookie_of(browser)
    await choose(browser, other)
    assert len({first, second, cookie_of(browser)}) == 3
    for old in (first, second):
        async with (
            browsing(server) as thief,
            thief.get("/desk", cookies={"desk": old}, allow_redirects=False) as answer,
        ):
            assert answer.headers["Location"].startswith("/desk/sign-in")
    assert await events(owner) == ["password_set", "signed_in", "study_chosen", "study_chosen"]
    chosen = await owner.fetch(
        "SELECT study_id, actor FROM pro.staff_events WHERE kind = 'study_chosen' ORDER BY id"
    )
    assert [tuple(one) for one in chosen] == [(study.id, "staff:anna"), (other, "staff:anna")]
    hours = await owner.fetchval(
        "SELECT clock_timestamp() - started_at FROM pro.staff_sessions WHERE ended_at IS NULL"
    )
    assert hours > timedelta(hours=11)


async def test_nothing_of_one_study_is_seen_or_done_from_the_other(
    study: SeededStudy,
    other: UUID,
    participant: SeededParticipant,
    browser: aiohttp.ClientSession,
    owner: asyncpg.Connection,
) -> None:
    await sign_in(browser)
    await choose(browser, study.id)
    status, left_open = await page(browser, f"/desk/participants/{participant.code}")
    assert status == 200
    await choose(browser, other)
    assert (await page(browser, f"/desk/participants/{participant.code}"))[0] == 404
    assert participant.code not in (await page(browser))[1]
    # A page of the first study, left open in another tab, does nothing any more.
    pause = f"/desk/participants/{participant.code}/pause/preview"
    status, _ = await press(browser, left_open, pause, until="2030-01-01", reason="x")
    assert status == 403
    assert (
        await owner.fetchval("SELECT count(*) FROM pro.audit_entries WHERE actor LIKE 'staff:%'")
        == 0
    )


async def test_a_study_that_is_not_theirs_cannot_be_chosen(
    study: SeededStudy, browser: aiohttp.ClientSession, owner: asyncpg.Connection
) -> None:
    second = await other_study(study)
    await seed_staff(study)
    await sign_in(browser)
    before = cookie_of(browser)
    _, html = await choose(browser, second)
    assert (CHOOSER in html, cookie_of(browser)) == (True, before)
    _, shown = await page(browser, "/desk/studies")
    assert (await press(browser, shown, "/desk/studies", study="no id"))[0] == 400
    assert "study_chosen" not in await events(owner)


async def test_the_chooser_needs_a_session_and_its_own_form(
    other: UUID, browser: aiohttp.ClientSession
) -> None:
    async with browser.get("/desk/studies", allow_redirects=False) as answer:
        assert answer.headers["Location"] == "/desk/sign-in"
    await sign_in(browser)
    async with browser.post("/desk/studies", data={"study": str(other)}) as answer:
        assert answer.status == 403
    assert CHOOSER in (await page(browser))[1]


async def test_ending_a_membership_works_at_the_next_request_and_leaves_the_others(
    study: SeededStudy, other: UUID, server: TestServer, owner: asyncpg.Connection
) -> None:
    async with browsing(server) as here, browsing(server) as there:
        await sign_in(here, "OTHER/anna")
        await sign_in(there)
        await choose(there, study.id)
        await staff.end_membership(owner, other, login="anna", reason="left the trial")
        _, html = await page(here)
        assert "Your work in “Other trial” has ended" in html
        assert ("Example" in html, "Investigator" in html) == (True, False)
        _, html = await page(there)
        assert (NOW in html, "Another study" in html) == (True, False)
        assert NOW in (await choose(here, study.id))[1]
    ended = await owner.fetchrow(
        "SELECT valid_to IS NOT NULL AS over, role FROM pro.staff_assignments WHERE study_id = $1",
        other,
    )
    assert tuple(ended) == (True, "investigator")
    entry = await owner.fetchrow(
        "SELECT study_id, actor, reason FROM pro.audit_entries"
        " WHERE table_name = 'staff' AND operation = 'UPDATE' ORDER BY id DESC LIMIT 1"
    )
    assert tuple(entry) == (other, "test:owner", "left the trial")


async def test_who_has_no_study_left_is_told_so_and_a_wrong_password_is_not(
    study: SeededStudy, desk: aiohttp.ClientSession, owner: asyncpg.Connection
) -> None:
    await staff.end_membership(owner, study.id, login="anna", reason="left")
    _, html = await page(desk)
    assert (NONE in html, "has ended" in html) == (True, True)
    assert "signed out" in (await press(desk, html, "/desk/sign-out"))[1]
    status, html = await sign_in(desk)
    assert (status, NONE in html) == (200, True)
    for path in ("/desk", "/desk/participants/P-001", "/desk/anything"):
        assert NONE in (await page(desk, path))[1]
    status, html = await sign_in(desk, "anna", "not the password")
    assert (status, "do not belong together" in html) == (422, True)


async def test_who_is_added_again_gets_in_again_with_the_old_password(
    study: SeededStudy, desk: aiohttp.ClientSession, owner: asyncpg.Connection
) -> None:
    await staff.end_membership(owner, study.id, login="anna", reason="left")
    with pytest.raises(UnknownNameError, match="no member"):
        await staff.end_membership(owner, study.id, login="anna", reason="left")
    added = await give_role(study, study.id, "anna", "S1", "monitor")
    assert added.joining is Joining.again
    assert NOW in (await page(desk))[1]
    held = await owner.fetch("SELECT role, valid_to FROM pro.staff_assignments ORDER BY id")
    assert [(one["role"], one["valid_to"] is None) for one in held] == [
        ("coordinator", False),
        ("monitor", True),
    ]


async def test_whoever_is_stopped_is_out_at_the_next_request_in_every_study(
    study: SeededStudy, other: UUID, server: TestServer, owner: asyncpg.Connection
) -> None:
    async with browsing(server) as here, browsing(server) as there:
        await sign_in(here)
        await sign_in(there, "other/anna")
        words = {"login": "anna", "reason": "telephone stolen", "actor": ACTOR}
        assert await staff.disable_person(owner, **words) == 2
        for browser in (here, there):
            assert "access to this desk has been stopped" in (await page(browser))[1]
        status, html = await sign_in(here)
        assert (status, "has been stopped" in html) == (403, True)
        wrong, html = await sign_in(here, "anna", "not the password")
        assert (wrong, "has been stopped" in html) == (422, False)
        assert await staff.enable_person(owner, login="anna", reason="found again")
        assert "Sign in" in (await page(there))[1]
        assert CHOOSER in (await sign_in(here))[1]
    entries = await owner.fetch(
        "SELECT reason FROM pro.audit_entries WHERE table_name = 'people' AND operation = 'UPDATE'"
        " ORDER BY id"
    )
    assert [one["reason"] for one in entries] == ["telephone stolen", "found again"]
    assert (await events(owner)).count("disabled") == 1


async def test_adding_somebody_known_keeps_their_password(
    study: SeededStudy, owner: asyncpg.Connection, browser: aiohttp.ClientSession
) -> None:
    second = await other_study(study)
    await seed_staff(study)
    await make_staff(
        owner, second, login="anna", password="some other words", site=None, role="monitor"
    )
    assert (await sign_in(browser, "anna", "some other words"))[0] == 422
    assert CHOOSER in (await sign_in(browser))[1]
    assert await owner.fetchval("SELECT count(*) FROM pro.person_passwords") == 1
    assert (await give_role(study, second, "anna", "B1", "monitor")).joining is Joining.member


async def test_tries_are_counted_by_the_name_whatever_stands_before_it(
    study: SeededStudy,
    other: UUID,
    browser: aiohttp.ClientSession,
    owner: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(service, "TRIES_A_LOGIN", 3)
    for name in ("anna", "nobody"):
        tried = [
            (await sign_in(browser, f"{code}{name}", "no"))[0] for code in ("", "OTHER/", "x/")
        ]
        assert tried == [422, 422, 422]
        assert (await sign_in(browser, f"y/{name}", PASSWORD))[0] == 429
    known = await owner.fetch("SELECT person_id FROM pro.sign_in_tries ORDER BY id")
    assert [one["person_id"] is None for one in known] == [False, False, True, True, True, True]


async def test_a_persons_row_is_never_changed_without_a_reason(
    study: SeededStudy, other: UUID, owner: asyncpg.Connection
) -> None:
    for change in (
        "UPDATE pro.people SET disabled_at = now(), disabled_reason = 'x'",
        "UPDATE pro.staff SET valid_to = clock_timestamp() + interval '1 s'",
    ):
        with pytest.raises(asyncpg.PostgresError, match="needs a reason"):
            await owner.execute(change)


async def test_two_logins_of_one_person_are_joined_openly(
    study: SeededStudy, owner: asyncpg.Connection, server: TestServer
) -> None:
    second = await other_study(study)
    await seed_staff(study, "li")
    words = "another four plain words"
    await make_staff(owner, second, login="mli", password=words, site="B1", role="monitor")
    async with browsing(server) as browser:
        assert NOW in (await sign_in(browser, "mli", words))[1]
        joined = {"keep": "li", "other": "mli", "reason": "one person: passport seen"}
        assert await staff.join_people(owner, **joined, actor=ACTOR) == "li"
        assert "Sign in" in (await page(browser))[1]
        assert (await sign_in(browser, "mli", words))[0] == 422
        # The name the second study knows still means them.
        for name in ("li", "mli"):
            assert CHOOSER in (await sign_in(browser, name))[1]
        await choose(browser, second)
    actors = await owner.fetch("SELECT actor FROM pro.staff_events WHERE kind = 'study_chosen'")
    assert [one["actor"] for one in actors] == ["staff:mli"]
    entries = await owner.fetch(
        "SELECT table_name, study_id FROM pro.audit_entries"
        " WHERE operation = 'UPDATE' AND reason = $1 ORDER BY id",
        joined["reason"],
    )
    assert [tuple(one) for one in entries] == [("staff", second), ("people", None)]
    with pytest.raises(NotJoinedError, match="already"):
        await staff.join_people(owner, **joined, actor=ACTOR)


async def test_who_is_stopped_or_in_the_same_study_is_not_joined(
    study: SeededStudy, owner: asyncpg.Connection
) -> None:
    await seed_staff(study, "li")
    await seed_staff(study, "mo")
    joined = {"keep": "li", "other": "mo", "reason": "x", "actor": ACTOR}
    with pytest.raises(NotJoinedError, match="members of"):
        await staff.join_people(owner, **joined)
    await staff.end_membership(owner, study.id, login="mo", reason="twice")
    await staff.disable_person(owner, login="mo", reason="x", actor=ACTOR)
    with pytest.raises(NotJoinedError, match="stopped"):
        await staff.join_people(owner, **joined)
    await staff.enable_person(owner, login="mo", reason="y")
    await staff.join_people(owner, **joined)
    assert await staff.enable_person(owner, login="mo", reason="z") is False


async def test_everybody_is_listed_with_roles_from_and_to(
    study: SeededStudy, other: UUID, owner: asyncpg.Connection, browser: aiohttp.ClientSession
) -> None:
    await sign_in(browser)
    await staff.end_membership(owner, other, login="anna", reason="left")
    (anna,) = await list_people(owner, None)
    assert (anna.login, anna.disabled_at, anna.last_sign_in is None) == ("anna", None, False)
    here, there = sorted(anna.memberships, key=lambda one: one.study == "OTHER")
    assert (here.valid_to, here.roles[0].site, here.roles[0].valid_to) == (None, "S1", None)
    assert there.valid_to == there.roles[0].valid_to
    assert there.valid_to is not None
    assert [one.study for one in (await list_people(owner, other))[0].memberships] == ["OTHER"]
