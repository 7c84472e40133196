"""Texts that are nobody's in particular: a stranger's, for the whole line, without a name."""

from __future__ import annotations

from dataclasses import replace

from pro_service.domain.conversation.advance import advance, begin
from pro_service.domain.conversation.codes import is_code
from pro_service.domain.conversation.commands import Command, recognise
from pro_service.domain.conversation.dialogue import Disposition, TextPart
from pro_service.domain.conversation.reply import read_alone
from pro_service.domain.conversation.routing import Route
from pro_service.services.answering import agenda
from pro_service.services.base.context import ServiceContext
from pro_service.services.receiving.case import Received, read_case
from pro_service.services.receiving.helping import help_parts
from pro_service.services.receiving.outcome import (
    InboundOutcome,
    Reply,
    own_outcome,
    unowned_outcome,
)
from pro_service.services.texting import another_way, indexes_of
from pro_service.store.connection import Connection
from pro_service.store.receiving import inbounds
from pro_service.store.texting import numbers
from pro_service.store.texting.arrivals import LineParticipant

REPLIES_TO_STRANGERS = 1
"""Replies a day to a number nobody enrolled has; more would let a loop run for ever."""


def who_confirms(received: Received) -> LineParticipant | None:
    """Whose new number this is, proven by their code typed on it."""
    body = received.text.body
    named = [one for one in received.awaited if is_code(one.personal_code, body)]
    return named[0] if len(named) == 1 else None


async def confirm_number(
    connection: Connection, context: ServiceContext, received: Received, user: LineParticipant
) -> InboundOutcome:
    """Texts may go to the new number from now on; what is open is asked at once."""
    case = await read_case(connection, context, received, user)
    facts = case.facts
    dialogue, question = begin(agenda(context, case.protocol, facts), facts.now)
    outcome = own_outcome(case, "command")
    outcome.confirmed = user.to_confirm
    parts = (TextPart(key="number.confirmed"), *question)
    outcome.reply = Reply(case.render(parts), "number.confirmed", facts.language)
    outcome.keep_dialogue(case, dialogue, parts)
    return outcome


async def answer_stranger(
    connection: Connection, context: ServiceContext, received: Received
) -> InboundOutcome:
    """A number nobody enrolled uses: kept apart, answered neutrally and not without end."""
    study_id, line_id = received.sender.study_id, received.line.id
    key = await context.keys.study_key(connection, study_id)
    said = recognise(received.said)
    command = said if said in (Command.stop, Command.start) else None
    disposition = _disposition(received)
    if command is not None and not received.says_more:
        disposition = "command"
    outcome = InboundOutcome(key, disposition, command)
    held = await inbounds.is_held_back(connection, study_id, line_id)
    # Of a number once taken for a participant's even a "4" is for somebody to read.
    if said is None and await _was_taken_for_theirs(connection, context, received):
        outcome.disposition = "needs_reading"
    template = None
    if command is Command.stop and not held:
        outcome.opt_out = True
        template = "opt_out.confirmed"
    elif command is Command.start and held:
        outcome.opt_in = True
        template = "opt_in.confirmed"
    elif not held and command is not Command.stop:
        replied = await inbounds.count_replies_today(connection, study_id, line_id)
        template = "stranger" if replied < REPLIES_TO_STRANGERS else None
    if template is not None and not received.provider_replied:
        body = context.texts.text(template, "en", sender=received.sender.sender_name)
        outcome.reply = Reply(body, template, "en")
    return outcome


async def _was_taken_for_theirs(
    connection: Connection, context: ServiceContext, received: Received
) -> bool:
    indexes = indexes_of(context, received.their_address)
    return await numbers.is_known_wrong(connection, received.sender.study_id, indexes)


async def answer_unasked(
    connection: Connection, context: ServiceContext, received: Received
) -> InboundOutcome:
    """A contact who has not agreed to texts: nothing is asked, what they say is read by somebody.

    Their STOP holds like anybody's.
    """
    if recognise(received.said) is Command.stop:
        theirs = replace(received, users=received.unasked)
        return await answer_for_line(
            connection, context, theirs, Route(kind="line", command=Command.stop)
        )
    case = await read_case(connection, context, received, received.unasked[0])
    disposition = _disposition(received)
    known = own_outcome if len(received.unasked) == 1 else unowned_outcome
    outcome = known(case, disposition)
    if disposition == "needs_reading" and not case.held_back:
        parts = (TextPart(key="reading.noted"),)
        outcome.reply = Reply(case.render(parts), "reading.noted", case.facts.language)
    return outcome


async def answer_for_line(
    connection: Connection, context: ServiceContext, received: Received, where: Route
) -> InboundOutcome:
    """Stop, start and help concern everybody on the line; it is answered once."""
    case = await read_case(connection, context, received, received.users[0])
    facts, alone = case.facts, len(received.users) == 1
    entries = agenda(context, case.protocol, facts) if alone else ()
    before = case.dialogue
    if where.command is Command.start:
        before = before.model_copy(update={"prompt": None})  # Whatever was asked is asked anew.
    step = advance(before, entries, received.said, facts.now)
    disposition = step.disposition
    if where.command is Command.stop and received.says_more:
        disposition = "needs_reading"
    outcome = own_outcome(case, disposition, step.command)
    outcome.opt_out = where.command is Command.stop
    outcome.opt_in = where.command is Command.start
    outcome.affected = tuple(other.id for other in received.users[1:])
    if where.command is Command.stop and case.held_back:
        return outcome  # It was confirmed once; whoever asks for silence again gets it.
    if where.command is Command.stop:
        outcome.calls += another_way((one.id for one in received.users), received.actor)
    parts = step.reply
    if where.command is Command.help:
        # To whoever wanted silence help is given, and no question.
        question = () if case.held_back else parts[1:]
        asked = step.dialogue.prompt if question else None
        parts = (parts[0], *help_parts(case, asked, entries), *question)
    if received.provider_replied:
        parts = parts[1:] if where.command is Command.start else ()
    if parts:
        outcome.reply = Reply(case.render(parts), parts[0].key, facts.language)
    if alone and where.command is not Command.stop:
        outcome.keep_dialogue(case, step.dialogue, parts)
    return outcome


async def ask_who(
    connection: Connection, context: ServiceContext, received: Received
) -> InboundOutcome:
    """Several were asked something on this number: ask for the code before crediting anybody.

    Words may report a symptom: whoever sent them, somebody must read them.
    """
    case = await read_case(connection, context, received, received.users[0])
    command = recognise(received.said)
    if command is Command.reaction:
        return unowned_outcome(case, "reaction", command)
    disposition = _disposition(received)
    outcome = unowned_outcome(case, disposition)
    if case.held_back:
        return outcome  # Whoever asked for silence gets it.
    parts = (TextPart(key="reading.noted"),) if disposition == "needs_reading" else ()
    parts = (*parts, TextPart(key="line.ask_code"))
    outcome.reply = Reply(case.render(parts), "line.ask_code", case.facts.language)
    return outcome


def _disposition(received: Received) -> Disposition:
    """Words may be a report of a fever, a picture one of a swelling: somebody must look at them."""
    to_staff = any(one.staff_wrote for one in received.users)  # Whatever it is, they asked for it.
    to_read = to_staff or received.text.media_count or read_alone(received.text.body) == "words"
    return "needs_reading" if to_read else "unknown"
