"""A stored text opened for the one call that hands it over, or to look it up at its provider."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.conversation.practice import KIND as FIRST
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.protocol import Messaging
from pro_service.domain.study.times import quiet_start, zone
from pro_service.messaging.gateway import OutboundText, Registered, status_callback_url
from pro_service.services.base.context import ServiceContext
from pro_service.services.texting.composing import number_of
from pro_service.store.connection import Connection
from pro_service.store.texting.messages import MessageRow
from pro_service.vault import places

IN_WAKING_HOURS: Final = frozenset({"reminder", "staff", FIRST})
"""Kinds of messages that quiet hours bind; a reply is the answer to somebody who is awake."""


class Held(NamedTuple):
    """A claimed text, opened for its one call."""

    study_id: UUID
    kind: str
    provider: str
    tries: int
    text: OutboundText
    ends_at: float
    """When its lease ends, by the loop's clock; no later than it really does."""


async def outbound(
    connection: Connection,
    context: ServiceContext,
    row: MessageRow,
    facts: ParticipantFacts | None = None,
) -> OutboundText:
    """Open what the provider needs in the clear; it lives as long as the call.

    `facts` are the participant's where they were read just now, for the claim.
    """
    await context.keys.study_key(connection, row.study_id)
    lives_for = row.lives_for
    if row.participant_id is not None:
        if facts is None:
            facts = await context.reader.facts(
                connection, row.study_id, row.participant_id, lean=True
            )
        else:
            context.keys.admit(facts)
        if row.kind in IN_WAKING_HOURS:
            protocol = await context.reader.protocol(
                connection, row.study_id, facts.protocol_version_id
            )
            lives_for = until_quiet(row.now, lives_for, facts.zone, protocol.messaging)
    their_address = number_of(context, row)
    return OutboundText(
        message_id=row.id,
        our_address=row.our_address,
        their_address=their_address,
        body=places.MESSAGE_BODY.open(
            context.keys.vault, row.body_sealed, key=row.body_key, row_id=row.id
        ),
        registered=_registered(context, row),
        status_callback=status_callback_url(context.public_url, row.provider, row.id),
        valid_for=lives_for,
        stop_address=stop_address(context, row.id) if "@" in their_address else None,
    )


def letter_page(context: ServiceContext, message_id: UUID) -> str:
    """The page of a letter: there its reader proves the address, or asks for no more of them."""
    return f"{context.public_url}/e/{context.keys.vault.letter_token(message_id)}"


def stop_address(context: ServiceContext, message_id: UUID) -> str:
    """Where no more letters are asked for: a page to whoever looks, one click for a program."""
    return f"{letter_page(context, message_id)}/stop"


def _registered(context: ServiceContext, row: MessageRow) -> Registered | None:
    """What is handed over in place of words; its values are under the key of the body."""
    if row.registered_code is None or row.parameters_sealed is None:
        return None
    stored = places.MESSAGE_PARAMETERS.open(
        context.keys.vault, row.parameters_sealed, key=row.body_key, row_id=row.id
    )
    return Registered(
        code=row.registered_code,
        signature=row.registered_signature or "",
        parameters=tuple((name, value) for name, value in json.loads(stored)),
    )


def until_quiet(
    now: datetime, lives_for: timedelta | None, zone_name: str, messaging: Messaging
) -> timedelta | None:
    """How long a text may wait at the provider: not into quiet hours, not past its window."""
    quiet_at = quiet_start(now, messaging.quiet_from, messaging.quiet_until, zone(zone_name))
    if quiet_at is None:
        return lives_for
    until = quiet_at - now
    return until if lives_for is None else min(until, lives_for)
