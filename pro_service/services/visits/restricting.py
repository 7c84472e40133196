"""A participant restricted, at once: all stops but storage, security and safety follow-up (R17).

What it stops is a status: nothing is asked or sent any more, hospital visits and safety follow-up
go on, by telephone. What it hides is a row of its own, which no later status undoes: numbers leave
every room, and an investigator alone opens them, with a reason.
"""

from __future__ import annotations

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import ParticipantFacts, Status
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.statuses import RULES, standing
from pro_service.services.base.notes import note_about, reasoned
from pro_service.services.base.turns import Plan, Who, one_after_the_other, turn, writing
from pro_service.services.visits.safety_end import demand_investigator
from pro_service.services.visits.scheduling import News, plan_change
from pro_service.store.ids import new_id
from pro_service.store.visits import restrictions as store
from pro_service.store.visits import schedule
from pro_service.store.visits.restrictions import RestrictionWrite
from pro_service.store.writes import RestrictionRow


class RestrictionRefusedError(ProServiceError):
    """Nothing changes: the participant is restricted already, or is not."""


def status_of_restriction(facts: ParticipantFacts) -> Status | None:
    """The status a restriction brings; None where what stands stops texts and questions already."""
    before = standing(facts.statuses, facts.now, facts.events).status
    if before is None or (RULES[before].stops_messages and RULES[before].stops_asking):
        return None
    return Status.stopped_questionnaires


async def restrict(who: Who, *, actor: str, reason: str) -> None:
    """Restrict a participant from now on.

    Raises RestrictionRefusedError, KeyGoneError, BusyError.
    """
    await _record(who, None, actor=actor, reason=reason, restricted=True)


async def lift_restriction(who: Who, *, actor: str, reason: str) -> None:
    """Lift it: numbers are shown again; whether anything is asked again is said by a status.

    Raises RestrictionRefusedError, KeyGoneError, BusyError.
    """
    await _record(who, None, actor=actor, reason=reason, restricted=False)


async def restrict_for(
    who: Who, investigator: str, *, actor: str, reason: str, restricted: bool
) -> None:
    """The same on the command line, on the word of an investigator named by login.

    The record names whoever typed it, and the reason whose word it was. Raises also
    NotInvestigatorError.
    """
    await _record(who, investigator, actor=actor, reason=reason, restricted=restricted)


async def _record(
    who: Who, investigator: str | None, *, actor: str, reason: str, restricted: bool
) -> None:
    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[None]:
        words = reason
        if investigator is not None:
            await demand_investigator(who, facts, investigator)
            words = f"investigator {investigator}: {reason}"
        if await store.is_restricted(who.connection, facts.study_id, facts.id) is restricted:
            raise RestrictionRefusedError(
                f"{facts.code} is {'restricted already' if restricted else 'not restricted'}.",
                mend="Nothing was changed.",
                word="restricted" if restricted else "open",
            )
        note = note_about(who.context, facts, words)
        row = RestrictionRow(id=new_id(), restricted=restricted, actor=actor, reason=note.reference)
        steps = [writing(store.record_restriction, RestrictionWrite([row]))]
        status = status_of_restriction(facts) if restricted else None
        if status is not None:
            news = News(actor, note.reference, statuses=(status,))
            change = await plan_change(who.connection, facts, protocol, news)
            steps.append(writing(schedule.write_schedule, change.document))
        return reasoned(who, note, Plan(None, one_after_the_other(steps)))

    await turn(who, decide)
