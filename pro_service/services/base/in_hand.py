"""Lean facts of somebody who writes text after text: those in hand, as long as they stand.

A sitting by text is a text a question, and each asks for the same facts. What this process has in
hand of whoever wrote a moment ago (`known.py`) is asked about, and not read anew.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from pro_service.domain.study.facts import ParticipantFacts
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.known import Stored
from pro_service.services.base.reader import UnknownParticipantError
from pro_service.store.base import participants
from pro_service.store.connection import Connection


async def lean_facts(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    participant_id: UUID,
    answers_of: Collection[UUID],
) -> ParticipantFacts:
    """A participant's lean facts, with the answers to these assessments among them.

    Raises UnknownParticipantError.
    """
    known, door = context.known, participant_id.bytes
    if known.holds(door):
        around = await participants.look_around(connection, study_id, participant_id)
        facts = None if around is None else known.present(door, around)
        if facts is not None and _tell_of(facts, answers_of):
            context.keys.admit(facts)
            return facts
    found = await participants.get_facts_to_keep(
        connection, study_id, participant_id, tuple(answers_of)
    )
    if found is None:
        raise UnknownParticipantError
    facts = context.reader.ready(found.facts)
    known.keep(door, facts, found.origin)
    return facts


def remember(context: ServiceContext, participant_id: UUID, stored: Stored | None) -> None:
    """Add what was just stored to what is in hand of a participant; None: read it anew."""
    if stored is None:
        context.known.forget(participant_id.bytes)
    else:
        context.known.store(participant_id.bytes, stored)


def _tell_of(facts: ParticipantFacts, wanted: Collection[UUID]) -> bool:
    """Whether the answers to these assessments are among them."""
    asked = [one for visit in facts.visits for one in visit.asked or ()]
    return {one.id for one in asked if one.answers is not None}.issuperset(wanted)
