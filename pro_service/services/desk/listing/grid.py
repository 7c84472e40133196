"""Participants by visits with their states: found, sorted and read a page at a time, for the desk.

Who is found is decided set by set in the database (0099_outlooks.sql, 0100_participants_found.sql),
under what the desk may see; the states are the domain's, and tests hold the one to the other. What
was answered is never read here, only whether something was.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Final, Literal, NamedTuple, get_args
from uuid import UUID

from pro_service.domain.instruments.model import Instrument, Language, Words
from pro_service.domain.study.assessments import AssessmentState, taken_together
from pro_service.domain.study.facts import Status
from pro_service.domain.tables.codes import alike_pattern
from pro_service.services.base.context import ServiceContext
from pro_service.services.desk.listing.signs import BEHIND, FIGURE_SIGNS, STATE_SIGNS, states_in
from pro_service.store.connection import Connection
from pro_service.store.desk import desk as store
from pro_service.store.desk import people
from pro_service.store.desk.desk import DeskSite
from pro_service.store.desk.people import FoundPerson, PersonSeen, Slice, Sought, VisitSeen

PAGE: Final = 50
"""Participants on one page."""
MOST_NAMED: Final = 50
"""Codes that one list may name."""
_EVERYBODY: Final = 2**31 - 1
_PIECE: Final = 500
Figure = Literal["expected_and_closed", "completed_in_window", "unsent", "scorable", "enrolled"]
FIGURES: Final[tuple[Figure, ...]] = get_args(Figure)
Sorted = Literal["code", "behind", "status", "site"]
SORTED: Final[tuple[Sorted, ...]] = get_args(Sorted)


class GridQuery(NamedTuple):
    """What to show: all of it narrowed by each of these that is given, and in which order."""

    site: str | None = None
    code: str | None = None
    """Part of a code."""
    codes: tuple[str, ...] = ()
    """Just these, where there are any."""
    status: Status | None = None
    language: Language | None = None
    state: AssessmentState | None = None
    visit: str | None = None
    figure: Figure | None = None
    sort: Sorted = "code"
    page: int = 1


class Cell(NamedTuple):
    """One visit of one participant: the states of all it asks, taken together."""

    definition: str
    occurrence: int
    state: AssessmentState
    completed: int
    asked: int


class GridRow(NamedTuple):
    """One participant."""

    code: str
    site: DeskSite
    status: str | None
    behind: int
    """Visits that have closed with something missing, partial or not sent."""
    cells: Mapping[str, Sequence[Cell]]
    """By visit definition; unscheduled visits may occur more than once."""


class Grid(NamedTuple):
    """A page of participants."""

    definitions: Mapping[str, Words]
    """Visits that ask something, in the protocol's order, with their labels by language."""
    rows: Sequence[GridRow]
    found: int
    page: int
    pages: int
    unknown: int
    """Participants of whom it is not known yet whether they belong to those found."""


async def read_grid(
    connection: Connection, context: ServiceContext, study_id: UUID, query: GridQuery
) -> Grid:
    """The page of those the desk's transaction may see and `query` leaves; past the last, the last.

    Five statements, whatever the size of the study.
    """
    sites = {site.id: site for site in await store.list_desk_sites(connection, study_id)}
    definitions = await read_definitions(connection, context, study_id)
    sought = sought_by(query, sites.values(), context.catalogue.instruments)
    found: list[FoundPerson] = []
    page = max(1, query.page)
    if sought is not None:
        found = await _find(connection, study_id, sought, query.sort, page)
        if not found and page > 1:
            first = await _find(connection, study_id, sought, query.sort, 1)
            page = pages_of(first[0].total) if first else 1
            found = await _find(connection, study_id, sought, query.sort, page)
    total = found[0].total if found else 0
    return Grid(
        definitions=definitions,
        rows=await read_rows(connection, context, study_id, sites, found),
        found=total,
        page=page if found else 1,
        pages=pages_of(total),
        unknown=found[0].unknown if found else 0,
    )


