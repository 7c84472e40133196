"""Sending held: why, and the named person who lets it go on."""

from __future__ import annotations

from datetime import datetime

from pro_service.domain.errors import ProServiceError
from pro_service.store.connection import Connection, transaction
from pro_service.store.keeping import holds
from pro_service.store.keeping.holds import Hold
from pro_service.store.keeping.restores import begin_audit_generation

PROMOTED = "a standby that loses nothing was promoted"
WORKER = "service:worker"
MEND = "See what must be confirmed: pro-service restore status; then pro-service restore release."


class NotHeldError(ProServiceError):
    """Sending is not held."""


class NotRecoveredError(ProServiceError):
    """The database goes on from where it was."""


class ReasonNeededError(ProServiceError):
    """Letting sending go on needs a reason."""


def said_of(hold: Hold) -> str:
    """One sentence for logs and for `/readyz`."""
    return f"Sending is held since {hold.began_at:%Y-%m-%d %H:%M} UTC: {hold.why}. {MEND}"


def said_of_timeline() -> str:
    """One sentence for logs and for `/readyz`, where the server goes on from another line."""
    return (
        "Sending is held: the database goes on from another line of its log, as after a restore to"
        " a point in time or a promotion. After a restore run pro-service restore recovered; after"
        ' a promotion that lost nothing, pro-service restore release --reason "...".'
    )


async def vouch(connection: Connection) -> int:
    """Where standbys lose nothing: go on after a promotion. 1 where there was one, else 0."""
    return int(await holds.accept_timeline(connection, PROMOTED, WORKER))


async def hold_recovered(connection: Connection, until: datetime, actor: str) -> None:
    """After a restore to a point in time, `until` (machine time): hold sending.

    `connection` is the owner's. Seals begin anew: what was written after that point had numbers
    that are given again. Raises NotRecoveredError where the server goes on where it was.
    """
    if await holds.get_left_timeline(connection) is None:
        raise NotRecoveredError(mend="Nothing was restored to a point in time, or it was said.")
    why = f"restored to {until:%Y-%m-%d %H:%M:%S} UTC, a point in time"
    async with transaction(connection) as connection:
        await begin_audit_generation(connection, why)
        if await holds.get_open_hold(connection) is None:
            await holds.insert_hold(connection, why, until, actor)
        await holds.accept_timeline(connection, why, actor)


async def release(connection: Connection, actor: str, reason: str) -> None:
    """Let sending go on, on the word of a named person. Raises NotHeldError, ReasonNeededError."""
    if not reason.strip():
        raise ReasonNeededError(mend='Say what was confirmed: --reason "...".')
    async with transaction(connection) as connection:
        released = await holds.release_hold(connection, actor, reason.strip())
        vouched = await holds.accept_timeline(connection, reason.strip(), actor)
    if not released and not vouched:
        raise NotHeldError
