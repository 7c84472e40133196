"""Study time, the database's kind, and whether it answers."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pro_service.store.connection import Connection
from pro_service.store.ids import make_behind
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("base/operations")


async def get_study_time(connection: Connection) -> datetime:
    """Study time now."""
    at: datetime = await connection.fetchval(_SQL["get_study_time"])
    return at


async def move_clock(connection: Connection, until: datetime) -> datetime:
    """Move study time forwards to `until`; only a demo or validation database may."""
    at: datetime = await connection.fetchval(_SQL["move_clock"], until)
    return at


async def start_clock(connection: Connection, at: datetime) -> datetime:
    """Begin study time at `at`, before the first participant."""
    started: datetime = await connection.fetchval(_SQL["start_clock"], at)
    return started


async def get_database_kind(connection: Connection) -> str | None:
    """demo, validation or production; None before it was declared."""
    kind: str | None = await connection.fetchval(_SQL["get_database_kind"])
    return kind


async def declare_kind(connection: Connection, kind: str) -> str:
    """Say what this database is for; another word than the first is refused."""
    declared: str = await connection.fetchval(_SQL["declare_kind"], kind)
    return declared


async def check_database(connection: Connection) -> None:
    """Return if the database answers."""
    await connection.fetchval(_SQL["check_database"])


async def mark_settled(connection: Connection) -> None:
    """Return once what was found stored is as safe as if it were stored now.

    Whoever acknowledges without writing asks for it: what was read may be on one machine alone.
    """
    await connection.fetchval(_SQL["mark_settled"])


async def begin_ids(connection: Connection) -> None:
    """Let this process make ids behind all there are, though the machine's clock went back."""
    at: datetime | None = await connection.fetchval(_SQL["get_last_written_at"])
    if at is not None:
        make_behind(at)
