"""Two clocks, and what a database is for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from pro_service.store.base import operations
from pro_service.store.migrations import migrate
from pro_service.store.pools import Pools, connect
from tests.support.study import open_trial, row


async def production(url: str) -> asyncpg.Connection[asyncpg.Record]:
    """An operator's connection to a fresh production database."""
    connection = await asyncpg.connect(url)
    await migrate(connection, kind="production")
    await connection.close()
    return await connect(url, role="pro_operator", actor="test:operator")


async def test_study_time_moves_forwards_only(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        start = await trial.now()
        later = await trial.move(timedelta(days=3))
        assert later - start >= timedelta(days=3)
        assert await trial.move(start) >= later


async def test_study_time_starts_before_the_first_participant_only(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await operations.start_clock(trial.operator, datetime(2026, 1, 5, 2, tzinfo=UTC))
        await trial.enrol(row("K-001"))
        with pytest.raises(asyncpg.PostgresError, match="before the first participant"):
            await operations.start_clock(trial.operator, datetime(2025, 1, 1, tzinfo=UTC))


async def test_machine_time_never_moves(database_url: str, owner: asyncpg.Connection) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.move(timedelta(days=100))
        ahead = await owner.fetchval("SELECT max(at) - clock_timestamp() FROM pro.audit_entries")
        assert ahead < timedelta(minutes=1)


async def test_a_production_database_has_no_movable_clock(empty_database_url: str) -> None:
    operator = await production(empty_database_url)
    try:
        for move in (operations.move_clock, operations.start_clock):
            with pytest.raises(asyncpg.PostgresError, match="cannot be moved"):
                await move(operator, datetime(2030, 1, 1, tzinfo=UTC))
        drift = await operator.fetchval("SELECT pro.now() - now()")
        assert drift == timedelta(0)
    finally:
        await operator.close()


async def test_a_database_is_what_it_was_born_for_ever(empty_database_url: str) -> None:
    operator = await production(empty_database_url)
    try:
        assert await operations.declare_kind(operator, "production") == "production"
        with pytest.raises(asyncpg.PostgresError, match="born production"):
            await operations.declare_kind(operator, "demo")
        owner = await connect(empty_database_url, role="pro_owner", actor="test:owner")
        try:
            for statement in (
                "UPDATE pro.database_identity SET kind = 'demo'",
                "DELETE FROM pro.database_identity",
            ):
                with pytest.raises(asyncpg.PostgresError, match="never changed"):
                    await owner.execute(statement)
        finally:
            await owner.close()
        assert await operations.get_database_kind(operator) == "production"
    finally:
        await operator.close()


@pytest.mark.parametrize("role", ["participant", "provider", "worker", "desk"])
async def test_only_an_operator_moves_the_clock(pools: Pools, role: str) -> None:
    pool: asyncpg.Pool[asyncpg.Record] = getattr(pools, role)
    for move in (operations.move_clock, operations.start_clock):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await move(pool, datetime(2030, 1, 1, tzinfo=UTC))
