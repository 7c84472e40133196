"""What staff take back: what was done, as it stands now, and the entry that takes it back.

All of it runs as the clerk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from pro_service.domain.study.follow_up.undoing import Deed, Undoable
from pro_service.store.connection import Connection, Guard, write
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries
from pro_service.store.writes import ReopenedCallRow, UndoneRow

_SQL: Final = load_queries("desk/undoing")
_FINDING: Final[Mapping[Undoable, str]] = {
    Undoable.text_nothing: "find_text_done",
    Undoable.alert_seen: "find_alert_done",
    Undoable.call_no_answer: "find_call_done",
}


@dataclass
class UndoWrite:
    """What is taken back, and what waits again with that."""

    undone: list[UndoneRow] = field(default_factory=list)
    texts: list[UUID] = field(default_factory=list)
    """Texts that are to be read again."""
    alerts: list[UUID] = field(default_factory=list)
    """Alerts that count as not seen."""
    calls: list[UUID] = field(default_factory=list)
    """Call tasks that are wanted at once."""
    reopened: list[ReopenedCallRow] = field(default_factory=list)


async def find_deed(
    connection: Connection, study_id: UUID, participant_id: UUID, kind: Undoable, row: UUID
) -> Deed | None:
    """What was done to a text, an alert or a call; None: nothing of the kind."""
    found = await connection.fetchrow(_SQL[_FINDING[kind]], study_id, participant_id, row)
    return None if found is None else row_of(Deed, found)


async def undo(connection: Connection, guard: Guard, document: UndoWrite) -> None:
    """Take back what was done. Raises StaleRevisionError; DuplicateError: it is taken back."""
    await write(connection, _SQL["undo"], *guard, document)
