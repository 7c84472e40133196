"""Senders of the releases before one could be moved: of several of an address one is in use."""

from __future__ import annotations

import shutil
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from pro_service.store.ids import new_id
from pro_service.store.migrations import migrate
from pro_service.store.pools import connect
from pro_service.store.sql_files import sql_folder
from pro_service.store.texting import sending

FIRST_WITH_MOVES = 175
NUMBER, OTHER = "+12025550199", "+12025550177"


async def _added(owner: asyncpg.Connection, study: UUID, provider: str, address: str) -> UUID:
    sender = new_id()
    await owner.execute(
        "INSERT INTO pro.senders (study_id, id, channel, provider, address, actor)"
        " VALUES ($1, $2, 'sms', $3, $4, 'x')",
        *(study, sender, provider, address),
    )
    return sender


async def _sent(owner: asyncpg.Connection, study: UUID, sender: UUID, provider: str) -> None:
    line = new_id()
    await owner.execute(
        "INSERT INTO pro.lines (study_id, id, sender_id, their_index, their_address_sealed,"
        " their_address_key, actor) VALUES ($1, $2, $3, $4, '', 'k', 'x')",
        *(study, line, sender, line.bytes),
    )
    await owner.execute(
        "INSERT INTO pro.messages (study_id, id, line_id, kind, template, language, body_sealed,"
        " body_key, encoding, segments, state, provider, actor)"
        " VALUES ($1, $2, $3, 'reminder', 't', 'en', '', 'k', 'GSM-7', 1, 'sent', $4, 'x')",
        *(study, new_id(), line, provider),
    )


@pytest.mark.parametrize("went_back", [False, True])
async def test_the_sender_that_sent_last_is_in_use(
    empty_database_url: str, tmp_path: Path, went_back: bool
) -> None:
    """PRO_GATEWAY chose between them; somebody may have set it back without a move."""
    shutil.copytree(sql_folder() / "migrations", tmp_path / "migrations")
    shutil.copy(sql_folder() / "roles.sql", tmp_path)
    for path in (tmp_path / "migrations").glob("*.sql"):
        if int(path.name[:4]) >= FIRST_WITH_MOVES:
            path.unlink()
    connection = await asyncpg.connect(empty_database_url)
    owner: asyncpg.Connection | None = None
    try:
        await migrate(connection, kind="validation", folder=tmp_path)
        owner = await connect(empty_database_url, role="pro_owner", actor="test:owner")
        study = new_id()
        await owner.execute(
            "INSERT INTO pro.studies (id, code, name, sender, actor)"
            " VALUES ($1, 'K', 'K', 'K', 'x')",
            study,
        )
        first = await _added(owner, study, "simulator", NUMBER)
        second = await _added(owner, study, "twilio", NUMBER)
        await _added(owner, study, "twilio", OTHER)
        if went_back:
            await _sent(owner, study, second, "twilio")
            await _sent(owner, study, first, "simulator")
        await migrate(connection)
        found = await sending.list_senders(owner, study)
        used = sorted((one.provider, one.address) for one in found if one.in_use)
        assert used == sorted([("simulator" if went_back else "twilio", NUMBER), ("twilio", OTHER)])
    finally:
        if owner is not None:
            await owner.close()
        await connection.close()
