"""Visits that have closed, counted by what is known of them; and the log of deviations."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final, Literal, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("missing/visits")

DeviationKind = Literal["late", "typed_late", "mode", "moved", "attended"]


class ClosedVisits(NamedTuple):
    """So many visits of one definition at one site that closed in one month, all alike."""

    site_id: UUID
    definition: str
    month: date
    """The first day of the month in which they closed, at the site."""
    states: int
    """The states of what they ask, as bits (`listing.signs`)."""
    in_window: bool
    """Everything was sent in before they closed."""
    helped: bool
    """Something of them was answered with somebody's help."""
    status: str | None
    """Of what was not completed, as are the next five: in force when they closed."""
    begun: bool
    called: str | None
    """What came of the last call of staff about them."""
    texts: int | None
    """Whether texts asked (1) or none did (0)."""
    arrived: bool
    held_back: str | None
    """Why the last text that did not go did not."""
    mode: str | None
    """How the first sitting was given that was sent in; None: none was."""
    texts_before: int | None
    """Texts that had asked when it was begun."""
    called_since: bool | None
    """Whether after the last of those texts somebody was rung before it was begun."""
    visits: int


class Deviation(NamedTuple):
    """Something that went otherwise than the protocol has it."""

    kind: DeviationKind
    id: UUID
    """Of the sitting, the move or the visit."""
    code: str
    site_id: UUID
    protocol_version_id: UUID
    definition: str
    occurrence: int
    instrument: str | None
    target: str | None
    at: datetime
    said: str | None
    """Days, of what was typed late; the days before and after, of what was moved; the day, of what
    was attended outside its window; what the protocol does not name, of a mode."""


class After(NamedTuple):
    """The deviation after which a list goes on."""

    at: datetime
    id: UUID
    kind: str


async def list_closed_visits(
    connection: Connection, study_id: UUID, site_id: UUID | None
) -> list[ClosedVisits]:
    """All closed visits seen from here, or those at one site, counted by what is known of them."""
    rows = await connection.fetch(_SQL["list_closed_visits"], study_id, site_id)
    return [row_of(ClosedVisits, row) for row in rows]


async def list_deviations(
    connection: Connection,
    study_id: UUID,
    site_id: UUID | None,
    *,
    days: int,
    after: After | None,
    most: int,
) -> list[Deviation]:
    """The latest deviations, or those that come after one; `days` from an answer to its typing."""
    place = (None, None, None) if after is None else after
    rows = await connection.fetch(_SQL["list_deviations"], study_id, site_id, days, *place, most)
    return [row_of(Deviation, row) for row in rows]
