"""Reading what decisions are made from: studies, protocols, a participant's facts."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, TypeVar
from typing import Protocol as Interface
from uuid import UUID

from pro_service.domain.endpoints.plan import AnalysisPlan
from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Instrument
from pro_service.domain.study.amending.stored import read_stored_protocol
from pro_service.domain.study.facts import ParticipantFacts, VisitNotReadError
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.sittings.open_questions import with_open_sittings
from pro_service.services.base.keys import Keys, UnknownStudyError
from pro_service.store.base import participants
from pro_service.store.connection import Connection
from pro_service.store.study import plans, studies
from pro_service.store.study.studies import StudyRow

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class PlanInForce(NamedTuple):
    """The analysis plan of a study at an instant."""

    plan: AnalysisPlan
    label: str
    content_sha256: str
    source: str
    """The file as it was loaded."""
    since: datetime


class UnknownParticipantError(ProServiceError):
    """There is no such participant."""


class FromFacts(Interface[T_co]):
    """What is made of facts, read lean or whole."""

    def __call__(self, *, lean: bool) -> Awaitable[T_co]:
        """Read the facts and make it. Raises VisitNotReadError of lean facts that do not do."""


async def lean_first(read: FromFacts[T]) -> T:
    """What is made of lean facts, or of whole ones where it turns out to need more."""
    try:
        return await read(lean=True)
    except VisitNotReadError:
        return await read(lean=False)


@dataclass
class Reader:
    """Reads facts anew each time, and what never changes once."""

    keys: Keys
    instruments: Mapping[str, Instrument]
    _protocols: dict[UUID, Protocol] = field(default_factory=dict)

    async def protocol(self, connection: Connection, study_id: UUID, version_id: UUID) -> Protocol:
        """A stored protocol version; versions never change, so it is read once."""
        if version_id not in self._protocols:
            document = await studies.get_protocol_document(connection, study_id, version_id)
            if document is None:
                raise UnknownStudyError("The participant's protocol version is not stored.")
            self._protocols[version_id] = read_stored_protocol(document)
        return self._protocols[version_id]

    def protocol_read(self, version_id: UUID) -> Protocol | None:
        """A protocol version that was read before; None: it was not."""
        return self._protocols.get(version_id)

    async def plan(
        self, connection: Connection, study_id: UUID, as_of: datetime
    ) -> PlanInForce | None:
        """The analysis plan the study had at `as_of` (study time); None: none was loaded."""
        row = await plans.get_plan_in_force(connection, study_id, as_of)
        if row is None:
            return None
        plan = AnalysisPlan.model_validate_json(row.document)
        return PlanInForce(plan, row.label, row.content_sha256, row.source, row.since)

    async def facts(
        self,
        connection: Connection,
        study_id: UUID,
        participant_id: UUID,
        *,
        answers_of: Sequence[UUID] = (),
        lean: bool = False,
    ) -> ParticipantFacts:
        """A participant's facts, with the participant's key opened for sealing and reading.

        The open sitting of each assessment is found (`domain/study/sittings/open_questions.py`).

        `answers_of` names assessments whose answers are needed however long ago they were sent in.
        `lean`: of the visits in hand alone; who decides from them reads whole where a decision
        raises VisitNotReadError. Raises UnknownParticipantError.
        """
        facts = await participants.get_participant_facts(
            connection, study_id, participant_id, answers_of, lean=lean
        )
        if facts is None:
            raise UnknownParticipantError
        return self.ready(facts)

    def ready(self, facts: ParticipantFacts) -> ParticipantFacts:
        """Facts as the store gave them, with the key opened and the open sittings found."""
        self.keys.admit(facts)
        return with_open_sittings(facts, self.instruments)

    async def facts_of_many(
        self,
        connection: Connection,
        people: Sequence[tuple[UUID, UUID]],
        *,
        answers_of: Sequence[UUID] = (),
        lean: bool = False,
    ) -> dict[tuple[UUID, UUID], ParticipantFacts]:
        """The facts of many, each (study, participant), in one statement; as `facts` gives them.

        Who does not exist is absent.
        """
        many = await participants.get_facts_of_many(connection, people, answers_of, lean=lean)
        return {one: self.ready(facts) for one, facts in many.items()}

    async def study(self, connection: Connection, code: str | None) -> StudyRow:
        """The study with this code; without a code, the only one there is."""
        rows = await studies.list_studies(connection)
        if code is None and len(rows) == 1:
            return rows[0]
        known = ", ".join(row.code for row in rows) or "none yet"
        for row in rows:
            if row.code == code:
                return row
        if code is None:
            message = "There is no study." if not rows else "There are several studies."
            mend = (
                "Load a protocol first: pro-service protocol load FILE."
                if not rows
                else f"Name one with --study: {known}."
            )
            raise UnknownStudyError(message, mend=mend)
        raise UnknownStudyError(f"There is no study {code}.", mend=f"Known: {known}.")
