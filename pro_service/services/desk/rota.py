"""The rota at the desk: read by every role that sees the site, changed by who answers for it."""

from __future__ import annotations

from uuid import UUID

from pro_service.domain.study.duty import RotaEntry
from pro_service.domain.study.permissions import Action
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.seat import AlreadyDoneError, NotHereError, at_clerk, at_desk
from pro_service.services.study import SiteRota, add_entry, end_entry, read_rotas


async def find_site(hands: Hands, code: str) -> SiteRota:
    """The rota of a site where this seat may change it. Raises NotHereError, NotAllowedError."""
    async with at_desk(hands.desk, hands.seat) as connection:
        rotas = await read_rotas(connection, hands.seat.study_id)
    return _demanded(hands, next((one for one in rotas if one.row.code == code), None))


async def add_to_rota(hands: Hands, rota: SiteRota, entry: RotaEntry) -> None:
    """Put something into the rota of a site; a second copy of the form changes nothing.

    Raises NotAllowedError, RotaRefusedError.
    """
    seat = hands.seat
    seat.demand(Action.change_rota, rota.row.id)
    async with at_clerk(hands.clerk, seat, Action.change_rota) as connection:
        await add_entry(connection, seat.study_id, rota, entry, seat.actor)


async def take_from_rota(hands: Hands, entry_id: UUID) -> str:
    """Take something out of a rota from now on; returns the site's code.

    Raises NotHereError, NotAllowedError, AlreadyDoneError.
    """
    seat = hands.seat
    async with at_desk(hands.desk, seat) as connection:
        rotas = await read_rotas(connection, seat.study_id)
    rota = _demanded(hands, next((one for one in rotas if one.find(entry_id)), None))
    async with at_clerk(hands.clerk, seat, Action.change_rota) as connection:
        if not await end_entry(connection, seat.study_id, rota, entry_id, seat.actor):
            raise AlreadyDoneError
    return rota.row.code


def _demanded(hands: Hands, rota: SiteRota | None) -> SiteRota:
    if rota is None:
        raise NotHereError
    hands.seat.demand(Action.change_rota, rota.row.id)
    return rota
