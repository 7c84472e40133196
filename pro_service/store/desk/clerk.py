"""What staff write: the place found under row-level security, then a turn of the participant's.

`find_` and `list_` run as the desk, the rest as the clerk.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection, Guard, write
from pro_service.store.ids import new_id
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("desk/clerk")


class Place(NamedTuple):
    """A participant seen from the desk; `site_id` is None where they are at no site of ours now."""

    participant_id: UUID
    code: str
    site_id: UUID | None


class AlertSteps(NamedTuple):
    """How far an alert has come."""

    seen: bool
    acted: bool


class CallKind(NamedTuple):
    """Why a call is to be made, and the visit it hangs on, if any."""

    reason: str
    visit_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class CallClosing:
    """What came of a call; what stays to be done stays as a task of a new id (`again_id`)."""

    call_id: UUID
    outcome: str
    actor: str
    again_id: UUID | None
    alert_id: UUID | None
    alert_rule: str | None
    """The urgent alert it raises, if any."""


async def find_place(connection: Connection, study_id: UUID, code: str) -> Place | None:
    """The participant of a code."""
    return await _place(connection, "find_place", study_id, code)


async def find_place_of_alert(connection: Connection, study_id: UUID, row: UUID) -> Place | None:
    """Whose alert it is."""
    return await _place(connection, "find_place_of_alert", study_id, row)


async def find_place_of_call(connection: Connection, study_id: UUID, row: UUID) -> Place | None:
    """Who is to be called."""
    return await _place(connection, "find_place_of_call", study_id, row)


async def find_place_of_message(connection: Connection, study_id: UUID, row: UUID) -> Place | None:
    """To whom a text was to go."""
    return await _place(connection, "find_place_of_message", study_id, row)


async def list_sites_of_text(
    connection: Connection, study_id: UUID, inbound_id: UUID
) -> list[UUID | None]:
    """Which of our sites may read a text; empty where there is none here."""
    rows = await connection.fetch(_SQL["list_sites_of_text"], study_id, inbound_id)
    return [row["site_id"] for row in rows]


async def list_present_codes(
    connection: Connection, study_id: UUID, codes: Collection[str]
) -> frozenset[str]:
    """Who of those named is now at a site of ours."""
    rows = await connection.fetch(_SQL["list_present_codes"], study_id, list(codes))
    return frozenset(row["code"] for row in rows)


async def get_alert(
    connection: Connection, study_id: UUID, participant_id: UUID, alert_id: UUID
) -> AlertSteps | None:
    """How far an alert of the participant has come."""
    row = await connection.fetchrow(_SQL["get_alert"], study_id, participant_id, alert_id)
    return None if row is None else AlertSteps(seen=row["seen"], acted=row["acted"])


async def find_open_call(
    connection: Connection, study_id: UUID, participant_id: UUID, call_id: UUID
) -> CallKind | None:
    """A call to the participant that is still to be made."""
    row = await connection.fetchrow(_SQL["find_open_call"], study_id, participant_id, call_id)
    return None if row is None else row_of(CallKind, row)


async def see_alert(connection: Connection, guard: Guard, alert_id: UUID, actor: str) -> None:
    """Mark an alert as seen. Raises StaleRevisionError."""
    await write(connection, _SQL["see_alert"], *guard, alert_id, actor)


async def act_on_alert(
    connection: Connection, guard: Guard, alert_id: UUID, actor: str, action: str
) -> None:
    """Say what was done about an alert. Raises StaleRevisionError."""
    await write(connection, _SQL["act_on_alert"], *guard, alert_id, actor, action)


async def close_call(connection: Connection, guard: Guard, closing: CallClosing) -> None:
    """Close a call task. Raises StaleRevisionError."""
    await write(
        connection,
        _SQL["close_call"],
        *guard,
        closing.call_id,
        closing.actor,
        closing.outcome,
        closing.again_id,
        closing.alert_id,
        closing.alert_rule,
    )


async def keep_form_key(connection: Connection, guard: Guard, key: str) -> None:
    """Keep a form's key with what it writes. Raises DuplicateError for a form stored before."""
    await write(connection, _SQL["keep_form_key"], guard.study_id, guard.participant_id, key)


async def insert_remark(connection: Connection, guard: Guard, said: str, actor: str) -> None:
    """Keep that a note (`said` refers to it) stands for itself. Raises StaleRevisionError."""
    await write(connection, _SQL["insert_remark"], *guard, new_id(), said, actor)


async def _place(
    connection: Connection, query: str, study_id: UUID, key: str | UUID
) -> Place | None:
    row = await connection.fetchrow(_SQL[query], study_id, key)
    return None if row is None else Place(**row)
