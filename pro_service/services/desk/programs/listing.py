"""Lists a program reads a page at a time, each one statement under row-level security."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from pro_service.services.desk.actions import Hands
from pro_service.services.desk.seat import NotHereError, at_desk, looking
from pro_service.store.api import listed
from pro_service.store.api.listed import Listed, Sought
from pro_service.store.desk.desk import list_desk_sites


async def list_participants(
    hands: Hands, after: str | None, site: str | None, most: int
) -> Sequence[Listed]:
    """Participants seen from the seat, by code, after one. Raises NotHereError for a site."""
    if site is not None:
        async with at_desk(hands.desk, hands.seat) as connection:
            known = await list_desk_sites(connection, hands.seat.study_id)
        if site not in {one.code for one in known}:
            raise NotHereError
    place = (hands.desk, looking(hands.seat), hands.seat.study_id)
    return await listed.list_participants_after(*place, Sought(after=after, site=site), most)


async def get_participant(hands: Hands, code: str) -> Listed:
    """One participant seen from the seat, by code, or by the id a webhook told.

    Raises NotHereError.
    """
    study_id, told = hands.seat.study_id, _id_of(code)
    if told is not None:
        async with at_desk(hands.desk, hands.seat) as connection:
            code = await listed.find_code(connection, study_id, told) or code
    place = (hands.desk, looking(hands.seat), study_id)
    rows = await listed.list_participants_after(*place, Sought(just=code), 1)
    if not rows:
        raise NotHereError
    return rows[0]


def _id_of(code: str) -> UUID | None:
    """The id an address names instead of a code."""
    try:
        return UUID(code)
    except ValueError:
        return None


async def list_alerts(hands: Hands, after: UUID | None, most: int) -> Sequence[Listed]:
    """Alerts seen from the seat, after one."""
    place = (hands.desk, looking(hands.seat), hands.seat.study_id)
    return await listed.list_alerts_after(*place, after, most)


async def list_calls(hands: Hands, after: UUID | None, most: int) -> Sequence[Listed]:
    """Calls seen from the seat, after one."""
    place = (hands.desk, looking(hands.seat), hands.seat.study_id)
    return await listed.list_calls_after(*place, after, most)


async def get_call(hands: Hands, call_id: UUID) -> Listed:
    """One call seen from the seat. Raises NotHereError."""
    # The list's own rule decides what is seen: its page of one, from just before it.
    before = UUID(int=call_id.int - 1) if call_id.int else None
    for one in await list_calls(hands, before, 1):
        if one.place == str(call_id):
            return one
    raise NotHereError
