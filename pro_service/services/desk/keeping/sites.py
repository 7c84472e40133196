"""Sites and their senders, corrected at the desk by administrators."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from pro_service.domain.study.permissions import Action
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.seat import NotHereError, at_clerk, said
from pro_service.services.study import correct_sender, correct_site, sender_address
from pro_service.store.account import keeping as store
from pro_service.store.account.keeping import SiteCorrection, SiteWords
from pro_service.store.study import studies
from pro_service.store.study.studies import SiteRow
from pro_service.store.texting import sending
from pro_service.store.texting.sending import SenderMove, SenderRow


class KeptSites(NamedTuple):
    """The sites an administrator keeps, and whether those are all of the study."""

    sites: list[SiteRow]
    whole: bool


class KeptSender(NamedTuple):
    """One of our addresses as an administrator keeps it, and what it was before, the latest
    first."""

    row: SenderRow
    before: list[SenderMove]


async def read_sites(hands: Hands, action: Action) -> KeptSites:
    """The sites where an administrator may do something."""
    async with at_clerk(hands.clerk, hands.seat, action) as connection:
        every = await studies.list_sites(connection, hands.seat.study_id)
    mine = [one for one in every if hands.seat.may(action, one.id)]
    return KeptSites(mine, len(mine) == len(every))


async def read_corrections(hands: Hands) -> list[SiteCorrection]:
    """What the sites of the study said before they were corrected, the newest first."""
    async with at_clerk(hands.clerk, hands.seat, Action.keep_sites) as connection:
        return await store.list_site_corrections(connection, hands.seat.study_id)


async def correct(hands: Hands, code: str, words: SiteWords, reason: str) -> bool:
    """Correct a site; False where it says all of that already.

    Raises NotHereError, ReasonMissingError, SiteWrongError.
    """
    kept = await read_sites(hands, Action.keep_sites)
    if code not in {one.code for one in kept.sites}:
        raise NotHereError
    async with at_clerk(hands.clerk, hands.seat, Action.keep_sites) as connection:
        return await correct_site(
            *(connection, hands.seat.study_id, code, words),
            reason=said(reason),
            actor=hands.seat.actor,
        )


async def read_senders(hands: Hands) -> list[KeptSender]:
    """The senders of an administrator's sites that are in use; of the whole study, if all are."""
    kept = await read_sites(hands, Action.keep_sites)
    mine: set[str | None] = {one.code for one in kept.sites}
    mine |= {None} if kept.whole else set()
    async with at_clerk(hands.clerk, hands.seat, Action.keep_sites) as connection:
        rows = await sending.list_senders(connection, hands.seat.study_id)
        moves = await sending.list_sender_moves(connection, hands.seat.study_id)
    return [
        KeptSender(one, _before(one.id, moves)) for one in rows if one.in_use and one.site in mine
    ]


def _before(sender_id: UUID, moves: list[SenderMove]) -> list[SenderMove]:
    """By which moves a sender came to be what it is, the latest first."""
    came, now = [], sender_id
    for one in moves:
        if one.to_id == now:
            came.append(one)
            now = one.from_id
    return came


async def correct_address(hands: Hands, sender_id: UUID, address: str, reason: str) -> bool:
    """Correct a sender's number or signature; False where it is that already.

    Raises NotHereError, ReasonMissingError, PhoneError, AddressFormError, TakenError.
    """
    kept = next((one.row for one in await read_senders(hands) if one.row.id == sender_id), None)
    if kept is None:
        raise NotHereError
    channels, study_id = hands.context.channels, hands.seat.study_id
    if sender_address(channels, kept.provider, address) == kept.address:
        return False
    async with at_clerk(hands.clerk, hands.seat, Action.keep_sites) as connection:
        await correct_sender(
            *(connection, channels, study_id, sender_id, address),
            actor=hands.seat.actor,
            reason=said(reason),
        )
    return True
