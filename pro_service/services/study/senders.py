"""Our own addresses: added, paced, moved openly from one provider to another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.delivery.addresses import read_address
from pro_service.domain.delivery.channels import ChannelRules
from pro_service.domain.delivery.registered import is_signature
from pro_service.domain.delivery.senders import EMAIL
from pro_service.domain.errors import ProServiceError
from pro_service.services.base.phones import parse_phone
from pro_service.services.study.sites import TakenError, UnknownNameError, site_id_of
from pro_service.store.connection import Connection, transaction
from pro_service.store.study import studies
from pro_service.store.texting import sending
from pro_service.store.texting.numbers import give_reason
from pro_service.store.texting.sending import SenderElsewhere, SenderRow, WaitingElsewhere

_POOL_OF_NUMBERS: Final = re.compile("MG[0-9a-f]{32}")
"""A Messaging Service's id: its texts come from whichever of its numbers fits."""


class OtherChannelError(ProServiceError):
    """Texts do not become letters: a sender moves to a provider that carries the same."""


class NewSender(NamedTuple):
    """An address of ours at a provider; `site` is the code of the only site it speaks for."""

    provider: str
    address: str
    site: str | None = None


def sender_address(channels: ChannelRules, provider: str, text: str) -> str:
    """A number, the id of a provider's pool of numbers, or where it has those a signature.

    Of a provider of e-mail the address letters come from. Raises PhoneError, AddressFormError.
    """
    if channels.channel_of(provider) == EMAIL:
        return read_address("email", text).value
    if _POOL_OF_NUMBERS.fullmatch(text):
        return text
    return text if channels.signs(provider) and is_signature(text) else parse_phone(text)


async def add_sender(
    connection: Connection, channels: ChannelRules, study_id: UUID, new: NewSender, *, actor: str
) -> None:
    """Add an address beside those there are.

    Raises PhoneError, AddressFormError, TakenError, UnknownNameError.
    """
    address = sender_address(channels, new.provider, new.address)
    site_id = await site_id_of(connection, study_id, new.site)
    if not await studies.insert_sender(
        connection,
        study_id,
        provider=new.provider,
        address=address,
        site_id=site_id,
        actor=actor,
        channel=channels.channel_of(new.provider),
    ):
        raise TakenError(f"{address} is a sender of {new.provider} already.")


async def find_sender(connection: Connection, study_id: UUID, which: str | UUID) -> SenderRow:
    """The sender of an address, or of an id, texts go out from now. Raises UnknownNameError."""
    known = [one for one in await sending.list_senders(connection, study_id) if one.in_use]
    found = next((one for one in known if which in (one.address, one.id)), None)
    if found is None:
        named = ", ".join(dict.fromkeys(one.address for one in known))
        raise UnknownNameError("That is no sender of this study.", mend=f"Known: {named}.")
    return found


async def correct_sender(
    connection: Connection,
    channels: ChannelRules,
    study_id: UUID,
    sender: str | UUID,
    address: str,
    *,
    actor: str,
    reason: str,
) -> SenderRow:
    """Let new texts of a sender say another number or signature, at its own provider; what it was.

    What was approved for the one before holds for that alone. Raises as `move_sender`.
    """
    left = await find_sender(connection, study_id, sender)
    to = NewSender(left.provider, sender_address(channels, left.provider, address))
    for one in await sending.list_senders(connection, study_id):
        if one.in_use and (one.provider, one.address) == (to.provider, to.address):
            raise TakenError(f"{to.address} is a sender of {to.provider} already.")
    place = (connection, channels, study_id, left.id, to)
    return await move_sender(*place, actor=actor, reason=reason)


async def move_sender(
    connection: Connection,
    channels: ChannelRules,
    study_id: UUID,
    sender: str | UUID,
    to: NewSender,
    *,
    actor: str,
    reason: str,
) -> SenderRow:
    """Let new texts of a sender go out from an address at another provider; the sender left.

    What it sent, and what waits to be sent, stays with it: it was written for what that provider
    may do, and may have been taken there already. Raises PhoneError, UnknownNameError, TakenError,
    OtherChannelError.
    """
    address = sender_address(channels, to.provider, to.address)
    left = await find_sender(connection, study_id, sender)
    if channels.channel_of(left.provider) != channels.channel_of(to.provider):
        raise OtherChannelError(
            mend=f"Add it instead: pro-service sender add ... --provider {to.provider}"
        )
    if (left.provider, left.address) == (to.provider, address):
        raise TakenError(f"{address} belongs to {to.provider} already.")
    async with transaction(connection) as held:
        await give_reason(held, reason)
        place = (study_id, left.id, to.provider, address)
        if not await sending.move_sender(held, *place, actor=actor, reason=reason):
            raise TakenError(
                f"{address} at {to.provider} is, or was, a sender of another study or another"
                " site, or is what another sender was before: texts that come to it are that"
                " one's. Name an address none of them has had."
            )
    return left


async def set_pace(
    connection: Connection, study_id: UUID, sender: str, per_second: float | None, *, actor: str
) -> None:
    """Say how many texts a second one of our addresses may send; None: its provider's usual pace.

    All workers together keep to it, from the next text on. Raises UnknownNameError.
    """
    found = await find_sender(connection, study_id, sender)
    await sending.set_pace(connection, study_id, found.id, per_second, actor)


def senders_elsewhere(found: Sequence[SenderElsewhere], first: str) -> list[str]:
    """What is said at the start of addresses whose provider is not set up here, a line each."""
    return [
        f"No text goes out from {one.address} ({one.study}): it belongs to {one.provider}, which"
        f" is not set up here. Name it in PRO_GATEWAYS, or move it: pro-service sender move"
        f" {one.address} --to {first} --study {one.study} --reason ..."
        for one in found
    ]


def waiting_elsewhere(found: Sequence[WaitingElsewhere]) -> list[str]:
    """What is said of texts that wait for a provider which is not set up here, a line each."""
    return [
        f"{one.texts} text(s) wait for {one.provider}, which is not set up here: they are sent by"
        f" no other. Name it in PRO_GATEWAYS; what is not sent when its time is over ends."
        for one in found
    ]
