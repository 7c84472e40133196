"""A database moved to another server by dump and load, without our commands."""

from __future__ import annotations

import pytest

from pro_service.app import check_ready
from pro_service.store.migrations import MovedDatabaseError, migrate, schema_state
from pro_service.store.pools import connect
from tests.support.audit import Audit, tamper
from tests.support.study import open_trial, row

FAR = (
    "UPDATE pro.audit_seals SET below_xact_id = '9000000000'"
    " WHERE id = (SELECT max(id) FROM pro.audit_seals)"
)


async def test_nothing_is_served_until_migrating_begins_a_generation(database_url: str) -> None:
    """Else nothing written there is ever sealed, and nobody is told."""
    async with open_trial(database_url) as trial:
        audit = Audit(trial)
        await audit.live()
        await tamper(database_url, FAR)  # as sealed by a server that counted far higher
        assert (await schema_state(trial.operator)).moved
        with pytest.raises(MovedDatabaseError):
            await check_ready(trial.pools, [])
        owner = await connect(database_url, role=None, actor="cli:test")
        try:
            assert await migrate(owner) == []
            assert await migrate(owner) == []
        finally:
            await owner.close()
        assert not (await schema_state(trial.operator)).moved
        assert await trial.fetchval("SELECT count(*) FROM audit_generations") == 2
        await trial.enrol(row("K-003"))
        await audit.seal_everything()
        assert (await audit.head()).content.generation == 2
