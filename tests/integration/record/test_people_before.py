"""Staff of the releases before there were people: each of them still gets in, as whom they were."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from pro_service.services.desk.seat import Seat, Session
from pro_service.services.desk.sign_in import SignInRefusedError, Whence, find_session, sign_in
from pro_service.services.study import staff
from pro_service.services.study.passwords import Passwords
from pro_service.services.study.sites import TakenError
from pro_service.services.study.staff import Joining, UnclearNameError
from pro_service.store.ids import new_id
from pro_service.store.migrations import migrate
from pro_service.store.pools import Pools, connect, open_pools
from pro_service.store.sql_files import sql_folder
from pro_service.store.study.people import list_people

FIRST_WITH_PEOPLE = 32
STUDIES = ("KNEE-1", "HIP", "hip")
STAFF = (
    ("KNEE-1", "anna"),
    ("HIP", "anna"),
    ("KNEE-1", "ben"),
    ("HIP", "eve"),
    ("hip", "eve"),
    ("KNEE-1", "hip/anna"),
)


@dataclass
class Before:
    """A database of an earlier release with staff, brought up to this one by `upgrade`."""

    url: str
    owner: asyncpg.Connection
    studies: dict[str, UUID] = field(default_factory=dict)

    async def upgrade(self) -> None:
        """Bring it to this release."""
        connection = await asyncpg.connect(self.url)
        await migrate(connection)
        await connection.close()


def password_of(study: str, login: str) -> str:
    return f"plain words of {study} {login}"


@pytest.fixture
async def before(empty_database_url: str, tmp_path: Path) -> AsyncIterator[Before]:
    """Three studies, two of which differ in capitals only, with names that two of them use."""
    shutil.copytree(sql_folder() / "migrations", tmp_path / "migrations")
    shutil.copy(sql_folder() / "roles.sql", tmp_path)
    for path in (tmp_path / "migrations").glob("*.sql"):
        if int(path.name[:4]) >= FIRST_WITH_PEOPLE:
            path.unlink()
    connection = await asyncpg.connect(empty_database_url)
    await migrate(connection, kind="validation", folder=tmp_path)
    await connection.close()
    owner = await connect(empty_database_url, role="pro_owner", actor="test:owner")
    made = Before(empty_database_url, owner)
    for code in STUDIES:
        made.studies[code] = new_id()
        await owner.execute(
            "INSERT INTO pro.studies (id, code, name, sender, actor) VALUES ($1, $2, $2, $2, 'x')",
            made.studies[code],
            code,
        )
        await owner.execute(
            "INSERT INTO pro.sites (study_id, id, code, name, zone, country, telephone,"
            " emergency_number, actor) VALUES ($1, $2, 'S1', 'S', 'Europe/London', 'GB', '1', '2',"
            " 'x')",
            made.studies[code],
            new_id(),
        )
    for code, login in STAFF:
        await add(made, code, login)
    yield made
    await owner.close()


async def add(before: Before, code: str, login: str) -> None:
    """A member of staff as the earlier release made them, with an open session."""
    study, member = before.studies[code], new_id()
    await before.owner.execute(
        "INSERT INTO pro.staff (study_id, id, login, language, actor)"
        " VALUES ($1, $2, $3, 'zh_CN', 'cli:operator')",
        study,
        member,
        login,
    )
    await before.owner.execute(
        "INSERT INTO pro.staff_assignments (study_id, id, staff_id, site_id, role, valid_from,"
        " actor) SELECT $1, $2, $3, t.id, 'monitor', pro.now(), 'x' FROM pro.sites AS t"
        " WHERE t.study_id = $1",
        study,
        new_id(),
        member,
    )
    for words in ("an older one than this", password_of(code, login)):
        await before.owner.execute(
            "SELECT pro.set_staff_password($1, $2, $3, $4, 'cli:operator')",
            study,
            member,
            new_id(),
            await Passwords().hash(words),
        )
    await before.owner.execute(
        "SELECT pro.begin_staff_session($1, $2, $3, '\\x', '', NULL)",
        hashlib.sha256(f"{code}/{login}".encode()).digest(),
        study,
        member,
    )


async def enter(pools: Pools, typed: str, password: str) -> Session:
    """Sign in as the page does."""
    token = await sign_in(
        pools.desk,
        Passwords(),
        login=typed,
        password=password,
        place=Whence("192.0.2.1", "192.0.2.1"),
    )
    session = await find_session(pools.desk, token)
    assert session is not None
    return session


async def test_whoever_got_in_before_gets_in_after_by_what_they_type(before: Before) -> None:
    await before.upgrade()
    async with await open_pools(before.url) as pools:
        for typed, code, login in (
            ("KNEE-1/anna", "KNEE-1", "anna"),
            ("hip/Anna", "HIP", "anna"),
            ("ben", "KNEE-1", "ben"),
            ("knee-1/ben", "KNEE-1", "ben"),
        ):
            seat = await enter(pools, typed, password_of(code, login))
            assert isinstance(seat, Seat)
            assert (seat.study_id, seat.actor) == (before.studies[code], f"staff:{login}")
            assert [str(one.role) for one in seat.staff.assignments] == ["monitor"]
            assert seat.row.language == "zh_CN"
            with pytest.raises(SignInRefusedError):
                await enter(pools, typed, "an older one than this")


async def test_whoever_was_not_let_in_before_is_not_let_in_as_another(before: Before) -> None:
    """Of two with one name nobody is guessed: both were refused by the bare name, and still are."""
    await before.upgrade()
    async with await open_pools(before.url) as pools:
        for typed in ("anna", "eve"):
            for code in STUDIES:
                with pytest.raises(SignInRefusedError):
                    await enter(pools, typed, password_of(code, typed))
        with pytest.raises(SignInRefusedError):
            await enter(pools, "hip/anna", password_of("KNEE-1", "anna"))
        with pytest.raises(SignInRefusedError):
            await enter(pools, "knee-1/anna", password_of("HIP", "anna"))


async def test_sessions_passwords_and_history_are_the_persons(before: Before) -> None:
    await before.upgrade()
    async with await open_pools(before.url) as pools:
        for code, login in STAFF:
            seat = await find_session(pools.desk, f"{code}/{login}")
            assert isinstance(seat, Seat)
            assert (seat.study_id, seat.staff.login) == (before.studies[code], login)
    owner = before.owner
    assert await owner.fetchval(
        "SELECT array_agg(p.id ORDER BY p.id) = (SELECT array_agg(o.id ORDER BY o.id)"
        " FROM pro.staff_passwords AS o) FROM pro.person_passwords AS p"
    )
    logins = await owner.fetch("SELECT login FROM pro.people ORDER BY login")
    assert {"ben", "knee-1/anna"} <= {one["login"] for one in logins}
    assert len(logins) == len(STAFF)
    for one in await list_people(owner, None):
        assert one.last_sign_in is not None
    entries = await owner.fetch(
        "SELECT actor, reason FROM pro.audit_entries"
        " WHERE table_name = 'staff' AND operation = 'UPDATE'"
    )
    said = ("service:migrate", "every member of staff became a person")
    assert {tuple(one) for one in entries} == {said}
    assert len(entries) == len(STUDIES)


async def test_an_operator_who_knows_makes_two_of_one_name_one_person(before: Before) -> None:
    await before.upgrade()
    owner, knee = before.owner, before.studies["KNEE-1"]
    with pytest.raises(UnclearNameError, match="hip/anna"):
        await staff.revoke_sessions(owner, login="anna", actor="x")
    words = {"keep": "knee-1/anna", "other": "hip/anna", "reason": "one", "actor": "x"}
    await staff.join_people(owner, **words)
    async with await open_pools(before.url) as pools:
        for typed in ("anna", "knee-1/anna"):
            await enter(pools, typed, password_of("KNEE-1", "anna"))
        assert not isinstance(await enter(pools, "anna", password_of("KNEE-1", "anna")), Seat)
    added = await staff.add_staff(
        owner,
        knee,
        login="anna",
        language="en",
        site_code="S1",
        role="coordinator",
        actor="x",
    )
    assert added == ("knee-1/anna", Joining.member)


async def test_a_name_two_studies_use_is_never_guessed_when_roles_are_given(before: Before) -> None:
    await before.upgrade()
    given = {"language": "en", "site_code": "S1", "role": "coordinator", "actor": "x"}
    owner = before.owner
    added = await staff.add_staff(owner, before.studies["KNEE-1"], login="anna", **given)
    assert added == ("knee-1/anna", Joining.member)
    with pytest.raises(UnclearNameError):
        await staff.add_staff(owner, before.studies["hip"], login="anna", **given)
    added = await staff.add_staff(owner, before.studies["hip"], login="knee-1/anna", **given)
    assert added == ("knee-1/anna", Joining.known_person)
    await owner.execute(
        "INSERT INTO pro.people (id, login, language, actor) VALUES ($1, 'anna', 'en', 'x')",
        new_id(),
    )
    with pytest.raises(TakenError, match="somebody else"):
        await staff.add_staff(owner, before.studies["HIP"], login="anna", **given)
