"""Participants by visits with their states, and the two adherence figures, for the desk.

The states are the domain's; read are only the facts it needs, set by set, under the desk's role.
What was answered is never read here, only whether something was.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Final, Literal, NamedTuple, TypeVar, get_args
from typing import Protocol as Shape
from uuid import UUID

from pro_service.domain.instruments.model import Instrument, Words
from pro_service.domain.study import adherence as figures
from pro_service.domain.study.adherence import (
    Adherence,
    AskedVisit,
    VisitOutcome,
    adherence,
    visit_outcome,
)
from pro_service.domain.study.assessments import AssessmentState
from pro_service.domain.study.facts import EventFacts, EventKind, StatusFacts, Window
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.sittings.progress import Progress
from pro_service.domain.study.statuses import Standing, standing
from pro_service.services.base.context import ServiceContext
from pro_service.store.base import operations
from pro_service.store.connection import Connection
from pro_service.store.desk import desk as store
from pro_service.store.desk.desk import AskedRow, DeskParticipant, DeskSite, StandingRow
from pro_service.store.desk.desk import Progress as StoredProgress

PAGE: Final = 200
"""Participants on one page."""
MOST_COUNTED: Final = 2000
"""Above this many participants, states are derived for the page shown only and nothing is counted;
choosing a site brings the figures back."""
Figure = Literal["expected_and_closed", "completed_in_window", "unsent", "scorable", "enrolled"]
FIGURES: Final[tuple[Figure, ...]] = get_args(Figure)
_T = TypeVar("_T")


class GridQuery(NamedTuple):
    """What to show: all of it narrowed by site, code, state, visit, or the rows behind a figure."""

    site: str | None = None
    code: str | None = None
    state: AssessmentState | None = None
    visit: str | None = None
    figure: Figure | None = None
    page: int = 1


class Asked(Shape):
    """What was asked, as far as its state depends on it."""

    @property
    def instrument(self) -> str: ...
    @property
    def declined_at(self) -> datetime | None: ...


class Known(Shape):
    """Whether anything was begun, answered and sent."""

    @property
    def begun(self) -> bool: ...
    @property
    def answered(self) -> bool: ...
    @property
    def settled(self) -> int: ...
    @property
    def sent_at(self) -> datetime | None: ...


class Cell(NamedTuple):
    """One visit of one participant: the states of all it asks, and those taken together."""

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
    cells: Mapping[str, Sequence[Cell]]
    """By visit definition; unscheduled visits may occur more than once."""


class Grid(NamedTuple):
    """A page of participants, and the figures of everybody the site filter leaves."""

    definitions: Mapping[str, Words]
    """Visits that ask something, in the protocol's order, with their labels by language."""
    rows: Sequence[GridRow]
    found: int
    page: int
    pages: int
    counted: bool
    """False where there are too many participants to count at once."""
    figures: Sequence[Adherence]
    states: Counter[AssessmentState]


class _One(NamedTuple):
    participant: DeskParticipant
    site: DeskSite
    status: str | None
    enrolled: bool
    cells: dict[str, list[Cell]]
    outcomes: list[VisitOutcome]


class GridFacts(NamedTuple):
    """What the grid is derived from, read in one transaction of the desk."""

    query: GridQuery
    found: int
    """Participants the filters by site and code leave."""
    counted: bool
    people: Sequence[DeskParticipant]
    """All of them, or those of the page shown where there are too many to count."""
    sites: Mapping[UUID, DeskSite]
    standings: Mapping[UUID, StandingRow]
    asked: Sequence[AskedRow]
    progress: Mapping[UUID, StoredProgress]
    protocols: Mapping[UUID, Protocol]
    instruments: Mapping[str, Instrument]
    now: datetime


async def read_grid(
    connection: Connection, context: ServiceContext, study_id: UUID, query: GridQuery
) -> GridFacts:
    """The participants the desk's transaction may see, narrowed by site and code."""
    sites = {site.id: site for site in await store.list_desk_sites(connection, study_id)}
    site_id = next((one.id for one in sites.values() if one.code == query.site), None)
    people = await store.list_desk_participants(
        connection, study_id, site_id=site_id, code=query.code
    )
    if query.site is not None and site_id is None:
        people = []
    counted = len(people) <= MOST_COUNTED
    wanted = people if counted else _page_of(people, query.page)
    ids = [one.id for one in wanted]
    standings = {one.id: one for one in await store.list_standings(connection, study_id, ids)}
    asked = await store.list_asked(connection, study_id, ids)
    progress = await store.list_progress(connection, study_id, ids)
    now = await operations.get_study_time(connection)
    protocols: dict[UUID, Protocol] = {}
    for version_id in {one.protocol_version_id for one in standings.values()}:
        protocols[version_id] = await context.reader.protocol(connection, study_id, version_id)
    instruments = context.catalogue.instruments
    read = (standings, asked, progress, protocols, instruments, now)
    return GridFacts(query, len(people), counted, wanted, sites, *read)


async def derive_grid(facts: GridFacts) -> Grid:
    """The page of the grid, by the states of everybody in it; no connection is held meanwhile."""
    # Deriving thousands of states takes a while: other pages must not wait for it.
    return await asyncio.to_thread(_derive_grid, facts)


def _derive_grid(facts: GridFacts) -> Grid:
    everyone = _derive(facts)
    definitions = _definitions(facts.protocols.values())
    query = facts.query
    if not facts.counted:
        return _grid(definitions, everyone, everyone, query, found=facts.found, counted=False)
    shown = [one for one in everyone if _is_wanted(one, query)]
    return _grid(definitions, everyone, shown, query, found=len(shown), counted=True)


