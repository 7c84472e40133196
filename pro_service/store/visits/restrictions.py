"""Who is restricted: of them nothing is done but to store, to secure and to see to safety (R17)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from pro_service.store.connection import Connection, Guard, write
from pro_service.store.sql_files import load_queries
from pro_service.store.writes import RestrictionRow

_SQL: Final = load_queries("visits/restrictions")


@dataclass
class RestrictionWrite:
    """A restriction, or its end."""

    restrictions: list[RestrictionRow] = field(default_factory=list)


async def is_restricted(connection: Connection, study_id: UUID, participant_id: UUID) -> bool:
    """Whether a participant is restricted now."""
    return bool(await connection.fetchval(_SQL["is_restricted"], study_id, participant_id))


async def record_restriction(
    connection: Connection, guard: Guard, document: RestrictionWrite
) -> None:
    """Keep that a participant is restricted, or is so no longer. Raises StaleRevisionError."""
    await write(connection, _SQL["record_restriction"], *guard, document)
