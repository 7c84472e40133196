"""Participants found at the desk, set by set; who is seen from here is decided in the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("desk/people")


class FoundPerson(NamedTuple):
    """A participant of the page asked for."""

    participant_id: UUID
    code: str
    site_id: UUID
    total: int
    """Of all that were found, on whichever page."""
    unknown: int
    """Participants of whom it is not known yet whether they belong to them."""


class VisitSeen(NamedTuple):
    """How a visit stands now."""

    definition: str
    occurrence: int
    signs: int
    """The states of what it asks and what it counts as, as bits (0099_outlooks.sql)."""
    asked: int
    sent: int
    """How many of what is asked were sent in, late ones included."""


class PersonSeen(NamedTuple):
    """Where a participant stands now, and how each visit does."""

    participant_id: UUID
    protocol_version_id: UUID
    status: str | None
    visits: tuple[VisitSeen, ...]


class FigureCounts(NamedTuple):
    """What the figures of one visit at one site are made of; without a visit, who is enrolled."""

    definition: str | None
    site_id: UUID
    completed_in_window: int
    helped: int
    """Of the completed in window: answered with somebody's help."""
    expected_and_closed: int
    unsent: int
    scorable: int
    enrolled: int | None
    unknown: int


@dataclass(frozen=True, kw_only=True)
class Sought:
    """Whom to find: narrowed by each of these that is not None."""

    site: UUID | None = None
    code: str | None = None
    """Part of it, in any case."""
    alike: str | None = None
    """Beside `code`: whose whole code fits this expression (`alike_pattern`)."""
    codes: tuple[str, ...] | None = None
    language: str | None = None
    status: str | None = None
    enrolled: bool | None = None
    visit: str | None = None
    """Whose states and figure are meant, where one is."""
    states: int | None = None
    """Signs, one of which somebody's visit has (0099_outlooks.sql)."""
    figure: int | None = None
    items: Mapping[str, int] = field(default_factory=dict)
    """How many questions each instrument has."""


class Slice(NamedTuple):
    """Which rows of what was found, in which order."""

    sorted_by: str
    first: int
    most: int


async def find_people(
    connection: Connection, study_id: UUID, sought: Sought, wanted: Slice
) -> list[FoundPerson]:
    """A page of those seen from here whom `sought` leaves."""
    rows = await connection.fetch(_SQL["find_people"], study_id, sought, *wanted)
    return [row_of(FoundPerson, row) for row in rows]


async def list_visits_seen(
    connection: Connection, study_id: UUID, participants: Sequence[UUID], items: Mapping[str, int]
) -> dict[UUID, PersonSeen]:
    """How these participants and their visits stand now; `items` counts instruments' questions."""
    query = _SQL["list_visits_seen"]
    rows = await connection.fetch(query, study_id, list(participants), items)
    return {
        row["participant_id"]: row_of(
            PersonSeen, row, visits=tuple(VisitSeen(*one) for one in row["visits"] or ())
        )
        for row in rows
    }


async def count_figures(
    connection: Connection, study_id: UUID, site_id: UUID | None, items: Mapping[str, int]
) -> list[FigureCounts]:
    """What both figures are made of, at every site seen from here or at one."""
    rows = await connection.fetch(_SQL["count_figures"], study_id, site_id, items)
    return [row_of(FigureCounts, row) for row in rows]


async def list_protocol_versions(connection: Connection, study_id: UUID) -> list[UUID]:
    """Every version of the study's protocol, the newest first."""
    rows = await connection.fetch(_SQL["list_protocol_versions"], study_id)
    return [row["id"] for row in rows]


async def find_numbered(
    connection: Connection, study_id: UUID, indexes: Sequence[bytes], tails: Sequence[bytes]
) -> list[str]:
    """Codes of those with a telephone number of one of these indexes, or one of these endings."""
    rows = await connection.fetch(_SQL["find_numbered"], study_id, list(indexes), list(tails))
    return [row["code"] for row in rows]


async def list_countries(connection: Connection, study_id: UUID) -> list[str]:
    """The countries of the sites seen from here."""
    rows = await connection.fetch(_SQL["list_countries"], study_id)
    return [row["country"] for row in rows]
