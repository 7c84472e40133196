"""Paper typed a second time: what is to be done, the second entry, and how differences are settled.

`list_papers` and `list_differences` run as the desk, the rest as the clerk.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.instruments.numbers import Value
from pro_service.domain.study.facts import AnswerFacts
from pro_service.store.connection import Connection, Guard, write
from pro_service.store.desk.entry import EntryRow
from pro_service.store.rows import answer, row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("desk/second")


@dataclass(frozen=True, kw_only=True)
class SecondEntryRow:
    """A paper that was typed a second time."""

    id: UUID
    attempt_id: UUID
    """The sitting that was typed first."""
    actor: str


@dataclass(frozen=True, kw_only=True)
class SecondAnswerRow:
    """What was typed for an item the second time, and what was typed first."""

    id: UUID
    second_entry_id: UUID
    item: str
    value: Value | None
    gap: str | None
    response_id: UUID
    differs: bool
    actor: str


@dataclass(frozen=True, kw_only=True)
class EntrySettlementRow:
    """What the paper says where the two differ, and why."""

    id: UUID
    second_answer_id: UUID
    value: Value | None
    gap: str | None
    actor: str
    reason: str


@dataclass
class SecondEntryWrite:
    """A second entry with its answers, or a settlement."""

    entries: list[SecondEntryRow] = field(default_factory=list)
    answers: list[SecondAnswerRow] = field(default_factory=list)
    settlements: list[EntrySettlementRow] = field(default_factory=list)


class PaperFound(NamedTuple):
    """A paper that was sent in: its head, and whether it was typed a second time."""

    entry: EntryRow
    ordinal: int
    submitted_at: datetime
    typed_again: bool


class Difference(NamedTuple):
    """What two entries say differently, as it is settled; no value."""

    id: UUID
    attempt_id: UUID
    item: str
    response_id: UUID
    """The first entry's answer it was compared with."""
    settled: bool
    settled_by: str | None


class PaperToDo(NamedTuple):
    """A paper to type a second time (`to_type`), or of which differences wait (`to_settle`)."""

    kind: str
    attempt_id: UUID
    code: str
    protocol_version_id: UUID
    site_id: UUID
    definition: str
    occurrence: int
    instrument: str
    target: str
    typed_by: str
    """Who typed it first."""
    since: datetime
    open: int
    """How many differences are not settled."""
    total: int
    """How many papers there are of the kind."""


class DifferenceSeen(NamedTuple):
    """A difference as the desk sees it; values only for whoever may read answers."""

    id: UUID
    attempt_id: UUID
    assessment_id: UUID
    item: str
    first_actor: str
    second_actor: str
    recorded_at: datetime
    readable: bool
    first_value: Value | None
    first_gap: str | None
    second_value: Value | None
    second_gap: str | None
    settled_at: datetime | None
    """None: it waits."""
    settled_by: str | None
    reason: str | None
    settled_value: Value | None
    settled_gap: str | None


async def record_second_entry(
    connection: Connection, guard: Guard, document: SecondEntryWrite
) -> None:
    """Keep a second entry or a settlement. Raises StaleRevisionError; DuplicateError if done."""
    await write(connection, _SQL["record_second_entry"], *guard, document)


async def find_paper(
    connection: Connection, study_id: UUID, participant_id: UUID, attempt_id: UUID
) -> PaperFound | None:
    """The paper of this sitting, if it is one of the participant's that was sent in."""
    row = await connection.fetchrow(_SQL["find_paper"], study_id, participant_id, attempt_id)
    if row is None:
        return None
    found = dict(row)
    beside = {name: found.pop(name) for name in ("ordinal", "submitted_at", "typed_again")}
    return PaperFound(EntryRow(**found), **beside)


async def list_paper_answers(
    connection: Connection, study_id: UUID, participant_id: UUID, attempt_id: UUID
) -> tuple[AnswerFacts, ...]:
    """What stands answered in the sitting: to go on from, not to show."""
    return await _answers(connection, "list_paper_answers", study_id, participant_id, attempt_id)


async def list_typed_answers(
    connection: Connection, study_id: UUID, participant_id: UUID, attempt_id: UUID
) -> tuple[AnswerFacts, ...]:
    """What was read when it was typed first: to compare with, not to show."""
    return await _answers(connection, "list_typed_answers", study_id, participant_id, attempt_id)


async def _answers(connection: Connection, query: str, *whose: UUID) -> tuple[AnswerFacts, ...]:
    rows = await connection.fetch(_SQL[query], *whose)
    return tuple(AnswerFacts.model_validate(dict(row)) for row in rows)


async def is_verified(connection: Connection, study_id: UUID, attempt_id: UUID) -> bool:
    """Whether a paper was typed a second time, and nothing of it waits to be settled."""
    found: bool = await connection.fetchval(_SQL["is_verified"], study_id, attempt_id)
    return found


async def get_difference(
    connection: Connection, study_id: UUID, participant_id: UUID, second_answer_id: UUID
) -> Difference | None:
    """A difference at the participant, settled or not."""
    row = await connection.fetchrow(
        _SQL["get_difference"], study_id, participant_id, second_answer_id
    )
    return None if row is None else row_of(Difference, row)


async def list_papers(
    connection: Connection, study_id: UUID, participant_id: UUID | None, most: int
) -> list[PaperToDo]:
    """What is to be done about paper typed twice, kind by kind; None: of everybody here."""
    rows = await connection.fetch(_SQL["list_papers"], study_id, participant_id, most)
    return [row_of(PaperToDo, row) for row in rows]


async def list_differences(
    connection: Connection, study_id: UUID, participant_id: UUID
) -> list[DifferenceSeen]:
    """Differences as the desk sees them, in order, settled ones too."""
    rows = await connection.fetch(_SQL["list_differences"], study_id, participant_id)
    values = ("first_value", "second_value", "settled_value")
    return [
        row_of(DifferenceSeen, row, **{name: answer(row[name]) for name in values}) for row in rows
    ]