def _grid(
    definitions: Mapping[str, Words],
    everyone: Sequence[_One],
    shown: Sequence[_One],
    query: GridQuery,
    *,
    found: int,
    counted: bool,
) -> Grid:
    pages = max(1, -(-found // PAGE))
    page = min(max(1, query.page), pages)
    enrolled = Counter({one.site.code: 0 for one in everyone})
    enrolled.update(one.site.code for one in everyone if one.enrolled)
    outcomes = [each for one in everyone for each in one.outcomes]
    by_visit = adherence(
        outcomes, definitions=tuple(definitions), enrolled=dict(sorted(enrolled.items()))
    )
    return Grid(
        definitions=definitions,
        rows=[
            GridRow(one.participant.code, one.site, one.status, one.cells)
            for one in (_page_of(shown, page) if counted else shown)
        ],
        found=found,
        page=page,
        pages=pages,
        counted=counted,
        figures=by_visit if counted else (),
        states=Counter(state for each in outcomes for state in each.states),
    )


def _page_of(people: Sequence[_T], page: int) -> Sequence[_T]:
    first = (page - 1) * PAGE
    return people[first : first + PAGE]


def _definitions(protocols: Iterable[Protocol]) -> dict[str, Words]:
    found: dict[str, Words] = {}
    for protocol in protocols:
        for visit in protocol.visits:
            if visit.asks or visit.kind == "unscheduled":
                found.setdefault(visit.id, visit.label)
    return found


def _derive(facts: GridFacts) -> list[_One]:
    now = facts.now
    rows = {
        participant: list(found)
        for participant, found in groupby(facts.asked, key=lambda row: row.participant_id)
    }
    derived: list[_One] = []
    for one in facts.people:
        site, word = facts.sites.get(one.site_id), facts.standings.get(one.id)
        if site is None or word is None:
            continue
        where = standing_of(word, now)
        mine = _One(
            one,
            site,
            where.status,
            figures.is_enrolled(word.statuses, now),
            {},
            [],
        )
        for _, found in groupby(rows.get(one.id, ()), key=lambda row: row.visit_id):
            asked_here = list(found)
            first = asked_here[0]
            done = [facts.progress.get(row.assessment_id) for row in asked_here]
            visit = AskedVisit(
                site=site.code,
                participant=one.id,
                definition=first.definition,
                kind=facts.protocols[word.protocol_version_id].definition(first.definition).kind,
                window=Window(first.opens_at, first.closes_at, first.provisional),
                asked=tuple(
                    progress_of(row, known, facts.instruments)
                    for row, known in zip(asked_here, done, strict=True)
                ),
                scorable=all(each is not None and each.scorable for each in done),
            )
            outcome = visit_outcome(visit, where, now)
            mine.outcomes.append(outcome)
            mine.cells.setdefault(first.definition, []).append(
                Cell(
                    first.definition,
                    first.occurrence,
                    taken_together(outcome.states),
                    sum(state in _ANSWERED for state in outcome.states),
                    len(outcome.states),
                )
            )
        derived.append(mine)
    return derived


class Stands(Shape):
    """What tells where somebody stands."""

    @property
    def statuses(self) -> tuple[StatusFacts, ...]: ...
    @property
    def died_at(self) -> datetime | None: ...


def standing_of(row: Stands, now: datetime) -> Standing:
    """Where a participant stands at `now`, a recorded death included."""
    events: tuple[EventFacts, ...] = ()
    if row.died_at is not None:
        events = (EventFacts(id=UUID(int=0), kind=EventKind.death, occurred_at=row.died_at),)
    return standing(row.statuses, now, events)


def progress_of(
    asked: Asked, known: Known | None, instruments: Mapping[str, Instrument]
) -> Progress:
    """How far an assessment has come: that something was answered, never what."""
    instrument = instruments.get(asked.instrument)
    return Progress(
        submitted_at=None if known is None else known.sent_at,
        declined_at=asked.declined_at,
        begun=known is not None and known.begun,
        answered=known is not None and known.answered,
        settled=known is not None
        and instrument is not None
        and known.settled >= len(instrument.items),
    )


_ANSWERED: Final = frozenset({AssessmentState.completed, AssessmentState.late})
_MOST_PRESSING: Final = (
    AssessmentState.started,
    AssessmentState.due,
    AssessmentState.unsent,
    AssessmentState.partial,
    AssessmentState.missed,
    AssessmentState.late,
    AssessmentState.completed,
    AssessmentState.declined,
    AssessmentState.not_yet_due,
    AssessmentState.not_applicable,
)


def taken_together(states: Sequence[AssessmentState]) -> AssessmentState:
    """One word for a visit: what is still open first; some answered and some missed is partial."""
    found = set(states)
    if len(found) == 1:
        return states[0]
    if found & {AssessmentState.due, AssessmentState.started}:
        begun = found & {*_ANSWERED, AssessmentState.started, AssessmentState.unsent}
        return AssessmentState.started if begun else AssessmentState.due
    if AssessmentState.missed in found and found & {*_ANSWERED, AssessmentState.unsent}:
        return AssessmentState.partial
    return next(state for state in _MOST_PRESSING if state in found)


def _is_wanted(one: _One, query: GridQuery) -> bool:
    """Whether a participant is among the rows a filter or a figure's link asks for."""
    outcomes = [
        each for each in one.outcomes if query.visit is None or each.definition == query.visit
    ]
    if query.figure == "enrolled" and not one.enrolled:
        return False
    if query.figure == "expected_and_closed" and not figures.expected_and_closed(outcomes):
        return False
    if query.figure == "completed_in_window" and not figures.completed_in_window(outcomes):
        return False
    if query.figure == "unsent" and not figures.answered_unsent(outcomes):
        return False
    if query.figure == "scorable" and not figures.scorable(outcomes):
        return False
    return query.state is None or any(query.state in each.states for each in outcomes)
