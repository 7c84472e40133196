"""A contact's address changes: the old is silent at once, the new until confirmed."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from pro_service.domain.delivery.addresses import Address, phone
from pro_service.domain.delivery.contacts import WRITTEN, Agreed, ContactFacts
from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.follow_up.call_keys import CONFIRM_NUMBER
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.notes import note_about, with_note
from pro_service.services.base.phones import country_of, parse_phone
from pro_service.services.base.turns import Decision, Who, until_written
from pro_service.services.texting.composing import indexes_of, open_address
from pro_service.services.texting.contact_rows import NewContact, Which, contact_row, find_contact
from pro_service.store.connection import Connection, Guard
from pro_service.store.ids import new_id
from pro_service.store.texting import numbers
from pro_service.store.texting.numbers import ContactWrite
from pro_service.store.writes import CallRow
from pro_service.vault import places
from pro_service.vault.vault import WrappedKey


class SameNumberError(ProServiceError):
    """The participant has this number already."""


class OtherKindError(ProServiceError):
    """A telephone number would take the place of an e-mail address, or the other way round."""


class NothingToConfirmError(ProServiceError):
    """No changed number of the participant waits to be confirmed."""


async def change_number(
    who: Who, new_number: str, actor: str, reason: str, *, which: Which | None = None
) -> UUID:
    """Give a contact another number, as `change_address` does; in any spelling.

    Raises PhoneError, NoContactError, OtherKindError, SameNumberError, BusyError.
    """
    address = phone(parse_phone(new_number))
    return await change_address(who, address, actor, reason, which=which)


async def change_address(
    who: Who, address: Address, actor: str, reason: str, *, which: Which | None = None
) -> UUID:
    """Give a contact another address, which gets nothing before somebody has confirmed it.

    `which` is the contact, None: the first of the address's kind; returned is the id of the one
    with the new address. The old one's conversation and links end, and what waits to be sent to it
    is not sent. A participant without a contact of this kind gets one of their own, after the
    others: nobody's agreement passes from an e-mail address to a number. Raises NoContactError,
    OtherKindError, SameNumberError, BusyError.
    """
    connection, context, study_id, participant_id, _ = who

    async def decide() -> Decision[UUID]:
        facts = await context.reader.facts(connection, study_id, participant_id)
        old = _replaced(facts, address, which)
        _refuse_known(context, facts, address, old)
        new = _in_place_of(old, facts)
        note = note_about(context, facts, reason)
        row = contact_row(context, facts, address, new, actor=actor, reason=note.reference)
        call = CallRow(
            id=new_id(), visit_id=None, reason=CONFIRM_NUMBER, closes_at=None, actor=actor
        )
        document = ContactWrite(contacts=[row], calls=[call])
        guard = Guard(study_id, participant_id, facts.revision)

        async def change(lent: Connection, guard: Guard) -> None:
            if old is not None:
                indexes = indexes_at(context, old)
                await numbers.silence_contact(lent, guard, old.id, indexes, ends=True)
                guard = guard._replace(revision=guard.revision + 1)
            await numbers.insert_contact(lent, guard, document)

        write = with_note(who, note, change)
        return Decision(row.id, lambda: write(connection, guard))

    return await until_written(decide)


def _replaced(
    facts: ParticipantFacts, address: Address, which: Which | None
) -> ContactFacts | None:
    """The contact whose place an address takes; None: it is a new one.

    Raises NoContactError, OtherKindError.
    """
    if which is None:
        each = (one for one, _ in facts.reach.each)
        return next((one for one in each if one.kind == address.kind), None)
    old = find_contact(facts, which)
    if old.kind != address.kind:
        raise OtherKindError(
            f"Contact {old.ordinal} of {facts.code} is reached by {old.kind}, not by"
            f" {address.kind}: one does not take the other's place.",
            mend="Add it as a contact of its own, and end the other one if it is over.",
        )
    return old


def _in_place_of(old: ContactFacts | None, facts: ParticipantFacts) -> NewContact:
    """The same person at another address; the participant's own, the last, where there was none."""
    if old is None:
        return NewContact("self", 1 + max((one.ordinal for one in facts.contacts), default=0), None)
    agreed = Agreed(old.may_be_texted, old.may_be_told, old.agreed_on)
    return NewContact(old.relation, old.ordinal, None if old.is_own else agreed)


def _refuse_known(
    context: ServiceContext, facts: ParticipantFacts, address: Address, old: ContactFacts | None
) -> None:
    """Raise SameNumberError where a contact has this address.

    One that waits, or was taken for somebody else's, may be given anew: it is to be confirmed.
    """
    for one in facts.contacts:
        waits = old is not None and one.id == old.id and (one.wrong or not one.confirmed)
        if not waits and is_at(context, one, address):
            raise SameNumberError


def is_at(context: ServiceContext, contact: ContactFacts, address: Address) -> bool:
    """Whether a contact is reached at an address."""
    return contact.kind == address.kind and open_address(context, contact) == address.value


def indexes_at(context: ServiceContext, contact: ContactFacts) -> list[bytes]:
    """What lines to a contact may be stored under; none to what nothing is sent to."""
    written = contact.kind in WRITTEN
    return indexes_of(context, open_address(context, contact)) if written else []


async def confirm_by_staff(
    who: Who, actor: str, reason: str, *, which: Which | None = None
) -> None:
    """Let texts go to a new number on the word of staff; None: the first that waits.

    Raises NoContactError, NothingToConfirmError, BusyError.
    """
    connection, context, study_id, participant_id, _ = who

    async def decide() -> Decision[None]:
        facts = await context.reader.facts(connection, study_id, participant_id)
        guard = Guard(study_id, participant_id, facts.revision)
        waiting = [one for one, _ in facts.reach.each if not one.confirmed]
        if which is not None:
            waiting = [one for one in waiting if one.id == find_contact(facts, which).id]
        if not waiting:
            raise NothingToConfirmError
        contact_id = waiting[0].id
        note = note_about(context, facts, reason)

        async def confirm(lent: Connection, guard: Guard) -> None:
            said = {"actor": actor, "outcome": note.reference}
            if not await numbers.confirm_contact(lent, guard, contact_id, **said):
                raise NothingToConfirmError

        write = with_note(who, note, confirm)
        return Decision(None, lambda: write(connection, guard))

    await until_written(decide)


async def countries_of_enrolled(
    connection: Connection, context: ServiceContext, study_id: UUID
) -> Counter[str]:
    """How many numbers of participants each country has (ISO code); the numbers are not kept."""
    countries: Counter[str] = Counter()
    for row in await numbers.list_present_numbers(connection, study_id):
        context.keys.vault.admit(WrappedKey(row.key_id, row.wrapped, row.wrapping_key))
        number = places.NUMBER.open(
            context.keys.vault, row.address_sealed, key=row.address_key, row_id=row.id
        )
        countries[country_of(number)] += 1
    return countries
