"""The reads of a study, held as they stand and let go again: the last word holds (R19).

Who may stand on it: what sets measures beside scores, if the protocol says `reads_locked`.
"""

from __future__ import annotations

from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.store.connection import Connection
from pro_service.store.measuring import reads as store


class ReadsLockError(ProServiceError):
    """The reads cannot be locked or unlocked so; its word says why."""


async def lock_reads(connection: Connection, study_id: UUID, *, actor: str, reason: str) -> None:
    """Lock the reads from now on. Raises ReadsLockError where they are, or without a reason."""
    await _demand(connection, study_id, "unlocked", reason)
    await store.insert_reads_lock(
        connection, study_id, "locked", printed_name=None, actor=actor, reason=reason.strip()
    )


async def unlock_reads(
    connection: Connection, study_id: UUID, *, printed_name: str, actor: str, reason: str
) -> None:
    """Sign that the reads are unlocked; who signs has proven who they are.

    Raises ReadsLockError where they are not locked, without a reason, or without a name.
    """
    if not printed_name.strip():
        raise ReadsLockError("A signature needs a name to print.", word="nameless")
    await _demand(connection, study_id, "locked", reason)
    await store.insert_reads_lock(
        connection,
        study_id,
        "unlocked",
        printed_name=printed_name.strip(),
        actor=actor,
        reason=reason.strip(),
    )


async def _demand(
    connection: Connection, study_id: UUID, stands: store.LockStep, reason: str
) -> None:
    if not reason.strip():
        raise ReadsLockError("This needs a reason in words.", word="reason")
    last = await store.get_reads_lock(connection, study_id)
    if (last.step if last is not None else "unlocked") != stands:
        already = "locked" if stands == "unlocked" else "not locked"
        raise ReadsLockError(f"The reads are {already} already.", word="stands")
