"""The instant an export is of: how it is written, and when nothing can be added to it any more."""

from __future__ import annotations

import asyncio
from datetime import datetime
from time import monotonic
from typing import Final

import asyncpg

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.times import typed_instant
from pro_service.store.base import copies, operations
from pro_service.store.exports import export as store

PATIENCE: Final = 60.0
"""Seconds an export waits for writes that began before its instant."""
LOOK_AGAIN: Final = 0.1
WITHOUT_HISTORY: Final = {
    "participants": "the code alone, which never changes; the protocol version they followed is "
    "told by `participant_protocols`",
    "participant_sites": "the end of a stay is not read: the latest stay recorded by then counts",
    "sites": "the code alone, which never changes",
    "visits": "superseded or not by the instant it was superseded, closing as `visit_closings` "
    "tells it; the day attended is not read",
    "assessments": "sent in or declined only by the instants at which that happened",
    "attempts": "what is read of a sitting is written at its start and stays",
    "alerts": "seen and closed only by the instants at which that happened",
    "call_tasks": "closed, and with what, only by the instant of closing",
    "messages": "accepted only by the instants of claiming and accepting, which stay; what a "
    "provider said later is told by `delivery_receipts`",
    "reminders": "which visit a text reminds of, which stays once it is written",
}
"""Tables an export reads whose rows may change: what stands of them under as-of, and from what."""


class AsOfError(ProServiceError):
    """The instant to export cannot be used."""


def read_instant(text: str) -> datetime:
    """An instant with its zone, as in 2026-12-01T08:00:00+08:00. Raises AsOfError."""
    try:
        instant = typed_instant(text)
    except ValueError:
        raise AsOfError(
            "The instant cannot be read.", mend="Write it as 2026-12-01T08:00:00+08:00."
        ) from None
    if instant.tzinfo is None:
        raise AsOfError("The instant has no zone.", mend="Add one: Z for UTC, or +08:00.")
    return instant


class CopyBehindError(ProServiceError):
    """The copy of the database does not keep up."""


async def is_copy_of(
    ahead: asyncpg.Connection[asyncpg.Record], copy: asyncpg.Connection[asyncpg.Record]
) -> bool:
    """Whether a server still follows the one ahead: a promoted or cut-off standby does not.

    For some minutes after a promotion it is not known of those that follow either.
    """
    other, here = await copies.get_identity(copy), await copies.get_identity(ahead)
    same = (other.system_identifier, other.timeline) == (here.system_identifier, here.timeline)
    return other.is_standby and same


async def catch_up(
    ahead: asyncpg.Connection[asyncpg.Record],
    copy: asyncpg.Connection[asyncpg.Record],
    *,
    patience: float = PATIENCE,
) -> None:
    """Wait until a copy has all that the server ahead of it has now. Raises CopyBehindError."""
    position = await copies.get_log_position(ahead)
    until = monotonic() + patience
    while not await copies.has_replayed(copy, position):
        if monotonic() > until:
            age = await copies.get_age(copy)
            said = "of unknown age" if age is None else f"{age:.0f} s behind"
            raise CopyBehindError(
                f"The copy of the database is {said}, and did not catch up in {patience:.0f} s.",
                mend="See why its replication stands still, or unset PRO_REPLICA_URL.",
            )
        await asyncio.sleep(LOOK_AGAIN)


async def settle(
    connection: asyncpg.Connection[asyncpg.Record],
    as_of: datetime | None,
    *,
    ahead: asyncpg.Connection[asyncpg.Record] | None = None,
    patience: float = PATIENCE,
) -> datetime:
    """The instant to export (study time), once no transaction runs that can still write into it.

    Rows are recorded at the instant their transaction began, and seen when it ends: a long
    enrolment would be missing from an export made meanwhile and present in the same export made
    later. So every transaction under way now is waited for, at most `patience` seconds; those
    that begin later are recorded later. `as_of` None is now. Where `connection` is a copy of the
    server `ahead`, all that is of that one, and the copy has it then. Raises AsOfError,
    CopyBehindError.
    """
    writing = ahead or connection
    now = await operations.get_study_time(writing)
    at = as_of or now
    if at > now:
        raise AsOfError("The instant lies in the future of study time.")
    older = await store.list_transactions_under_way(writing)
    until = monotonic() + patience
    while older:
        if monotonic() > until:
            raise AsOfError(
                f"A write that began before the instant is still under way after {patience:.0f} s"
                f" (PostgreSQL's process {min(older.values())}).",
                mend="Wait for the command that writes, or end what was left open there; "
                "then export again.",
            )
        await asyncio.sleep(LOOK_AGAIN)
        running = await store.list_transactions_under_way(writing)
        older = {name: pid for name, pid in older.items() if name in running}
    if ahead is not None:
        await catch_up(ahead, connection)
    return at
