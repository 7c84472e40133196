"""Lists a program reads a page at a time, in one transaction under row-level security."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from pro_service.services.desk.actions import Hands
from pro_service.services.desk.seat import NotHereError, at_desk
from pro_service.store.api import listed
from pro_service.store.api.listed import Listed
from pro_service.store.desk.desk import list_desk_sites


async def list_participants(
    hands: Hands, after: str | None, site: str | None, most: int
) -> Sequence[Listed]:
    """Participants seen from the seat, by code, after one. Raises NotHereError for a site."""
    study_id = hands.seat.study_id
    async with at_desk(hands.desk, hands.seat, one_snapshot=True) as connection:
        if site is not None:
            known = await list_desk_sites(connection, study_id)
            if site not in {one.code for one in known}:
                raise NotHereError
        return await listed.list_participants_after(connection, study_id, after, site, most)


async def get_participant(hands: Hands, code: str) -> Listed:
    """One participant seen from the seat, by code, or by the id a webhook told.

    Raises NotHereError.
    """
    study_id = hands.seat.study_id
    async with at_desk(hands.desk, hands.seat, one_snapshot=True) as connection:
        told = _id_of(code)
        known = None if told is None else await listed.find_code(connection, study_id, told)
        rows = await listed.list_participants_after(
            connection, study_id, None, None, 1, just=known or code
        )
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
    async with at_desk(hands.desk, hands.seat) as connection:
        return await listed.list_alerts_after(connection, hands.seat.study_id, after, most)


async def list_calls(hands: Hands, after: UUID | None, most: int) -> Sequence[Listed]:
    """Calls seen from the seat, after one."""
    async with at_desk(hands.desk, hands.seat) as connection:
        return await listed.list_calls_after(connection, hands.seat.study_id, after, most)


async def get_call(hands: Hands, call_id: UUID) -> Listed:
    """One call seen from the seat. Raises NotHereError."""
    # The list's own rule decides what is seen: its page of one, from just before it.
    before = UUID(int=call_id.int - 1) if call_id.int else None
    for one in await list_calls(hands, before, 1):
        if one.place == str(call_id):
            return one
    raise NotHereError
