"""The safety follow-up ended by an investigator, with a reason (rule R1)."""

from __future__ import annotations

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.follow_up.safety_floor import safety_runs
from pro_service.domain.study.nudges import profile_of
from pro_service.domain.study.protocol import Protocol
from pro_service.services.base.notes import note_about, reasoned
from pro_service.services.base.turns import Plan, Who, turn, writing
from pro_service.store.calling import floor
from pro_service.store.calling.floor import SafetyEndWrite
from pro_service.store.ids import new_id
from pro_service.store.writes import SafetyEndRow


class SafetyEndRefusedError(ProServiceError):
    """No safety follow-up runs for this participant now, so there is none to end."""


class NotInvestigatorError(ProServiceError):
    """Only an investigator of the participant's site does this."""


def safety_end(
    facts: ParticipantFacts, protocol: Protocol, *, actor: str, reason: str
) -> SafetyEndWrite:
    """The write that ends what runs; `reason` refers to a note. Raises SafetyEndRefusedError."""
    if not safety_runs(facts, protocol, facts.now):
        raise SafetyEndRefusedError
    return SafetyEndWrite(
        ends=[SafetyEndRow(id=new_id(), actor=actor, reason=reason)],
        calls_ended=[one.id for one in facts.visits if profile_of(one, protocol) == "safety"],
    )


async def demand_investigator(who: Who, facts: ParticipantFacts, login: str) -> None:
    """Refuse a login that is no investigator's at the participant's site, or in the whole study.

    Raises NotInvestigatorError.
    """
    if not await floor.is_investigator(who.connection, facts.study_id, facts.site.id, login):
        raise NotInvestigatorError(
            f"{login} is no investigator at {facts.site.code}.",
            mend="Name one by login: pro-service staff list.",
        )


async def end_safety_for(who: Who, investigator: str, *, actor: str, reason: str) -> None:
    """End it on the command line, on the word of an investigator named by login.

    The record names whoever typed it, and the reason whose word it was. Raises
    NotInvestigatorError, SafetyEndRefusedError, KeyGoneError, BusyError.
    """

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[None]:
        await demand_investigator(who, facts, investigator)
        note = note_about(who.context, facts, f"investigator {investigator}: {reason}")
        document = safety_end(facts, protocol, actor=actor, reason=note.reference)
        return reasoned(who, note, Plan(None, writing(floor.end_safety, document)))

    await turn(who, decide)
