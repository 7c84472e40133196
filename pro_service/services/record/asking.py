"""Data queries raised, answered, closed and opened again; visits marked as compared with source.

One use case for the desk and for the commands: whoever acts gives the turn (`Who`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Instrument
from pro_service.domain.study.data_queries import QueryState, QueryStep, check_step
from pro_service.domain.study.facts import AssessmentFacts, ParticipantFacts, VisitFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.services.base.notes import note_about, reasoned
from pro_service.services.base.turns import Plan, Who, turn, writing
from pro_service.store.ids import new_id
from pro_service.store.record import data_queries as store
from pro_service.store.record.data_queries import (
    AskedRow,
    DataQuery,
    MarkRow,
    QueryWrite,
    StepRow,
)


class UnknownQueryError(ProServiceError):
    """The participant has no such data query."""


class QuestionNumberError(ProServiceError):
    """The questionnaire has no question of this number; say which questionnaire as well."""


class UnknownVisitError(ProServiceError):
    """The participant has no such visit."""


class About(NamedTuple):
    """What a data query is about: one of the participant's visits or sittings, or all of them."""

    visit_id: UUID | None = None
    assessment_id: UUID | None = None
    question: int | None = None
    """The number of a question of that questionnaire, from 1."""


async def raise_query(who: Who, about: About, words: str, *, actor: str) -> UUID:
    """Raise a data query in words, sealed; returns its id.

    Raises UnknownVisitError, QuestionNumberError, KeyGoneError, BusyError.
    """

    async def decide(facts: ParticipantFacts, _: Protocol) -> Plan[UUID]:
        instruments = who.context.catalogue.instruments
        assessment = _check_about(facts, about)
        item = None
        if about.question is not None:
            item = item_of(
                None if assessment is None else instruments[assessment.instrument], about
            )
        note = note_about(who.context, facts, words)
        row = AskedRow(
            id=new_id(),
            assessment_id=about.assessment_id,
            visit_id=about.visit_id,
            item=item,
            said=note.reference,
            actor=actor,
        )
        write = writing(store.record_data_query, QueryWrite(asked=[row]))
        return reasoned(who, note, Plan(row.id, write))

    return await turn(who, decide)


async def take_step(who: Who, query_id: UUID, step: QueryStep, words: str, *, actor: str) -> None:
    """Answer, close or open again, with words, sealed.

    Raises UnknownQueryError, QueryStepError, KeyGoneError, BusyError.
    """

    async def decide(facts: ParticipantFacts, _: Protocol) -> Plan[None]:
        check_step((await find_query(who, query_id)).state, step)
        note = note_about(who.context, facts, words)
        row = StepRow(id=new_id(), query_id=query_id, step=step, said=note.reference, actor=actor)
        write = writing(store.record_data_query, QueryWrite(steps=[row]))
        return reasoned(who, note, Plan(None, write))

    await turn(who, decide)


async def mark_source(who: Who, visit_id: UUID, words: str, *, actor: str) -> None:
    """Mark a visit as compared with its source, as it stands now, saying how it was compared.

    Raises UnknownVisitError, KeyGoneError, BusyError.
    """

    async def decide(facts: ParticipantFacts, _: Protocol) -> Plan[None]:
        if all(one.id != visit_id for one in facts.visits):
            raise UnknownVisitError
        note = note_about(who.context, facts, words)
        row = MarkRow(id=new_id(), visit_id=visit_id, actor=actor)
        write = writing(store.record_data_query, QueryWrite(marks=[row]))
        return reasoned(who, note, Plan(None, write))

    await turn(who, decide)


async def list_queries(who: Who, *states: QueryState) -> Sequence[DataQuery]:
    """The participant's data queries of these states, the oldest first."""
    found = await store.list_data_queries(who.connection, who.study_id, who.participant_id)
    return [one for one in found if one.state in states]


async def find_query(who: Who, query_id: UUID) -> DataQuery:
    """A data query of the participant's. Raises UnknownQueryError."""
    found = await list_queries(who, *QueryState)
    for one in found:
        if one.id == query_id:
            return one
    raise UnknownQueryError


def item_of(instrument: Instrument | None, about: About) -> str:
    """The item of a question's number. Raises QuestionNumberError."""
    number = about.question or 0
    if instrument is None or not 1 <= number <= len(instrument.items):
        raise QuestionNumberError
    return instrument.items[number - 1].code


def _check_about(facts: ParticipantFacts, about: About) -> AssessmentFacts | None:
    """What is asked about belongs to the participant. Raises UnknownVisitError."""
    visits: Sequence[VisitFacts] = facts.visits
    if about.visit_id is not None and all(one.id != about.visit_id for one in visits):
        raise UnknownVisitError
    if about.assessment_id is None:
        return None
    for visit in visits:
        for one in visit.assessments:
            if one.id == about.assessment_id:
                return one
    raise UnknownVisitError
