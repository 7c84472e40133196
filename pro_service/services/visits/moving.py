"""Participants moved to another protocol version, each in their own turn."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.amending.moving import Moving, Versions, plan_move
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.statuses import standing
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.notes import KeyGoneError, note_about, reasoned
from pro_service.services.base.turns import BusyError, Plan, Who, turn, writing
from pro_service.services.visits.scheduling import add_visit, reclosed_rows
from pro_service.store.connection import Connection
from pro_service.store.ids import new_id
from pro_service.store.visits import schedule
from pro_service.store.visits.schedule import PinRow, ScheduleWrite

Outcome = Literal["moved", "would move", "refused", "is there already"]


class MoveRefusedError(ProServiceError):
    """The move cannot be made."""


@dataclass(frozen=True)
class Move:
    """To which version, by whom and why; a preview writes nothing."""

    version_id: UUID
    actor: str
    reason: str
    preview: bool = False


@dataclass(frozen=True)
class Moved:
    """What became of one participant."""

    code: str
    outcome: Outcome
    left: UUID
    """The version they were under."""
    lines: tuple[str, ...] = ()
    """What changes or changed, a line each."""
    refusals: tuple[str, ...] = ()
    """Why not, a sentence each."""


async def move_participants(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    participants: Sequence[UUID],
    move: Move,
) -> AsyncIterator[Moved]:
    """Move each of them, and say of each what became of it.

    Who cannot be moved stays as they are; the others move all the same. Raises MoveRefusedError
    where no reason is given, before anybody is moved.
    """
    if not move.reason.strip() and not move.preview:
        raise MoveRefusedError("Participants are moved for a reason.", mend="Add --reason.")
    for participant_id in participants:
        yield await move_participant(Who(connection, context, study_id, participant_id), move)


async def move_participant(who: Who, move: Move) -> Moved:
    """Move one participant, or say why they stay. Raises UnknownParticipantError."""
    seen: list[ParticipantFacts] = []

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[Moved]:
        seen.append(facts)
        if facts.protocol_version_id == move.version_id:
            return Plan(Moved(facts.code, "is there already", facts.protocol_version_id))
        new = await who.context.reader.protocol(who.connection, who.study_id, move.version_id)
        versions = Versions(protocol, new, who.context.catalogue.instruments)
        last = await schedule.list_last_revisions(who.connection, facts.study_id, facts.id)
        moving = plan_move(facts, versions, last)
        left = facts.protocol_version_id
        if moving.refusals:
            return Plan(Moved(facts.code, "refused", left, moving.lines, moving.refusals))
        if move.preview:
            return Plan(Moved(facts.code, "would move", left, moving.lines))
        note = note_about(who.context, facts, move.reason)
        document = _document(facts, new, moving, replace(move, reason=note.reference))
        plan = Plan(
            Moved(facts.code, "moved", left, moving.lines),
            writing(schedule.write_schedule, document),
        )
        return reasoned(who, note, plan)

    try:
        return await turn(who, decide)
    except (BusyError, KeyGoneError) as error:
        facts = seen[-1]
        return Moved(facts.code, "refused", facts.protocol_version_id, refusals=(error.message,))


def _document(facts: ParticipantFacts, new: Protocol, moving: Moving, move: Move) -> ScheduleWrite:
    """The pin and the schedule it leads to, to be written together."""
    moves = moving.rescheduling
    document = ScheduleWrite(
        reason=move.reason,
        pins=[PinRow(id=new_id(), protocol_version_id=move.version_id, actor=move.actor)],
        superseded=list(moves.superseded),
        reclosed=reclosed_rows(moves, move.actor),
    )
    for one in moves.created:
        add_visit(document, new, facts, one, move.actor)
    if not standing(facts.statuses, facts.now, facts.events).may_answer:
        document.reminders = []
    return document
