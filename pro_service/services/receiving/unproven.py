"""A text that anybody may have sent: it may stop texts or be read by somebody, and nothing else.

Providers in China sign nothing they push, and do not say which text was answered (R25). So such a
text never answers a question, proves a number or lets texts go on; and it is not answered.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from pro_service.domain.conversation.commands import Command, recognise
from pro_service.domain.conversation.routing import Route
from pro_service.services.base.context import ServiceContext
from pro_service.services.receiving.case import Received, read_case
from pro_service.services.receiving.line import answer_for_line, answer_stranger, answer_unasked
from pro_service.services.receiving.outcome import InboundOutcome, own_outcome, unowned_outcome
from pro_service.services.receiving.wrong_numbers import answer_wrong_number
from pro_service.store.connection import Connection

STOPS: Final = frozenset({"R", "N"})
"""What people are used to send to a registered sender to hear no more, beside the words that mean
so anywhere (T, TD, 退订)."""


async def take_unproven(
    connection: Connection, context: ServiceContext, received: Received
) -> InboundOutcome:
    """What an unsigned text leads to; its reply, if it has one, is dropped by whoever asked."""
    stopping = await _stopping(connection, context, received)
    return stopping or await _to_read(connection, context, received)


async def _stopping(
    connection: Connection, context: ServiceContext, received: Received
) -> InboundOutcome | None:
    """The outcome of a text that stops texts, or says that the number is somebody else's."""
    body = received.text.body
    if recognise(body) is not Command.stop and body.strip().upper() not in STOPS:
        return await answer_wrong_number(connection, context, received)
    stop = received.text.model_copy(update={"verdict": "stop"})
    said = replace(received, text=stop)
    if said.users:
        route = Route(kind="line", command=Command.stop)
        return await answer_for_line(connection, context, said, route)
    if said.unasked:
        return await answer_unasked(connection, context, said)
    return await answer_stranger(connection, context, said)


async def _to_read(
    connection: Connection, context: ServiceContext, received: Received
) -> InboundOutcome:
    """Anything else is read by somebody, as the words of whoever is known to use the number."""
    known = (*received.users, *received.awaited, *received.unasked)
    if not known:
        key = await context.keys.study_key(connection, received.sender.study_id)
        return InboundOutcome(key, "needs_reading")
    case = await read_case(connection, context, received, known[0])
    about = own_outcome if len({one.id for one in known}) == 1 else unowned_outcome
    return about(case, "needs_reading")
