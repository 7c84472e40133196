"""A participant's number changes: the old is silent at once, the new until confirmed."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.notes import note_about
from pro_service.services.base.phones import country_of, parse_phone
from pro_service.services.base.turns import BusyError, Decision, Who, until_written
from pro_service.services.texting.composing import open_number
from pro_service.store.base.notes import give_note
from pro_service.store.connection import Connection, Guard, transaction
from pro_service.store.ids import new_id
from pro_service.store.texting import numbers
from pro_service.store.texting.numbers import NewNumber
from pro_service.vault import places
from pro_service.vault.vault import WrappedKey


class SameNumberError(ProServiceError):
    """The participant has this number already."""


class NothingToConfirmError(ProServiceError):
    """No changed number of the participant waits to be confirmed."""


async def change_number(who: Who, new_number: str, actor: str, reason: str) -> None:
    """Give a participant another number, which gets nothing before somebody has confirmed it.

    The old one's conversation and links end, and what waits to be sent to it is not sent.
    Raises PhoneError, SameNumberError, BusyError.
    """
    connection, context, study_id, participant_id = who
    address = parse_phone(new_number)

    async def decide() -> Decision[None]:
        facts = await context.reader.facts(connection, study_id, participant_id)
        if facts.data_key is None:
            raise BusyError("The participant has no data key.")
        if open_number(context, facts) == address:
            raise SameNumberError
        note = note_about(context, facts, reason)
        number_id = new_id()
        sealed = places.NUMBER.seal(
            context.keys.vault, address, data_key=facts.data_key.id, row_id=number_id
        )
        number = NewNumber(
            number_id,
            address_sealed=sealed.ciphertext,
            address_key=sealed.key,
            blind_index=context.keys.vault.blind_index(address),
            index_key=context.keys.vault.index_key_id,
            call_id=new_id(),
            actor=actor,
            reason=note.reference,
        )
        guard = Guard(study_id, participant_id, facts.revision)

        async def change() -> None:
            async with transaction(connection) as held:
                await give_note(held, study_id, participant_id, note)
                await numbers.end_number(held, guard)
                await numbers.insert_number(held, study_id, participant_id, number)

        return Decision(None, change)

    await until_written(decide)


async def confirm_by_staff(who: Who, actor: str, reason: str) -> None:
    """Let texts go to the new number on the word of staff.

    Raises NothingToConfirmError, BusyError.
    """
    connection, context, study_id, participant_id = who

    async def decide() -> Decision[None]:
        facts = await context.reader.facts(connection, study_id, participant_id)
        guard = Guard(study_id, participant_id, facts.revision)
        note = note_about(context, facts, reason)

        async def confirm() -> None:
            async with transaction(connection) as held:
                await give_note(held, study_id, participant_id, note)
                if not await numbers.confirm_number(
                    held, guard, actor=actor, outcome=note.reference
                ):
                    raise NothingToConfirmError

        return Decision(None, confirm)

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
