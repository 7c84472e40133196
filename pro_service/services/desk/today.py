"""The desk: what a member of staff must do now, and what they do about it.

Every read and write runs in one transaction that names the member of staff and their present
sites; row-level security decides what is seen, and nothing here filters by site.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final, Literal, NamedTuple, get_args
from uuid import UUID

import asyncpg

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.protocol import Protocol
from pro_service.services.base.context import ServiceContext
from pro_service.store.base import operations
from pro_service.store.connection import Connection
from pro_service.store.desk import desk as store
from pro_service.store.desk.desk import (
    DeskSite,
    HeldNumber,
    OpenAlert,
    OpenCall,
    TextToRead,
    UncertainMessage,
)
from pro_service.store.desk.sessions import StaffRow
from pro_service.vault.vault import DataKeyMissingError, SealBrokenError, WrappedKey

MOST_OF_A_LIST: Final = 50
"""Rows of one list of the first page; the number of all of them stands above it."""
LONGEST_NOTE: Final = 2000
CallOutcome = Literal["reached", "no_answer", "wrong_number", "not_needed", "other"]
CALL_OUTCOMES: Final[tuple[CallOutcome, ...]] = get_args(CallOutcome)


class NotHereError(ProServiceError):
    """There is nothing of this name at your sites."""


class ReasonMissingError(ProServiceError):
    """This needs a reason in words."""


class AlreadyDoneError(ProServiceError):
    """Somebody has done this before; what they said stands."""


class ReadText(NamedTuple):
    """A text to read, opened; None if its key is not to be had here."""

    row: TextToRead
    body: str | None


class ToDo(NamedTuple):
    """What must be done now."""

    calls: Sequence[OpenCall]
    alerts: Sequence[OpenAlert]
    texts: Sequence[ReadText]
    held: Sequence[HeldNumber]
    uncertain: Sequence[UncertainMessage]
    protocols: Mapping[UUID, Protocol]
    """Of those who are named, for the labels of their visits."""


def actor_of(staff: StaffRow) -> str:
    """How a member of staff is named in the record."""
    return f"staff:{staff.login}"


@asynccontextmanager
async def at_desk(
    pool: asyncpg.Pool, staff: StaffRow, *, reason: str = "", one_snapshot: bool = False
) -> AsyncIterator[Connection]:
    """One transaction in which the database sees who looks, and shows their sites only.

    In one with `one_snapshot` every query reads the same moment, and nothing is written.
    """
    isolation = "repeatable_read" if one_snapshot else None
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation=isolation, readonly=one_snapshot),
    ):
        await store.enter_desk(
            connection,
            actor=actor_of(staff),
            roles=[(one.site_id, one.role) for one in staff.assignments],
            reason=reason,
        )
        yield connection


async def list_sites(connection: Connection, study_id: UUID) -> list[DeskSite]:
    """The sites of whoever is at the desk."""
    return await store.list_desk_sites(connection, study_id)


async def list_to_do(connection: Connection, context: ServiceContext, study_id: UUID) -> ToDo:
    """Calls, alerts, texts in words, held numbers, messages of unknown fate."""
    texts = await store.list_texts_to_read(connection, study_id, MOST_OF_A_LIST)
    calls = await store.list_open_calls(connection, study_id, MOST_OF_A_LIST)
    alerts = await store.list_open_alerts(connection, study_id, MOST_OF_A_LIST)
    versions = {one.protocol_version_id for one in calls}
    versions |= {one.protocol_version_id for one in alerts}
    return ToDo(
        calls=calls,
        alerts=alerts,
        texts=[ReadText(row, _open_text(context, row)) for row in texts],
        held=await store.list_held_numbers(connection, study_id),
        uncertain=await store.list_uncertain_messages(connection, study_id, MOST_OF_A_LIST),
        protocols={one: await context.protocol(connection, study_id, one) for one in versions},
    )


def _open_text(context: ServiceContext, row: TextToRead) -> str | None:
    if row.key_id is not None and row.wrapped is not None and row.wrapping_key is not None:
        context.vault.admit(WrappedKey(row.key_id, row.wrapped, row.wrapping_key))
    return open_body(context, row.id, row.body_sealed, row.body_key)


def open_body(context: ServiceContext, inbound_id: UUID, sealed: bytes, key: str) -> str | None:
    """The words of a text; None where its key is another site's or no longer there."""
    try:
        return context.vault.unseal(
            sealed, key=key, table="inbounds", column="body", row_id=inbound_id
        )
    except (DataKeyMissingError, SealBrokenError):
        return None


async def see_alert(connection: Connection, staff: StaffRow, alert_id: UUID) -> None:
    """Mark an alert as seen; twice changes nothing. Raises NotHereError."""
    if not await store.mark_alert_seen(connection, staff.study_id, alert_id, actor_of(staff)):
        raise NotHereError


async def act_on_alert(
    connection: Connection, staff: StaffRow, alert_id: UUID, action: str
) -> None:
    """Record what was done about an alert, once.

    Raises NotHereError, ReasonMissingError, AlreadyDoneError.
    """
    done = await store.act_on_alert(
        connection, staff.study_id, alert_id, actor_of(staff), said(action)
    )
    if not done and not await store.find_alert(connection, staff.study_id, alert_id):
        raise NotHereError
    if not done:
        raise AlreadyDoneError


async def close_call(
    connection: Connection, staff: StaffRow, call_id: UUID, outcome: str, note: str
) -> None:
    """Close a call task, once. Raises NotHereError, ReasonMissingError, AlreadyDoneError."""
    if outcome not in CALL_OUTCOMES:
        raise ReasonMissingError
    done = await store.close_call(
        connection, staff.study_id, call_id, actor_of(staff), f"{outcome}: {said(note)}"
    )
    if not done and not await store.find_call(connection, staff.study_id, call_id):
        raise NotHereError
    if not done:
        raise AlreadyDoneError


async def deal_with_message(
    connection: Connection, staff: StaffRow, message_id: UUID, note: str
) -> None:
    """Record what was done about a text of unknown fate, once: it leaves the list.

    Raises NotHereError, ReasonMissingError, AlreadyDoneError.
    """
    words = said(note)
    if await store.deal_with_message(
        connection, staff.study_id, message_id, actor_of(staff), words
    ):
        return
    if await store.find_dealt_message(connection, staff.study_id, message_id):
        raise AlreadyDoneError
    raise NotHereError


async def mark_text_read(connection: Connection, staff: StaffRow, inbound_id: UUID) -> None:
    """Mark a text as read; twice changes nothing. Raises NotHereError."""
    if not await store.mark_text_read(connection, staff.study_id, inbound_id, actor_of(staff)):
        raise NotHereError


def said(words: str) -> str:
    """A reason in words as it is kept. Raises ReasonMissingError for none."""
    said = words.strip()[:LONGEST_NOTE]
    if not said:
        raise ReasonMissingError
    return said


async def database_kind(connection: Connection) -> str | None:
    """demo, validation or production: pages carry the mark."""
    return await operations.get_database_kind(connection)
