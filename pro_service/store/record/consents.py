"""What participants agreed to, written down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from pro_service.store.connection import Connection, Guard, write
from pro_service.store.sql_files import load_queries
from pro_service.store.writes import FurtherConsentRow, LineCallRow

_SQL: Final = load_queries("record/consents")


@dataclass
class ConsentWrite:
    """A word on a participant's consent, and the call it may ask for."""

    consents: list[FurtherConsentRow] = field(default_factory=list)
    calls: list[LineCallRow] = field(default_factory=list)


async def record_consent(connection: Connection, guard: Guard, document: ConsentWrite) -> None:
    """Keep a word on a consent. Raises StaleRevisionError."""
    await write(connection, _SQL["record_consent"], *guard, document)
