"""What is due asked now, at staff's wish: the reminder that waits, brought forward.

Nothing is sent here. The worker claims the nudge like any other, so that it becomes one text at
most, and none if an answer, an opt-out or a death comes before it.
"""

from __future__ import annotations

from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.reaching.asked_now import AskingNow, plan_asking_now
from pro_service.services.base.notes import with_note
from pro_service.services.base.turns import Plan, Who, turn, writing
from pro_service.store.ids import new_id
from pro_service.store.texting import reminders
from pro_service.store.texting.reminders import LaterWrite
from pro_service.store.writes import MovedReminderRow, ReminderRow


async def ask_now(who: Who, actor: str) -> AskingNow:
    """Let what is due be asked by text now, or as soon as a text may go; when that is.

    Raises AskRefusedError, BusyError.
    """

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[AskingNow]:
        plan = plan_asking_now(facts, protocol)
        document = LaterWrite()
        for one in plan.visits:
            if one.moves is not None:
                document.moved.append(MovedReminderRow(id=one.moves, due_at=one.due_at))
            if one.adds is not None:
                document.planned.append(
                    ReminderRow(
                        id=new_id(),
                        visit_id=one.visit_id,
                        schedule_revision=one.schedule_revision,
                        ordinal=one.adds,
                        due_at=one.due_at,
                        actor=actor,
                    )
                )
        return Plan(plan, with_note(who, None, writing(reminders.ask_later, document)))

    return await turn(who, decide)
