"""What is new at the desk, and who still listens: each by one narrow function of the database."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.desk.sessions import SessionRow
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("live/news")

NewsKind = Literal["alert", "text", "answers"]


class News(NamedTuple):
    """Something new, by ids alone: what it says is read under the seat of whoever may."""

    study_id: UUID
    site_id: UUID
    """Where the participant is now; of a stranger's text the site it came to."""
    kind: NewsKind
    id: UUID
    """Of the alert, the text, or the sitting that was sent in."""
    participant_id: UUID | None
    """None: nobody known."""


class Listening(NamedTuple):
    """An open session, and where it may hear of what is new."""

    session_sha256: bytes
    study_id: UUID
    site_ids: Sequence[UUID]
    now: datetime
    """Study time, in UTC."""


async def look_at_session(
    connection: Connection, session_sha256: bytes, *, idle: timedelta, lifetime: timedelta
) -> SessionRow | None:
    """Who an open session is, which lasts no longer for it; None once it ended or ran out."""
    row = await connection.fetchrow(_SQL["look_at_session"], session_sha256, idle, lifetime)
    return None if row is None else SessionRow.model_validate(dict(row))


async def list_listening(
    connection: Connection,
    sessions: Collection[bytes],
    roles: Collection[str],
    *,
    idle: timedelta,
    lifetime: timedelta,
) -> list[Listening]:
    """Those of these sessions that are open, with the sites at which they hold one of the roles."""
    rows = await connection.fetch(
        _SQL["list_listening"], list(sessions), list(roles), idle, lifetime
    )
    return [row_of(Listening, row) for row in rows]


async def list_news(
    connection: Connection, sites: Collection[UUID], since: datetime, most: int
) -> list[News]:
    """What came at these sites after `since` (study time), first what came first."""
    rows = await connection.fetch(_SQL["list_news"], list(sites), since, most)
    return [row_of(News, row) for row in rows]
