"""Sending held: why, and the named person who lets it go on."""

from __future__ import annotations

from pro_service.domain.errors import ProServiceError
from pro_service.store.connection import Connection
from pro_service.store.keeping import holds
from pro_service.store.keeping.holds import Hold

MEND = "See what must be confirmed: pro-service restore status; then pro-service restore release."


class NotHeldError(ProServiceError):
    """Sending is not held."""


class ReasonNeededError(ProServiceError):
    """Letting sending go on needs a reason."""


def said_of(hold: Hold) -> str:
    """One sentence for logs and for `/readyz`."""
    return f"Sending is held since {hold.began_at:%Y-%m-%d %H:%M} UTC: {hold.why}. {MEND}"


async def release(connection: Connection, actor: str, reason: str) -> None:
    """Let sending go on, on the word of a named person. Raises NotHeldError, ReasonNeededError."""
    if not reason.strip():
        raise ReasonNeededError(mend='Say what was confirmed: --reason "...".')
    if not await holds.release_hold(connection, actor, reason.strip()):
        raise NotHeldError
