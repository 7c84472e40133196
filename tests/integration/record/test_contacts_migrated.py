"""Numbers stored before there were several contacts: the first contact each, as they were."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from pro_service.store.migrations import migrate
from pro_service.store.sql_files import sql_folder

STUDY, RESTS, RINGS, FORMER = (UUID(int=number) for number in range(1, 5))
NUMBER = 34


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """The migrations as they were before this one."""
    (tmp_path / "migrations").mkdir()
    shutil.copy(sql_folder() / "roles.sql", tmp_path)
    for path in _series(at_most=NUMBER - 1):
        shutil.copy(path, tmp_path / "migrations")
    return tmp_path


def _series(*, at_most: int) -> list[Path]:
    found = sorted((sql_folder() / "migrations").glob("*.sql"))
    return [path for path in found if int(path.name[:4]) <= at_most]


@pytest.fixture
async def lived(empty_database_url: str, before: Path) -> AsyncIterator[asyncpg.Connection]:
    """A database of the older release with numbers in it."""
    connection = await asyncpg.connect(empty_database_url)
    await migrate(connection, folder=before)
    # Only the tables at hand: what they hang on does not matter here.
    await connection.execute("SET session_replication_role = replica")
    for number, (participant, ended) in enumerate(
        [(RESTS, False), (RINGS, False), (FORMER, True), (FORMER, False)]
    ):
        await connection.execute(
            "INSERT INTO pro.contact_points (study_id, id, participant_id, kind, address_sealed,"
            " address_key, blind_index, index_key, valid_from, valid_to, actor)"
            " VALUES ($1, $2, $3, 'phone', '\\x01', 'k', $4, 'i1', '2026-01-01',"
            " CASE WHEN $5 THEN timestamptz '2026-02-01' END, 'test')",
            STUDY,
            UUID(int=100 + number),
            participant,
            bytes([number]),
            ended,
        )
    for number, (participant, closed) in enumerate([(RESTS, False), (RINGS, True)]):
        await connection.execute(
            "INSERT INTO pro.call_tasks (study_id, id, participant_id, reason, created_at, actor,"
            " closed_at, closed_by, outcome)"
            " VALUES ($1, $2, $3, 'bad_number', '2026-03-01', 'test',"
            " CASE WHEN $4 THEN timestamptz '2026-03-02' END, CASE WHEN $4 THEN 'staff:a' END,"
            " CASE WHEN $4 THEN 'other: rang' END)",
            STUDY,
            UUID(int=200 + number),
            participant,
            closed,
        )
    await connection.execute("SET session_replication_role = DEFAULT")
    yield connection
    await connection.close()


async def test_every_number_becomes_the_first_contact_and_rests_where_it_rested(
    lived: asyncpg.Connection, before: Path
) -> None:
    stored = "SELECT id, whose, kind, address_sealed, blind_index, valid_to FROM pro.contact_points"
    numbers = await lived.fetch(f"{stored} ORDER BY id")
    for path in _series(at_most=NUMBER):
        shutil.copy(path, before / "migrations")
    assert await migrate(lived, folder=before) == ["0034_contacts"]
    assert await lived.fetch(f"{stored} ORDER BY id") == numbers
    assert {
        tuple(one) for one in await lived.fetch("SELECT whose, ordinal FROM pro.contact_points")
    } == {("self", 1)}
    for participant, bad in ((RESTS, [True]), (RINGS, [False]), (FORMER, [False])):
        found = await lived.fetch(
            "SELECT bad FROM pro.contacts_of($1, $2, '2026-03-01')", STUDY, participant
        )
        assert [one["bad"] for one in found] == bad
    changes = await lived.fetch(
        "SELECT actor, reason, row_count FROM pro.audit_entries WHERE table_name = 'contact_points'"
    )
    assert ("service:migration", "contacts of their own", 1) in [tuple(one) for one in changes]
