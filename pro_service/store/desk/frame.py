"""What stands around every page of the desk, read in one statement under row-level security."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("desk/frame")


class Frame(NamedTuple):
    """What every page shows, whichever room it is."""

    kind: str | None
    """demo, validation or production: pages carry the mark."""
    held_since: datetime | None
    """Since when nothing is sent after a restore; None while texts go."""
    now: datetime
    """Study time, in UTC."""
    sites: list[str]
    """The codes of the sites seen from here."""
    urgent: int
    """Urgent alerts nobody has acted on, and texts to read that warn and raised none."""
    texts: int
    """Texts in words nobody has read."""
    for_operator: int
    """What only the operator can mend."""
    duties: list[str]
    """Tasks of whoever looks that keep them from entering answers, whatever their role (R6)."""


class OperatorTask(NamedTuple):
    """A text that has no registration, or a push of a provider that nobody could read."""

    kind: Literal["registration", "push"]
    provider: str
    address: str | None
    """Our sender, of a registration."""
    what: str
    """The key of the text, or what the push was of."""
    language: str | None
    since: datetime
    broken: int
    unknown: int


async def get_frame(connection: Connection, study_id: UUID, most_tries: int) -> Frame:
    """The frame as it stands now; a push was tried in vain after `most_tries`."""
    row = await connection.fetchrow(_SQL["get_frame"], study_id, most_tries)
    if row is None:
        raise AssertionError("a statement without FROM gives one row")
    return row_of(Frame, row)


async def list_operator_tasks(
    connection: Connection, study_id: UUID, most_tries: int
) -> list[OperatorTask]:
    """What only the operator can mend, as far as it concerns the sites seen from here."""
    rows = await connection.fetch(_SQL["list_operator_tasks"], study_id, most_tries)
    return [row_of(OperatorTask, row) for row in rows]
