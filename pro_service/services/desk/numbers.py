"""A participant's telephone numbers, shown to whoever rings: it is recorded first, then opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.permissions import Action
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.notes import KeyGoneError, give_words
from pro_service.services.desk.actions import Hands, demanded
from pro_service.services.desk.seat import at_desk, said
from pro_service.store.base.notes import find_participant_key
from pro_service.store.connection import Connection
from pro_service.store.desk import calls as store
from pro_service.store.desk import clerk
from pro_service.store.desk.clerk import Place
from pro_service.store.desk.desk import ContactLine
from pro_service.vault import places
from pro_service.vault.vault import WrappedKey


class ShownNumbers(NamedTuple):
    """The numbers of a participant's contacts, by contact, for the page that is answered now."""

    place: Place
    numbers: Mapping[UUID, str]
    contacts: Sequence[ContactLine]
    """Whose they are, in the order they are tried."""


class RestrictedError(ProServiceError):
    """The participant is restricted: an investigator opens their numbers, with a reason."""


async def show_numbers(hands: Hands, code: str, reason: str = "") -> ShownNumbers:
    """Record that this seat sees a participant's numbers, and open them.

    Of somebody restricted an investigator alone sees them, and says why (`reason`, kept sealed).
    Raises NotHereError, NotAllowedError, RestrictedError, ReasonMissingError, KeyGoneError.
    """
    seat = hands.seat
    async with at_desk(hands.desk, seat) as connection:
        found = await clerk.find_place(connection, seat.study_id, code)
        place = demanded(seat, Action.see_number, found)
        why = None
        if place.restricted:
            if not seat.may(Action.open_restricted, place.site_id):
                raise RestrictedError
            whose = (seat.study_id, place.participant_id)
            note = await give_words(connection, hands.context, *whose, said(reason))
            why = note.reference
        return await _show(connection, hands, place, why=why)


async def show_numbers_for_call(hands: Hands, call_id: UUID) -> ShownNumbers:
    """The same for whoever is to be called; of somebody restricted, their page asks why.

    Raises NotHereError, NotAllowedError, RestrictedError, KeyGoneError.
    """
    seat = hands.seat
    async with at_desk(hands.desk, seat) as connection:
        place = await clerk.find_place_of_call(connection, seat.study_id, call_id)
        whose = demanded(seat, Action.see_number, place)
        if whose.restricted:
            raise RestrictedError
        return await _show(connection, hands, whose, call_id)


async def show_numbers_of_list(hands: Hands, codes: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The numbers of several participants, by code, in one transaction; each is recorded.

    Whose key is gone, or who is restricted, has none. Raises NotHereError, NotAllowedError.
    """
    seat, shown = hands.seat, {}
    async with at_desk(hands.desk, seat) as connection:
        for code in dict.fromkeys(codes):
            place = await clerk.find_place(connection, seat.study_id, code)
            whose = demanded(seat, Action.see_number, place)
            if whose.restricted:
                continue
            try:
                found = await _show(connection, hands, whose)
            except KeyGoneError:
                continue
            shown[code] = tuple(found.numbers.values())
    return shown


async def _show(
    connection: Connection,
    hands: Hands,
    place: Place,
    call_id: UUID | None = None,
    why: str | None = None,
) -> ShownNumbers:
    seat, whose = hands.seat, place.participant_id
    await _admit_key(connection, hands.context, seat.study_id, whose)
    sealed = await store.list_numbers(connection, seat.study_id, whose)
    await store.record_number_showing(
        connection,
        seat.study_id,
        whose,
        call_id=call_id,
        contacts=len(sealed),
        actor=seat.actor,
        reason=why,
    )
    vault = hands.context.keys.vault
    opened = {
        one.id: places.NUMBER.open(vault, one.address_sealed, key=one.address_key, row_id=one.id)
        for one in sealed
    }
    contacts = await store.list_rung(connection, seat.study_id, whose)
    return ShownNumbers(place, opened, contacts)


async def _admit_key(
    connection: Connection, context: ServiceContext, study_id: UUID, participant_id: UUID
) -> None:
    key = await find_participant_key(connection, study_id, participant_id)
    if key is None:
        raise KeyGoneError
    context.keys.vault.admit(WrappedKey(*key))
