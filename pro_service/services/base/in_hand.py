"""Lean facts of somebody who writes text after text: those in hand, as long as they stand.

A sitting by text is a text a question, and each asks for the same facts. What this process has in
hand of whoever wrote a moment ago (`known.py`) is asked about, and not read anew.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from pro_service.domain.study.facts import ParticipantFacts
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.known import Stored
from pro_service.services.base.reader import UnknownParticipantError
from pro_service.store.around import FactsAround
from pro_service.store.base import participants
from pro_service.store.connection import Connection


class Door(NamedTuple):
    """By what somebody's facts may be in hand, and what stands around them; None: not asked."""

    name: bytes
    around: FactsAround | None


async def lean_facts(
    connection: Connection,
    context: ServiceContext,
    who: tuple[UUID, UUID],
    answers_of: Collection[UUID],
    door: Door,
) -> ParticipantFacts:
    """A participant's lean facts, with the answers to these assessments among them.

    `who` is study and participant. Raises UnknownParticipantError.
    """
    known = context.known
    if door.around is not None and known.holds(door.name, of=who[1]):
        facts = known.present(door.name, door.around)
        if facts is not None and _tell_of(facts, answers_of):
            context.keys.admit(facts)
            return facts
    found = await participants.get_facts_to_keep(connection, *who, tuple(answers_of))
    if found is None:
        raise UnknownParticipantError
    facts = context.reader.ready(found.facts)
    known.keep(door.name, facts, found.origin)
    return facts


def remember(context: ServiceContext, door: bytes, stored: Stored | None) -> None:
    """Add what was just stored to what is in hand of a participant; None: read it anew."""
    if stored is None:
        context.known.forget(door)
    else:
        context.known.store(door, stored)


def _tell_of(facts: ParticipantFacts, wanted: Collection[UUID]) -> bool:
    """Whether the answers to these assessments are among them."""
    asked = [one for visit in facts.visits for one in visit.asked or ()]
    return {one.id for one in asked if one.answers is not None}.issuperset(wanted)