async def walk_grid(
    connection: Connection, context: ServiceContext, study_id: UUID, query: GridQuery
) -> AsyncIterator[Grid]:
    """Everybody `query` leaves, in its order and in pieces: to be read in one snapshot."""
    sites = {site.id: site for site in await store.list_desk_sites(connection, study_id)}
    definitions = await read_definitions(connection, context, study_id)
    sought = sought_by(query, sites.values(), context.catalogue.instruments)
    found: list[FoundPerson] = []
    if sought is not None:
        everybody = Slice(query.sort, 0, _EVERYBODY)
        found = await people.find_people(connection, study_id, sought, everybody)
    for first in range(0, len(found), _PIECE):
        rows = await read_rows(connection, context, study_id, sites, found[first : first + _PIECE])
        yield Grid(definitions, rows, len(found), 1, 1, found[0].unknown)


async def _find(
    connection: Connection, study_id: UUID, sought: Sought, sort: Sorted, page: int
) -> list[FoundPerson]:
    wanted = Slice(sort, (page - 1) * PAGE, PAGE)
    return await people.find_people(connection, study_id, sought, wanted)


def pages_of(total: int) -> int:
    """How many pages so many participants take: at least one."""
    return max(1, -(-total // PAGE))


def items_of(instruments: Mapping[str, Instrument]) -> dict[str, int]:
    """How many questions each instrument has: all settled, and it is only to be sent."""
    return {code: len(one.items) for code, one in instruments.items()}


def sought_by(
    query: GridQuery, sites: Iterable[DeskSite], instruments: Mapping[str, Instrument]
) -> Sought | None:
    """The query as the database reads it; None where nobody can be found."""
    site_id = next((one.id for one in sites if one.code == query.site), None)
    if query.site is not None and site_id is None:
        return None
    return Sought(
        site=site_id,
        code=query.code,
        alike=None if query.code is None else alike_pattern(query.code),
        codes=query.codes[:MOST_NAMED] or None,
        language=query.language,
        status=query.status,
        visit=query.visit,
        states=None if query.state is None else STATE_SIGNS[query.state],
        figure=FIGURE_SIGNS.get(query.figure or ""),
        enrolled=True if query.figure == "enrolled" else None,
        items=items_of(instruments),
    )


async def read_rows(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    sites: Mapping[UUID, DeskSite],
    found: Sequence[FoundPerson],
) -> list[GridRow]:
    """These participants with all their visits, in the order given."""
    ids = [one.participant_id for one in found]
    items = items_of(context.catalogue.instruments)
    seen = await people.list_visits_seen(connection, study_id, ids, items) if ids else {}
    return [
        _row(one, sites[one.site_id], seen[one.participant_id])
        for one in found
        if one.participant_id in seen
    ]


def _row(one: FoundPerson, site: DeskSite, seen: PersonSeen) -> GridRow:
    cells: dict[str, list[Cell]] = {}
    for visit in seen.visits:
        cells.setdefault(visit.definition, []).append(_cell(visit))
    behind = sum(bool(visit.signs & BEHIND) for visit in seen.visits)
    return GridRow(one.code, site, seen.status, behind, cells)


def _cell(visit: VisitSeen) -> Cell:
    state = taken_together(states_in(visit.signs))
    return Cell(visit.definition, visit.occurrence, state, visit.sent, visit.asked)


async def read_definitions(
    connection: Connection, context: ServiceContext, study_id: UUID
) -> dict[str, Words]:
    """Visits that ask something: those of the newest protocol in its order, then older ones'."""
    found: dict[str, Words] = {}
    for version_id in await people.list_protocol_versions(connection, study_id):
        protocol = await context.reader.protocol(connection, study_id, version_id)
        for visit in protocol.visits:
            if visit.asks or visit.kind == "unscheduled":
                found.setdefault(visit.id, visit.label)
    return found
