"""What participants ask for on their own page that staff see to: a correction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from pro_service.store.connection import Connection, Guard, write
from pro_service.store.sql_files import load_queries
from pro_service.store.writes import CallRow

_SQL: Final = load_queries("pages/wishes")


@dataclass(frozen=True, kw_only=True)
class CorrectionWishRow:
    """A request of a participant's: what was sent at which visit, and the note with their words."""

    id: UUID
    visit_id: UUID
    said: str
    actor: str


@dataclass
class CorrectionWishWrite:
    """A request, and the call it asks for; none where one is open."""

    wishes: list[CorrectionWishRow] = field(default_factory=list)
    calls: list[CallRow] = field(default_factory=list)


async def record_correction_wish(
    connection: Connection, guard: Guard, document: CorrectionWishWrite
) -> None:
    """Keep a request. Raises StaleRevisionError."""
    await write(connection, _SQL["record_correction_wish"], *guard, document)
