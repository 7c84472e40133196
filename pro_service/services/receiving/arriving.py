"""Where a text came from: which of our addresses it came to, the line, and who uses the number."""

from __future__ import annotations

from collections.abc import Sequence

from pro_service.domain.errors import ProServiceError
from pro_service.messaging.gateway import Gateway, InboundText, UnreadableWebhookError
from pro_service.services.base.actors import provider_actor
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.phones import PhoneError, parse_phone
from pro_service.services.receiving.case import Received, dialogue_of
from pro_service.services.texting import indexes_of, line_found, new_line
from pro_service.store.connection import Connection
from pro_service.store.ids import new_id
from pro_service.store.texting import aliases, arrivals, messages
from pro_service.store.texting.arrivals import Arrived
from pro_service.store.texting.messages import OwnedSender


class UnknownAddressError(ProServiceError):
    """The text came to an address that belongs to no study."""


async def receive(
    connection: Connection,
    context: ServiceContext,
    gateway: Gateway,
    text: InboundText,
    before: Received | None,
) -> Received:
    """What is known of where a text came from; `before` is what an earlier look at it found."""
    address = _address(text.their_address)
    actor = provider_actor(gateway.name)
    indexes = indexes_of(context, address)
    arrived = await _arrived(connection, context, gateway, text, indexes)
    sender = arrived.sender
    await context.keys.ensure_study_key(connection, sender.study_id)
    if arrived.line is not None:
        line = line_found(arrived.line)
    else:
        key = await context.keys.study_key(connection, sender.study_id)
        line = new_line(context, sender.now_id, address, key=key, actor=actor)
    found = arrived.users
    users = [one for one in found if one.may_be_texted and one.to_confirm is None]
    awaited = [one for one in found if one.may_be_texted and one.to_confirm is not None]
    unasked = [one for one in found if not one.may_be_texted]
    asked = (
        {user.id: dialogue_of(user).prompt for user in users} if before is None else before.asked
    )
    return Received(
        text, arrived, address, indexes[0], line, users, awaited, unasked, asked, new_id(), actor
    )


async def _arrived(
    connection: Connection,
    context: ServiceContext,
    gateway: Gateway,
    text: InboundText,
    indexes: Sequence[bytes],
) -> Arrived:
    """Our sender the text came to, by its number, else by the pool of numbers it belongs to.

    Where the provider tells neither: the sender that goes by what it came, or its only one. With
    the line, and who uses the number. Raises UnknownAddressError.
    """
    ours = [one for one in (text.our_address, text.service_address) if one is not None]
    arrived = await arrivals.find_arrival(
        connection,
        gateway.name,
        ours,
        indexes,
        came_at=text.received_at,
        in_hand=context.known.holds(indexes[0]),
    )
    if arrived is None and text.our_address is None:
        sender = await aliases.find_sender_by_route(connection, gateway.name, text.routes)
        if sender is not None:
            return await _on_line(connection, sender, indexes)
    if arrived is None:
        raise UnknownAddressError
    return arrived


async def _on_line(
    connection: Connection, sender: OwnedSender, indexes: Sequence[bytes]
) -> Arrived:
    """The same from a sender on."""
    study_id = sender.study_id
    line = await messages.find_line(connection, study_id, sender.now_id, indexes)
    at = new_id() if line is None else line.id
    users = await arrivals.list_line_participants(connection, study_id, indexes, at)
    return Arrived(sender, line, users, {}, {})


def _address(text: str) -> str:
    """The number a text came from. Short codes and names, which no participant has, are refused."""
    try:
        return parse_phone(text)
    except PhoneError:
        raise UnreadableWebhookError("A text came from no telephone number.") from None
