"""Sittings as a test wants them: begun, answered, sent, closed, exported; no page, no text."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from pro_service.domain.study.facts import AssessmentFacts
from pro_service.services import rounds
from pro_service.services.answering import (
    AnsweringCase,
    GivenAnswer,
    Place,
    Sitting,
    find_assessment,
    plan_answers,
    score_rows,
)
from pro_service.services.base.context import ServiceContext
from pro_service.services.exports.export import export
from pro_service.store.answering.answers import AnswersWrite, record_answers
from pro_service.store.base import operations
from pro_service.store.connection import Guard
from pro_service.store.ids import new_id
from pro_service.store.pools import Pools
from pro_service.store.study.studies import StudyRow
from pro_service.store.writes import AttemptRow, ResponseRow
from tests.support.seed import SeededParticipant

WOMAC = "womac-nrs-3.1"
ACTOR = "participant:P-001"


@dataclass
class Sitter:
    """A participant whose one questionnaire (WOMAC, left knee, at baseline) is sat through."""

    participant: SeededParticipant
    pools: Pools

    @property
    def owner(self) -> asyncpg.Connection[asyncpg.Record]:
        """A connection that may do everything."""
        return self.participant.study.owner

    @property
    def context(self) -> ServiceContext:
        """The services' context."""
        return self.participant.study.context

    @property
    def assessment_id(self) -> UUID:
        """What is asked."""
        return self.participant.assessments["baseline", WOMAC, "left_knee"]

    @property
    def items(self) -> list[str]:
        """Codes of all that is asked."""
        return [item.code for item in self.context.catalogue.instruments[WOMAC].items]

    async def facts(self) -> AssessmentFacts:
        """The assessment as decisions see it, its answers read."""
        study = self.participant.study
        facts = await self.context.reader.facts(
            self.owner, study.id, self.participant.id, answers_of=[self.assessment_id]
        )
        return find_assessment(facts, self.assessment_id)[1]

    async def answer(self, answers: Mapping[str, int | None], *, send: bool = False) -> None:
        """Answer as a page does: in the open sitting, or a fresh one where its span is over."""
        study = self.participant.study
        facts = await self.context.reader.facts(
            self.owner, study.id, self.participant.id, answers_of=[self.assessment_id]
        )
        protocol = await self.context.reader.protocol(
            self.owner, facts.study_id, facts.protocol_version_id
        )
        sitting = Sitting(mode="web", authentication="link", language="en", actor=ACTOR)
        given = [
            GivenAnswer(self.assessment_id, item, value, None if value is not None else "skipped")
            for item, value in answers.items()
        ]
        plan = plan_answers(
            AnsweringCase(self.context, protocol, facts, sitting, {}),
            given,
            submit=[self.assessment_id] if send else [],
        )
        guard = Guard(facts.study_id, facts.id, facts.revision)
        await record_answers(self.owner, guard, plan.document)

    async def sit_anew(
        self, ordinal: int, answers: Mapping[str, int], *, send: bool, mode: str = "paper"
    ) -> UUID:
        """Another sitting beside those there are, as entry by staff will make it; its id."""
        study, instrument = self.participant.study, self.context.catalogue.instruments[WOMAC]
        facts = await self.context.reader.facts(self.owner, study.id, self.participant.id)
        sitting = AttemptRow(
            id=new_id(),
            assessment_id=self.assessment_id,
            ordinal=ordinal,
            mode=mode,
            respondent="self",
            respondent_relation=None,
            authentication="staff",
            language="en",
            device_class=None,
            release="test",
            instrument_sha256="0",
            wording_sha256="0",
            actor=ACTOR,
        )
        document = AnswersWrite(attempts=[sitting])
        document.responses = [
            ResponseRow(
                id=new_id(),
                assessment_id=self.assessment_id,
                attempt_id=sitting.id,
                item=item,
                value=value,
                gap=None,
                lowest=0,
                highest=10,
                raw_sealed=None,
                raw_key=None,
                answered_at=None,
                answered_offset_minutes=None,
                inbound_id=None,
                actor=ACTOR,
            )
            for item, value in answers.items()
        ]
        if send:
            document.submitted, document.attempts_submitted = [self.assessment_id], [sitting.id]
            place = Place(self.assessment_id, sitting.id, ACTOR)
            document.scores = score_rows(instrument, dict(answers), place, basis="complete")
        await record_answers(self.owner, Guard(study.id, facts.id, facts.revision), document)
        return sitting.id

    async def move(self, by: timedelta) -> None:
        """Let study time pass."""
        await self.owner.execute("SELECT pro.move_clock(pro.now() + $1::interval)", by)

    async def now(self) -> datetime:
        """Study time."""
        return await operations.get_study_time(self.owner)

    async def close(self) -> int:
        """One round of closing."""
        return await rounds.closing_round(self.pools.worker, self.context)

    async def chosen(self) -> list[tuple[int, str, str]]:
        """What is written down: ordinal of the sitting, reason and actor, in the order written."""
        rows = await self.owner.fetch(
            "SELECT t.ordinal, c.reason, c.actor FROM pro.standing_sittings AS c"
            " JOIN pro.attempts AS t ON t.id = c.attempt_id"
            " WHERE c.assessment_id = $1 ORDER BY c.id",
            self.assessment_id,
        )
        return [tuple(row) for row in rows]

    async def scores(self) -> list[tuple[Any, ...]]:
        """Ordinal, basis, revision, raw of each score of pain, in the order written."""
        rows = await self.owner.fetch(
            "SELECT t.ordinal, s.basis, s.revision, s.raw::integer FROM pro.scores AS s"
            " JOIN pro.attempts AS t ON t.id = s.attempt_id"
            " WHERE s.scale = 'pain' ORDER BY s.id"
        )
        return [tuple(row) for row in rows]

    async def exported(
        self, folder: Path, as_of: datetime | None = None
    ) -> dict[str, list[dict[str, str]]]:
        """The rows of scores.csv and items.csv."""
        study = StudyRow(self.participant.study.id, "KNEE-OA-UCMSC", "", "")
        await export(self.owner, self.context, study, folder, as_of=as_of)
        tables = {}
        for name in ("scores", "items"):
            with (folder / f"{name}.csv").open(newline="", encoding="utf-8") as file:
                tables[name] = [row for row in csv.DictReader(file) if row["instrument"] == WOMAC]
        return tables
