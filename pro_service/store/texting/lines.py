"""Lines held back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from pro_service.store.connection import Connection, write
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("texting/lines")


async def opt_out_line(
    connection: Connection,
    study_id: UUID,
    participant_id: UUID,
    revision: int,
    document: Mapping[str, Any],
) -> None:
    """Hold back every text on a line. Raises StaleRevisionError, DuplicateError."""
    await write(
        connection, _SQL["opt_out_line"], study_id, participant_id, revision, dict(document)
    )
