"""The safety follow-up ended at the desk, by an investigator of the participant's site."""

from __future__ import annotations

from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.protocol import Protocol
from pro_service.services.base.notes import note_about
from pro_service.services.base.turns import Plan, turn, writing
from pro_service.services.desk.actions import Hands, find_place
from pro_service.services.desk.seat import said, signed
from pro_service.services.visits import safety_end
from pro_service.store.calling import floor


async def end_safety(hands: Hands, code: str, reason: str) -> None:
    """End the safety follow-up of the injections there were, for a reason.

    Raises NotHereError, NotAllowedError, ReasonMissingError, SafetyEndRefusedError.
    """
    who = hands.turn_of(await find_place(hands, code, Action.end_safety))
    words = said(reason)

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[None]:
        note = note_about(hands.context, facts, words)
        document = safety_end(facts, protocol, actor=hands.seat.actor, reason=note.reference)
        write = writing(floor.end_safety, document)
        return Plan(None, signed(hands.seat, Action.end_safety, note, write))

    await turn(who, decide)
