"""Windows dated anew after a time zone's rules changed, each participant in a turn of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.amending.redating import Redating, redate
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.statuses import standing
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.notes import note_about, reasoned
from pro_service.services.base.turns import Plan, Who, turn, writing
from pro_service.services.visits.scheduling import add_visit, reclosed_rows
from pro_service.store.connection import Connection
from pro_service.store.visits import schedule
from pro_service.store.visits.schedule import ScheduleWrite


class RedatingRefusedError(ProServiceError):
    """Windows are dated anew for a reason."""


@dataclass(frozen=True)
class Redate:
    """By whom and why; a preview writes nothing."""

    actor: str
    reason: str
    preview: bool = False


@dataclass(frozen=True)
class Redated:
    """What changes, or changed, for one participant: a line a visit."""

    code: str
    zone: str
    lines: tuple[str, ...]


async def redate_all(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    participants: Sequence[UUID],
    asked: Redate,
) -> AsyncIterator[Redated]:
    """Those of them for whom something changes, each when it is done.

    Whoever was done stays done where a later one fails. Raises RedatingRefusedError where no reason
    is given, before anything is written; KeyGoneError, BusyError.
    """
    if not asked.reason.strip() and not asked.preview:
        raise RedatingRefusedError(mend="Add --reason, or look first with --preview.")
    for participant_id in participants:
        who = Who(connection, context, study_id, participant_id)
        done = await _redate_one(who, asked)
        if done.lines:
            yield done


async def _redate_one(who: Who, asked: Redate) -> Redated:
    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[Redated]:
        last = await schedule.list_last_revisions(who.connection, facts.study_id, facts.id)
        held = await schedule.list_visit_moves(who.connection, facts.study_id, facts.id)
        found = redate(facts, protocol, last, held)
        done = Redated(facts.code, facts.zone, found.lines)
        if asked.preview or not found.lines:
            return Plan(done)
        note = note_about(who.context, facts, asked.reason)
        document = _document(facts, protocol, found, replace(asked, reason=note.reference))
        return reasoned(who, note, Plan(done, writing(schedule.write_schedule, document)))

    return await turn(who, decide)


def _document(
    facts: ParticipantFacts, protocol: Protocol, found: Redating, asked: Redate
) -> ScheduleWrite:
    moves = found.rescheduling
    document = ScheduleWrite(
        reason=asked.reason,
        superseded=list(moves.superseded),
        reclosed=reclosed_rows(moves, asked.actor),
    )
    for one in moves.created:
        add_visit(document, protocol, facts, one, asked.actor)
    if not standing(facts.statuses, facts.now, facts.events).may_answer:
        document.reminders = []
    return document
