"""Administrators keep staff at the desk: at their sites, never themselves, and see no record."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from uuid import UUID

import aiohttp
import asyncpg
import pytest
from aiohttp.test_utils import TestServer

from pro_service.domain.study.permissions import Action
from pro_service.messaging.staff_mail import StaffLetter
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.telling import Telling
from pro_service.services.desk.seat import Seat, at_clerk
from pro_service.services.desk.sign_in import find_session
from pro_service.store.ids import new_id
from pro_service.store.pools import Pools
from pro_service.texts.catalogue import load_texts
from pro_service.web.desk.routes import ROUTES
from tests.support.desk import (
    other_study,
    page,
    press,
    seed_alert,
    seed_call,
    seed_line,
    seed_site,
    seed_staff,
    seed_text,
    sign_in,
)
from tests.support.seed import SeededParticipant, SeededStudy
from tests.support.web import browsing, serving

STAFF = "/desk/staff"
FRESH = "another four plain words"


@dataclass
class PostBox:
    """Keeps the letters it was handed."""

    letters: list[StaffLetter] = field(default_factory=list)

    async def send(self, letter: StaffLetter) -> None:
        self.letters.append(letter)


@pytest.fixture
async def room(study: SeededStudy, browser: aiohttp.ClientSession) -> aiohttp.ClientSession:
    """A browser in which an administrator of S1 is signed in."""
    await seed_staff(study, "ada", role="administrator")
    status, html = await sign_in(browser, "ada")
    assert (status, "Who works in this study" in html) == (200, True)
    return browser


@pytest.fixture
async def whole(study: SeededStudy, server: TestServer) -> AsyncIterator[aiohttp.ClientSession]:
    """An administrator of the whole study."""
    await seed_staff(study, "wilma", site="S1", role="administrator")
    await seed_site(study, "S2")
    async with browsing(server) as browser:
        await study.owner.execute(
            "INSERT INTO pro.staff_assignments (study_id, id, staff_id, role, valid_from, actor)"
            " SELECT study_id, gen_random_uuid(), id, 'administrator', pro.now(), 'test:seed'"
            " FROM pro.staff WHERE login = 'wilma'"
        )
        await sign_in(browser, "wilma")
        yield browser


async def path_of(owner: asyncpg.Connection, login: str) -> str:
    """The page of one of the staff."""
    found: UUID = await owner.fetchval("SELECT id FROM pro.staff WHERE login = $1", login)
    return f"{STAFF}/{found}"


async def invite(browser: aiohttp.ClientSession, **typed: str) -> tuple[int, str]:
    """Fill in and send the form of an invitation."""
    _, html = await page(browser, f"{STAFF}/invite")
    who = {"login": "ben", "name": "Ben Li", "language": "en", "role": "coordinator", "site": "S1"}
    return await press(browser, html, f"{STAFF}/invite", **(who | typed))


async def test_an_invitation_is_handed_on_once_and_opens_the_desk(
    room: aiohttp.ClientSession, server: TestServer, owner: asyncpg.Connection
) -> None:
    status, html = await invite(room)
    found = re.search(r"https?://\S+(/desk/link/[\w-]+)", html)
    assert (status, found is not None) == (200, True)
    assert found is not None
    _, listed = await page(room, STAFF)
    assert "invited; link not used yet" in listed
    assert found[1] not in listed
    async with browsing(server) as ben:
        _, html = await page(ben, found[1])
        await press(ben, html, "/desk/link", password=FRESH, again=FRESH)
        assert "What to do now" in (await sign_in(ben, "ben", FRESH))[1]
    row = await owner.fetchrow("SELECT name, actor FROM pro.people WHERE login = 'ben'")
    assert tuple(row) == ("Ben Li", "staff:ada")


async def test_where_mail_is_set_the_link_is_sent_and_not_shown(
    study: SeededStudy, pools: Pools, context: ServiceContext, owner: asyncpg.Connection
) -> None:
    await seed_staff(study, "ada", role="administrator")
    box = PostBox()
    telling = Telling(box, load_texts("notices"))
    async with serving(pools, context, telling=telling) as running, browsing(running) as browser:
        await sign_in(browser, "ada")
        status, html = await invite(browser, email="ben@hospital.example", language="zh_CN")
        assert (status, "was sent to ben by e-mail" in html, "/desk/link/" in html) == (
            200,
            True,
            False,
        )
    (letter,) = box.letters
    assert (letter.to, "/desk/link/" in letter.body, "您已受邀" in letter.body) == (
        "ben@hospital.example",
        True,
        True,
    )
    sealed = await owner.fetchval("SELECT address_sealed FROM pro.staff_addresses")
    assert b"hospital" not in sealed


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"login": "a b"}, "cannot be a login name"),
        ({"email": "nowhere"}, "no e-mail address"),
        ({"site": "S2"}, "choose one of what is offered"),
        ({"site": "*"}, "choose one of what is offered"),
        ({"role": "allocation_holder"}, "This role un-blinds"),
        ({"role": "investigator"}, "sees answers and scores by the protocol"),
    ],
)
async def test_an_invitation_that_cannot_be_comes_back_as_it_was_typed(
    study: SeededStudy,
    room: aiohttp.ClientSession,
    owner: asyncpg.Connection,
    typed: dict[str, str],
    says: str,
) -> None:
    await seed_site(study, "S2")
    before = await owner.fetchval("SELECT count(*) FROM pro.people")
    status, html = await invite(room, **typed)
    assert (status, says in html, 'value="Ben Li"' in html) == (422, True, True)
    assert await owner.fetchval("SELECT count(*) FROM pro.people") == before


async def test_a_role_that_unblinds_is_given_for_a_reason_that_stays(
    study: SeededStudy, room: aiohttp.ClientSession, owner: asyncpg.Connection
) -> None:
    await seed_staff(study, "ben", role="monitor")
    path = await path_of(owner, "ben")
    _, html = await page(room, path)
    role = {"role": "allocation_holder", "site": "S1"}
    status, html = await press(room, html, f"{path}/role", **role)
    assert (status, "This role un-blinds" in html) == (422, True)
    _, html = await press(room, html, f"{path}/role", **role, reason="keeps the list")
    assert "ben is Holder of the allocation from now on." in html
    entry = await owner.fetchrow(
        "SELECT actor, reason FROM pro.audit_entries WHERE table_name = 'staff_assignments'"
        " ORDER BY id DESC LIMIT 1"
    )
    assert tuple(entry) == ("staff:ada", "keeps the list")


async def test_a_role_given_works_at_the_next_request_and_one_taken_back_no_more(
    study: SeededStudy,
    room: aiohttp.ClientSession,
    server: TestServer,
    owner: asyncpg.Connection,
) -> None:
    await seed_staff(study, "ben", role="monitor")
    path = await path_of(owner, "ben")
    async with browsing(server) as ben:
        await sign_in(ben, "ben")
        assert (await page(ben, "/desk/enrol"))[0] == 403
        _, html = await page(room, path)
        _, html = await press(room, html, f"{path}/role", role="coordinator", site="S1")
        assert (await page(ben, "/desk/enrol"))[0] == 200
        held = await owner.fetchval(
            "SELECT id FROM pro.staff_assignments WHERE role = 'coordinator'"
        )
        _, html = await press(
            room, html, f"{path}/role/end", role=str(held), reason="helps no more"
        )
        assert "That role of ben is taken back." in html
        assert (await page(ben, "/desk/enrol"))[0] == 403
        assert (await page(ben))[0] == 200


async def test_who_leaves_is_signed_out_and_what_they_leave_open_is_named_without_whom(
    study: SeededStudy,
    participant: SeededParticipant,
    room: aiohttp.ClientSession,
    server: TestServer,
    owner: asyncpg.Connection,
) -> None:
    await seed_staff(study, "ben")
    await owner.execute(
        "INSERT INTO pro.rota_entries (study_id, id, site_id, kind, weekdays, begins, ends,"
        " staff_id, first_on, actor) SELECT s.study_id, gen_random_uuid(), y.id, 'shift',"
        " ARRAY[0]::smallint[], '08:00', '20:00', s.id, date '2026-01-01', 'test'"
        " FROM pro.staff AS s JOIN pro.sites AS y ON y.study_id = s.study_id AND y.code = 'S1'"
        " WHERE s.login = 'ben'"
    )
    path = await path_of(owner, "ben")
    async with browsing(server) as ben:
        await sign_in(ben, "ben")
        _, html = await page(room, path)
        assert "1 places in rotas" in html
        assert participant.code not in html
        _, html = await press(room, html, f"{path}/end", reason="left the hospital")
        assert "ben works in this study no more" in html
        async with ben.get("/desk", allow_redirects=False) as answer:
            assert answer.headers["Location"] == "/desk/sign-in?ended=1"
    rows = await owner.fetch("SELECT actor, reason FROM pro.audit_entries WHERE table_name='staff'")
    assert ("staff:ada", "left the hospital") in {tuple(one) for one in rows}


async def test_nobody_keeps_their_own_account(
    room: aiohttp.ClientSession, owner: asyncpg.Connection
) -> None:
    path = await path_of(owner, "ada")
    _, html = await page(room, path)
    assert f'action="{path}' not in html
    form = re.findall(r'name="form" value="(\w+)"', html)[0]
    sent = {"form": form, "role": "investigator", "site": "S1", "reason": "I want to"}
    for name in ("role", "reset", "factor", "end"):
        async with room.post(f"{path}/{name}", data=sent) as answer:
            assert (answer.status, "another administrator" in await answer.text()) == (403, True)


async def test_whoever_works_elsewhere_too_is_reset_by_an_operator_alone(
    study: SeededStudy, room: aiohttp.ClientSession, owner: asyncpg.Connection
) -> None:
    """A new password would open the other study, or the other site, to whoever resets it."""
    await seed_site(study, "S2")
    await seed_staff(study, "ben")
    await seed_staff(study, "ben", site="S2")
    await seed_staff(study, "cleo")
    other = SeededStudy(**(study.__dict__ | {"id": await other_study(study)}))
    await seed_staff(other, "cleo", site="B1")
    for login in ("ben", "cleo"):
        path = await path_of(owner, login)
        _, html = await page(room, path)
        assert "resets their account" in html
        form = re.findall(r'name="form" value="(\w+)"', html)[0]
        for name in ("reset", "factor"):
            sent = {"form": form, "reason": "lost"}
            async with room.post(f"{path}/{name}", data=sent) as answer:
                assert answer.status == 403
    assert await owner.fetchval("SELECT count(*) FROM pro.account_links") == 0


async def test_the_database_itself_holds_an_administrator_to_their_sites(
    study: SeededStudy, pools: Pools, room: aiohttp.ClientSession, owner: asyncpg.Connection
) -> None:
    there = await seed_site(study, "S2")
    await seed_staff(study, "ben", site="S2")
    ben = await owner.fetchrow("SELECT id, person_id FROM pro.staff WHERE login = 'ben'")
    seat = await find_session(pools.desk, {one.key: one.value for one in room.cookie_jar}["desk"])
    assert isinstance(seat, Seat)
    give = (
        "INSERT INTO pro.staff_assignments (study_id, id, staff_id, site_id, role, valid_from,"
        " actor) VALUES ($1, $2, $3, $4, 'investigator', pro.now(), 'x')"
    )
    link = (
        "INSERT INTO pro.account_links (id, person_id, kind, token_sha256, expires_at, actor)"
        " VALUES ($1, $2, 'reset', sha256('x'), clock_timestamp() + interval '1 day', 'x')"
    )
    for site in (there, None):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with at_clerk(pools.clerk, seat, Action.keep_staff) as connection:
                await connection.execute(give, study.id, new_id(), ben["id"], site)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with at_clerk(pools.clerk, seat, Action.keep_staff) as connection:
            await connection.execute(link, new_id(), ben["person_id"])
    # Another action of theirs opens none of it.
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with at_clerk(pools.clerk, seat, Action.enrol) as connection:
            await connection.execute(give, study.id, new_id(), ben["id"], study.site_id)
    async with at_clerk(pools.clerk, seat, Action.keep_sites) as connection:
        for table in ("staff", "staff_assignments"):
            await connection.execute("SELECT set_config('pro.reason', 'x', true)")
            done = await connection.execute(
                f"UPDATE pro.{table} SET valid_to = pro.now() + interval '1 day'"
                f" WHERE {'id' if table == 'staff' else 'staff_id'} = $1",
                ben["id"],
            )
            assert done == "UPDATE 0"


async def test_an_administrator_of_the_whole_study_gives_roles_in_all_of_it(
    whole: aiohttp.ClientSession, owner: asyncpg.Connection
) -> None:
    status, html = await invite(whole, role="monitor", site="*", reason="checks it")
    assert (status, "/desk/link/" in html) == (200, True)
    held = await owner.fetchrow(
        "SELECT role, site_id FROM pro.staff_assignments WHERE role = 'monitor'"
    )
    assert tuple(held) == ("monitor", None)


async def test_an_administrator_sees_no_record_on_any_page(
    study: SeededStudy,
    participant: SeededParticipant,
    room: aiohttp.ClientSession,
) -> None:
    line = await seed_line(participant)
    text = await seed_text(participant, line, "my knee is swollen")
    call = await seed_call(participant)
    await seed_alert(participant, participant.assessments["baseline", "pain-nrs", "left_knee"])
    walked = 0
    for route in ROUTES:
        if route.method != "GET" or "{rest" in route.path or "static" in route.path:
            continue
        row = {"desk-text": text, "desk-call": call}.get(route.kwargs.get("name", ""), call)
        path = route.path.format(code=participant.code, id=row, name="x", token="x")
        status, html = await page(room, path)
        walked += 1
        assert participant.code not in html.replace(path, ""), path
        for secret in ("swollen", "202-555-0143", "+12025550143"):
            assert secret not in html, path
        if "participants/" in path or path.startswith(("/desk/texts/", "/desk/calls/0")):
            assert status in (403, 404), path
    assert walked > 30
