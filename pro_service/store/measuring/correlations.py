"""What scores and measures are set beside each other from, set by set; which runs there were."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import astuple, dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any, Final, NamedTuple
from uuid import UUID

from pro_service.domain.endpoints.groups import SittingScore
from pro_service.domain.study.facts import EventFacts, EventKind, Target
from pro_service.store.connection import Connection
from pro_service.store.ids import new_id
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("measuring/correlations")


class PersonBeside(NamedTuple):
    """Somebody whose scores and measures may stand beside each other."""

    id: UUID
    code: str
    zone: str
    protocol_version_id: UUID
    treated_knees: list[Target]
    site: str
    """The present one."""


class ScoreBeside(NamedTuple):
    """One scale of one sitting, with when it was answered (last; as claimed, of what was typed)."""

    score: SittingScore
    opens_at: datetime
    closes_at: datetime | None
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run that is made: what was asked, why it might be, and how much stood beside each other."""

    instrument: str
    scale: str
    measure: str
    region: str | None
    layer: str | None
    visit: str | None
    within_days: int
    planned: list[str]
    ground: str
    ground_name: str
    as_of: datetime
    seed: int
    replicates: int
    participants: int
    pairs: int
    pairs_sha256: str


@dataclass(frozen=True, slots=True)
class RunRow(NewRun):
    """A run that was made. Instants are study time."""

    id: UUID
    number: int
    recorded_at: datetime
    actor: str


async def list_people(
    connection: Connection, study_id: UUID, as_of: datetime, *, seen: bool
) -> list[PersonBeside]:
    """Everybody, or (`seen`) those whose scores are seen from the seat, by code."""
    query = _SQL["list_people_beside_seen" if seen else "list_people_beside"]
    return [row_of(PersonBeside, row) for row in await connection.fetch(query, study_id, as_of)]


async def list_scores(
    connection: Connection,
    study_id: UUID,
    people: Mapping[UUID, PersonBeside],
    scale: tuple[str, str],
    as_of: datetime,
    *,
    seen: bool,
) -> list[ScoreBeside]:
    """One scale, (instrument, scale), of every sitting of these people there was."""
    if seen:
        query = _SQL["list_scores_beside_seen"]
        rows = await connection.fetch(query, study_id, *scale, as_of)
    else:
        query = _SQL["list_scores_beside"]
        rows = await connection.fetch(query, study_id, list(people), *scale, as_of)
    return [_score(row, people[row["participant_id"]]) for row in rows]


async def list_injections(
    connection: Connection, study_id: UUID, people: Collection[UUID], as_of: datetime
) -> dict[UUID, list[EventFacts]]:
    """The injections of each of these participants."""
    found: dict[UUID, list[EventFacts]] = {}
    for row in await connection.fetch(_SQL["list_injections"], study_id, list(people), as_of):
        told = dict(row)
        mine = found.setdefault(told.pop("participant_id"), [])
        mine.append(EventFacts(**told | {"kind": EventKind(told["kind"])}))
    return found


async def insert_run(connection: Connection, study_id: UUID, run: NewRun, actor: str) -> RunId:
    """Keep a run, and say which of the study it was."""
    made = new_id()
    number = await connection.fetchval(_SQL["insert_run"], study_id, made, *astuple(run), actor)
    return RunId(made, number)


async def list_runs(connection: Connection, study_id: UUID) -> list[RunRow]:
    """Every run of the study, the first one first."""
    return [row_of(RunRow, row) for row in await connection.fetch(_SQL["list_runs"], study_id)]


class RunId(NamedTuple):
    """A run by its id, and by its number in the study."""

    id: UUID
    number: int


def _score(row: Mapping[str, Any], person: PersonBeside) -> ScoreBeside:
    told = dict(row)
    when = {name: told.pop(name) for name in ("opens_at", "closes_at", "answered_at")}
    raw, normalised = (
        None if told[name] is None else Fraction(told[name]) for name in ("raw", "normalised")
    )
    score = row_of(
        SittingScore,
        told,
        treated=told["target"] in person.treated_knees,
        site=person.site,
        raw=raw,
        normalised=normalised,
    )
    return ScoreBeside(score, **when)
