"""Reading participants."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.endpoints.baselines import SentSitting
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("base/participants")


class CodedParticipant(NamedTuple):
    """A participant's internal id and public code."""

    id: UUID
    code: str


async def get_participant_facts(
    connection: Connection,
    study_id: UUID,
    participant_id: UUID,
    answers_of: Sequence[UUID] = (),
    *,
    lean: bool = False,
) -> ParticipantFacts | None:
    """Everything decisions read about one participant, or None if there is no such one.

    `lean`: of the visits in hand alone (`VisitFacts`). Answers are read of what is still open, of
    what was submitted within a day of study time, and of the assessments in `answers_of`; of all
    others they are None.
    """
    sql = _SQL["get_lean_facts"] if lean else _SQL["get_participant_facts"]
    text = await connection.fetchval(sql, study_id, participant_id, list(answers_of))
    return None if text is None else ParticipantFacts.model_validate_json(text)


class FactsToKeep(NamedTuple):
    """Lean facts, and which rows they were read from (`pro.facts_origin`)."""

    facts: ParticipantFacts
    origin: str


async def get_facts_to_keep(
    connection: Connection, study_id: UUID, participant_id: UUID, answers_of: Sequence[UUID] = ()
) -> FactsToKeep | None:
    """Lean facts for whoever keeps them in hand; None if there is no such participant."""
    sql = _SQL["get_facts_to_keep"]
    row = await connection.fetchrow(sql, study_id, participant_id, list(answers_of))
    if row is None:
        return None
    return FactsToKeep(ParticipantFacts.model_validate_json(row["facts"]), row["origin"])


async def get_facts_of_many(
    connection: Connection,
    people: Sequence[tuple[UUID, UUID]],
    answers_of: Sequence[UUID] = (),
    *,
    lean: bool = False,
) -> dict[tuple[UUID, UUID], ParticipantFacts]:
    """The same of many, each (study, participant), in one statement; who does not exist is absent.

    Each is read at its own revision, all at one instant of study time. Reading them takes a while:
    other work of the process is let in between two.
    """
    asked = [{"study_id": study, "participant_id": participant} for study, participant in people]
    sql = _SQL["get_lean_facts_of_many"] if lean else _SQL["get_facts_of_many"]
    found: dict[tuple[UUID, UUID], ParticipantFacts] = {}
    for row in await connection.fetch(sql, asked, list(answers_of)):
        facts = ParticipantFacts.model_validate_json(row["facts"])
        found[facts.study_id, facts.id] = facts
        await asyncio.sleep(0)
    return found


async def list_participants(connection: Connection, study_id: UUID) -> list[CodedParticipant]:
    """The study's participants in order of enrolment."""
    rows = await connection.fetch(_SQL["list_participants"], study_id)
    return [row_of(CodedParticipant, row) for row in rows]


async def list_codes(connection: Connection, study_id: UUID) -> frozenset[str]:
    """The codes of all the study's participants."""
    rows = await connection.fetch(_SQL["list_codes"], study_id)
    return frozenset(row["code"] for row in rows)


async def find_participant(connection: Connection, study_id: UUID, code: str) -> UUID | None:
    """The id behind a code."""
    found: UUID | None = await connection.fetchval(_SQL["find_participant"], study_id, code)
    return found


async def list_sent_sittings(
    connection: Connection,
    study_id: UUID,
    participant_id: UUID,
    *,
    instruments: Sequence[str],
    before: datetime,
) -> list[SentSitting]:
    """What was sent in of these instruments before an instant, oldest first."""
    rows = await connection.fetch(
        _SQL["list_sent_sittings"], study_id, participant_id, instruments, before
    )
    return [SentSitting.model_validate_json(row["sitting"]) for row in rows]
