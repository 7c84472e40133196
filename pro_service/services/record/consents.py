"""Consent written down: a version that was signed, and its parts given and taken back apart.

One turn each, whoever asks: the command, the desk, a restore's journal. What is written gates at
once: a claim reads the facts after it, and a text that waits for another try is judged anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pro_service.domain.delivery.contacts import ConsentFacts, reach
from pro_service.domain.study.consenting.parts import ConsentPart, with_part, with_version
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.services.base.notes import note_about, with_note
from pro_service.services.base.turns import Plan, Who, Write, turn, writing
from pro_service.services.texting import another_way
from pro_service.store.ids import new_id
from pro_service.store.record.consents import ConsentWrite, record_consent
from pro_service.store.writes import FurtherConsentRow


@dataclass(frozen=True)
class SaidConsent:
    """What somebody said about a consent: on which day (the participant's), who writes, and why."""

    on: date
    actor: str
    reason: str | None = None
    """Words of staff, kept sealed; None: what is written says all there is to say."""


async def sign_version(who: Who, version: str, said: SaidConsent) -> None:
    """Write down that a version of the consent form was signed.

    What was agreed to apart stays. Raises ConsentRefusedError, ConsentDayError, BusyError.
    """

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[None]:
        versions = protocol.coming.consent_version
        after = with_version(facts, versions, version, said.on)
        return Plan(None, _writing(who, facts, after, None, said))

    await turn(who, decide)


async def say_part(who: Who, part: ConsentPart, said: SaidConsent, *, given: bool) -> bool:
    """Write down that a part was given or taken back; whether anybody is left to be texted.

    Where taking it back leaves nobody, a call is asked for about another way to reach them, as
    where a number wants no texts. Raises ConsentRefusedError, ConsentDayError, BusyError.
    """

    async def decide(facts: ParticipantFacts, _: Protocol) -> Plan[bool]:
        after = with_part(facts, part, said.on, given=given)
        left = reach(facts.contacts, after).contact is not None
        return Plan(left, _writing(who, facts, after, part, said))

    return await turn(who, decide)


def _writing(
    who: Who,
    facts: ParticipantFacts,
    after: ConsentFacts,
    part: ConsentPart | None,
    said: SaidConsent,
) -> Write:
    note = None if said.reason is None else note_about(who.context, facts, said.reason)
    row = FurtherConsentRow(
        id=new_id(),
        version=after.version,
        signed_on=after.signed_on,
        messages=after.messages,
        cross_border=after.cross_border,
        caregiver=after.caregiver,
        actor=said.actor,
        reason=None if note is None else note.reference,
        part=None if part is None else part.value,
        said_on=None if part is None else said.on,
    )
    lost = facts.reach.contact is not None and reach(facts.contacts, after).contact is None
    calls = another_way([facts.id], said.actor) if lost else []
    document = ConsentWrite([row], calls)
    return with_note(who, note, writing(record_consent, document))
