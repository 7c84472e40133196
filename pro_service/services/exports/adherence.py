"""Who has answered what: participants by visits, and the two figures per visit and site."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple
from uuid import UUID

from pro_service.domain.study.adherence import (
    Adherence,
    AskedVisit,
    VisitOutcome,
    adherence,
    is_enrolled,
    visit_outcome,
)
from pro_service.domain.study.assessments import AssessmentState
from pro_service.domain.study.statuses import standing
from pro_service.services.base.context import ServiceContext
from pro_service.store.base import participants
from pro_service.store.connection import Connection
from pro_service.store.exports import adherence as store


class ParticipantStates(NamedTuple):
    """One participant's states, by visit definition, in the order asked."""

    code: str
    site: str
    status: str
    visits: dict[str, tuple[AssessmentState, ...]]


class AdherenceReport(NamedTuple):
    """The whole picture of a study at one instant."""

    definitions: tuple[str, ...]
    rows: tuple[ParticipantStates, ...]
    figures: tuple[Adherence, ...]
    states: Counter[AssessmentState]


async def report(
    connection: Connection, context: ServiceContext, study_id: UUID
) -> AdherenceReport:
    """Derive every state from facts and study time; nothing of it is stored."""
    scorable = await store.list_scorable(connection, study_id)
    outcomes: list[VisitOutcome] = []
    rows: list[ParticipantStates] = []
    enrolled: Counter[str] = Counter()
    states: Counter[AssessmentState] = Counter()
    definitions: dict[str, None] = {}
    for found in await participants.list_participants(connection, study_id):
        facts = await context.facts(connection, study_id, found.id)
        protocol = await context.protocol(connection, study_id, facts.protocol_version_id)
        asking = [one for one in protocol.visits if one.asks]
        definitions |= dict.fromkeys(one.id for one in asking)
        where = standing(facts.statuses, facts.now, facts.events)
        enrolled[facts.site.code] += int(is_enrolled(facts.statuses, facts.now))
        visits: dict[str, tuple[AssessmentState, ...]] = {}
        for visit in facts.visits:
            if not visit.assessments:
                continue
            asked = AskedVisit(
                site=facts.site.code,
                participant=facts.id,
                definition=visit.definition,
                kind=protocol.definition(visit.definition).kind,
                window=visit.window,
                asked=tuple(one.progress for one in visit.assessments),
                scorable=all(one.id in scorable for one in visit.assessments),
            )
            outcome = visit_outcome(asked, where, facts.now)
            visits[visit.definition] = outcome.states
            states.update(outcome.states)
            outcomes.append(outcome)
        rows.append(ParticipantStates(facts.code, facts.site.code, str(where.status), visits))
    figures = adherence(
        outcomes, definitions=tuple(definitions), enrolled=dict(sorted(enrolled.items()))
    )
    return AdherenceReport(tuple(definitions), tuple(rows), figures, states)
