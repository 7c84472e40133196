"""Links that set a password: shown once, kept as a hash, used once. Machine time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple
from uuid import UUID

from pro_service.domain.instruments.model import Language
from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("account/links")
LinkKind = Literal["invitation", "reset"]


class LinkRow(NamedTuple):
    """A link to be kept; `valid` from now on."""

    id: UUID
    person_id: UUID
    kind: LinkKind
    token_sha256: bytes
    valid: timedelta
    actor: str
    reason: str | None


class OpenLink(NamedTuple):
    """Whose an open link is."""

    login: str
    language: Language
    kind: LinkKind


async def insert_account_link(connection: Connection, link: LinkRow) -> datetime:
    """Keep a link; those of the same person that were open end. Returns until when it holds."""
    until: datetime = await connection.fetchval(_SQL["insert_account_link"], *link)
    return until


async def find_account_link(connection: Connection, token_sha256: bytes) -> OpenLink | None:
    """Whose a link is; None for one that is used, renewed, over, or was never made."""
    row = await connection.fetchrow(_SQL["find_account_link"], token_sha256)
    return None if row is None else row_of(OpenLink, row)


async def use_account_link(
    connection: Connection,
    token_sha256: bytes,
    row_id: UUID,
    end_id: UUID,
    *,
    password_hash: str,
    address: str,
) -> bool:
    """Set a password by a link; False where it is open no more."""
    used: bool = await connection.fetchval(
        _SQL["use_account_link"], token_sha256, row_id, end_id, password_hash, address
    )
    return used
