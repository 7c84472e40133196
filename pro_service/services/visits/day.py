"""One visit moved to another day of its window, with its reminders (by hand, for a reason)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pro_service.domain.study.amending.by_hand import plan_day
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.schedule import NewVisit
from pro_service.domain.study.statuses import standing
from pro_service.services.base.notes import note_about, reasoned
from pro_service.services.base.turns import Plan, Who, turn
from pro_service.services.visits.scheduling import add_visit
from pro_service.store.connection import Connection, Guard
from pro_service.store.ids import new_id
from pro_service.store.visits import schedule
from pro_service.store.visits.schedule import ScheduleWrite


async def move_visit(who: Who, visit_id: UUID, day: date, *, actor: str, reason: str) -> None:
    """Let a visit's target be another day of its window; the window itself stays.

    Raises DayRefusedError, KeyGoneError, BusyError.
    """

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[None]:
        visit, planned = plan_day(facts, protocol, visit_id, day)
        note = note_about(who.context, facts, reason)
        last = await schedule.list_last_revisions(who.connection, facts.study_id, facts.id)
        revision = last.get((visit.definition, visit.occurrence), visit.schedule_revision) + 1
        document = ScheduleWrite(reason=note.reference, superseded=[visit.id])
        new = NewVisit(visit=planned, schedule_revision=revision)
        add_visit(document, protocol, facts, new, actor)
        if not standing(facts.statuses, facts.now, facts.events).may_answer:
            document.reminders = []
        moved_from = visit.target_on

        async def write(connection: Connection, guard: Guard) -> None:
            await schedule.write_schedule(connection, guard, document)
            move = (new_id(), document.visits[0].id, moved_from, actor, note.reference)
            await schedule.insert_visit_move(connection, facts.study_id, facts.id, *move)

        return reasoned(who, note, Plan(None, write))

    await turn(who, decide)
