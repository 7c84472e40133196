"""Further contacts of a participant: added, put in order, agreed for, found wrong, ended (R25)."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from pro_service.domain.delivery.addresses import Address
from pro_service.domain.delivery.consents import check_day
from pro_service.domain.delivery.contacts import (
    Agreed,
    ContactFacts,
    ContactRelation,
    WhyNot,
    in_order,
    reach,
)
from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.follow_up.call_keys import ANOTHER_WAY, CONFIRM_NUMBER
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.reaching.steps import by_profile
from pro_service.domain.study.times import local_day, zone
from pro_service.services.base.notes import note_about, with_note
from pro_service.services.base.turns import Decision, Plan, Who, turn, until_written, writing
from pro_service.services.texting.composing import open_address
from pro_service.services.texting.contact_rows import NewContact, Which, contact_row, find_contact
from pro_service.services.texting.numbers import SameNumberError, indexes_at, is_at
from pro_service.store.connection import Connection, Guard
from pro_service.store.ids import new_id
from pro_service.store.texting import numbers, sending
from pro_service.store.texting.numbers import ContactWrite
from pro_service.store.writes import CallRow, FurtherConsentRow


class ConsentMissingError(ProServiceError):
    """The participant has not agreed that somebody else is written to about them."""


class OwnConsentError(ProServiceError):
    """What goes to the participant's own telephone follows the participant's consent alone."""


class OrderError(ProServiceError):
    """An order names every contact once, by the place it has now."""


class ContactShown(NamedTuple):
    """A contact beside its address in the clear, and why no text goes there (None: it may)."""

    contact: ContactFacts
    address: str
    why_not: WhyNot | None
    texted: bool
    """Whether it is the one that texts go to now."""


async def list_contacts(who: Who) -> list[ContactShown]:
    """Everybody the participant is reached by, in order."""
    reader = who.context.reader
    facts = await reader.facts(who.connection, who.study_id, who.participant_id)
    protocol = await reader.protocol(who.connection, who.study_id, facts.protocol_version_id)
    found = by_profile(facts, protocol, "standard").reach
    return [
        ContactShown(one, open_address(who.context, one), reason, one is found.contact)
        for one, reason in found.each
    ]


class Newcomer(NamedTuple):
    """Somebody to reach a participant by: where, who they are, what they agreed to."""

    address: Address
    relation: ContactRelation
    agreed: Agreed
    participant_agreed_on: date | None = None
    """When the participant agreed that others are written to; None: that was recorded before."""


async def add_contact(who: Who, new: Newcomer, actor: str, reason: str) -> int:
    """Add somebody after the participant's other contacts; their place in the order.

    Nothing goes there before somebody has confirmed it. Raises SameNumberError, OwnConsentError,
    ConsentMissingError, ConsentDayError, BusyError.
    """
    connection, context, study_id, participant_id, _ = who
    own = new.relation == "self"
    if own and new.agreed != Agreed(may_be_texted=False, may_be_told=False, agreed_on=None):
        raise OwnConsentError

    async def decide() -> Decision[int]:
        facts = await context.reader.facts(connection, study_id, participant_id)
        if any(is_at(context, one, new.address) for one in facts.contacts):
            raise SameNumberError
        today = local_day(facts.now, zone(facts.zone))
        check_day("contact", new.agreed.agreed_on, today)
        check_day("participant", new.participant_agreed_on, today)
        place = max((one.ordinal for one in facts.contacts), default=0) + 1
        person = NewContact(new.relation, place, None if own else new.agreed)
        note = note_about(context, facts, reason)
        why = note.reference
        row = contact_row(context, facts, new.address, person, actor=actor, reason=why)
        document = ContactWrite(contacts=[row], calls=[_call(CONFIRM_NUMBER, actor)])
        if not own:
            document.consents += _participants_word(facts, new, actor, why)
        guard = Guard(study_id, participant_id, facts.revision)
        write = with_note(who, note, writing(numbers.insert_contact, document))
        return Decision(place, lambda: write(connection, guard))

    return await until_written(decide)


def _participants_word(
    facts: ParticipantFacts, new: Newcomer, actor: str, reason: str
) -> list[FurtherConsentRow]:
    """The consent with the participant's word on others, where it is new.

    Raises ConsentMissingError where they have not agreed, and somebody is to be texted.
    """
    consent, agreed_on = facts.consent, new.participant_agreed_on
    if consent is not None and consent.caregiver:
        return []
    if consent is None or agreed_on is None:
        if new.agreed.may_be_texted or new.agreed.may_be_told:
            raise ConsentMissingError(mend="Say when they agreed: --participant-agreed-on DAY.")
        return []
    return [
        FurtherConsentRow(
            id=new_id(),
            version=consent.version,
            signed_on=consent.signed_on,
            messages=consent.messages,
            cross_border=consent.cross_border,
            caregiver=True,
            actor=actor,
            reason=reason,
            part="caregiver",
            said_on=agreed_on,
        )
    ]


async def order_contacts(who: Who, places: Sequence[int], reason: str) -> None:
    """Try the contacts in another order: `places` are the present ones, in the order wanted.

    Raises OrderError, BusyError.
    """
    connection, context, study_id, participant_id, _ = who

    async def decide() -> Decision[None]:
        facts = await context.reader.facts(connection, study_id, participant_id)
        if sorted(places) != sorted(one.ordinal for one in facts.contacts):
            known = " ".join(str(one.ordinal) for one in in_order(facts.contacts))
            raise OrderError(mend=f"The places now: {known or 'none'}.")
        wanted = [find_contact(facts, place).id for place in places]
        note = note_about(context, facts, reason)
        guard = Guard(study_id, participant_id, facts.revision)

        def order(lent: Connection, guard: Guard) -> Awaitable[None]:
            return numbers.order_contacts(lent, guard, wanted)

        write = with_note(who, note, order)
        return Decision(None, lambda: write(connection, guard))

    await until_written(decide)


async def put_first(who: Who, contact_id: UUID, reason: str) -> None:
    """Try one contact before all others, which keep their order. Raises NoContactError, BusyError.

    The order they have when it is written: one that came or went meanwhile is neither lost nor
    asked for.
    """

    async def decide(facts: ParticipantFacts, _: Protocol) -> Plan[None]:
        first = find_contact(facts, contact_id).id
        others = [one.id for one in in_order(facts.contacts) if one.id != first]
        note = note_about(who.context, facts, reason)

        def order(lent: Connection, guard: Guard) -> Awaitable[None]:
            return numbers.order_contacts(lent, guard, [first, *others])

        return Plan(None, with_note(who, note, order))

    await turn(who, decide)


async def agree_for_contact(who: Who, which: Which, agreed: Agreed, reason: str) -> None:
    """Write down what another person now agrees to, or agrees to no more.

    Raises NoContactError, OwnConsentError, ConsentDayError, BusyError.
    """
    connection, context, study_id, participant_id, _ = who

    async def decide() -> Decision[None]:
        facts = await context.reader.facts(connection, study_id, participant_id)
        contact = find_contact(facts, which)
        if contact.is_own:
            raise OwnConsentError
        check_day("contact", agreed.agreed_on, local_day(facts.now, zone(facts.zone)))
        note = note_about(context, facts, reason)
        guard = Guard(study_id, participant_id, facts.revision)

        def agree(lent: Connection, guard: Guard) -> Awaitable[None]:
            return numbers.agree_for_contact(lent, guard, contact.id, agreed)

        write = with_note(who, note, agree)
        return Decision(None, lambda: write(connection, guard))

    await until_written(decide)


async def end_contact(who: Who, which: Which, actor: str, reason: str) -> bool:
    """A person is a contact no more; whether anybody is left who may be texted.

    Raises NoContactError, BusyError.
    """
    return await _silence(who, which, actor, reason, ends=True)


async def mark_wrong(who: Who, which: Which, actor: str, reason: str) -> bool:
    """An address turned out to be somebody else's; whether anybody is left who may be texted.

    It stays listed and is never written to; what comes from it is a stranger's. Raises
    NoContactError, BusyError.
    """
    return await _silence(who, which, actor, reason, ends=False)


async def _silence(who: Who, which: Which, actor: str, reason: str, *, ends: bool) -> bool:
    """End a contact or mark it wrong; where nobody is left to text, another way is asked for."""
    connection, context, study_id, participant_id, _ = who

    async def decide() -> Decision[bool]:
        facts = await context.reader.facts(connection, study_id, participant_id)
        contact = find_contact(facts, which)
        others = [one for one in facts.contacts if one.id != contact.id]
        left = reach(others, facts.consent).contact is not None
        note = note_about(context, facts, reason)
        guard = Guard(study_id, participant_id, facts.revision)

        async def silence(lent: Connection, guard: Guard) -> None:
            indexes = indexes_at(context, contact)
            await numbers.silence_contact(lent, guard, contact.id, indexes, ends=ends)
            if not left:
                call = (new_id(), participant_id, ANOTHER_WAY, actor)
                await sending.insert_call(lent, study_id, *call)

        write = with_note(who, note, silence)
        return Decision(left, lambda: write(connection, guard))

    return await until_written(decide)


def _call(reason: str, actor: str) -> CallRow:
    return CallRow(id=new_id(), visit_id=None, reason=reason, closes_at=None, actor=actor)
