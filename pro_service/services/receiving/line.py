"""Texts that are nobody's in particular: a stranger's, for the whole line, without a name."""

from __future__ import annotations

from pro_service.domain.conversation.advance import advance, begin
from pro_service.domain.conversation.commands import Command, recognise, says_more
from pro_service.domain.conversation.dialogue import TextPart
from pro_service.domain.conversation.reply import read_alone
from pro_service.domain.conversation.routing import Route, is_code
from pro_service.services.answering import agenda, text_context
from pro_service.services.base.context import ServiceContext
from pro_service.services.receiving.outcome import (
    Outcome,
    Received,
    add_opt_out,
    add_reply,
    add_reply_for,
    begin_outcome,
    dialogue_of,
    facts_of,
    inbound_document,
    keep_dialogue,
)
from pro_service.store.connection import Connection
from pro_service.store.receiving import inbounds
from pro_service.store.receiving.inbounds import LineParticipant

REPLIES_TO_STRANGERS = 1
"""Replies a day to a number nobody enrolled has; more would let a loop run for ever."""


def who_confirms(received: Received) -> LineParticipant | None:
    """Whose new number this is, proven by their code typed on it."""
    body = received.text.body
    named = [one for one in received.awaited if is_code(one.personal_code, body)]
    return named[0] if len(named) == 1 else None


async def confirm_number(
    connection: Connection, context: ServiceContext, received: Received, user: LineParticipant
) -> Outcome:
    """Texts may go to the new number from now on; what is open is asked at once."""
    facts, protocol = await facts_of(connection, context, received, user)
    entries = agenda(context, protocol, facts)
    dialogue, question = begin(entries, facts.now)
    outcome = begin_outcome(context, received, facts, "command", None)
    outcome.document["confirmed"].append(user.to_confirm)
    parts = (TextPart(key="number.confirmed"), *question)
    body = context.texts.render(parts, facts.language, text_context(context, protocol, facts))
    add_reply_for(context, received, outcome, facts, body, "number.confirmed")
    keep_dialogue(outcome.document, received, facts, dialogue, outcome.message_id)
    return outcome


async def answer_stranger(
    connection: Connection, context: ServiceContext, received: Received
) -> Outcome:
    """A number nobody enrolled uses: kept apart, answered neutrally and not without end."""
    study_id, line_id = received.sender.study_id, received.line.id
    key = await context.study_key(connection, study_id)
    said = recognise(received.text.body)
    command = said if said in (Command.stop, Command.start) else None
    disposition = _disposition(received)
    if command is not None and not says_more(received.text.body):
        disposition = "command"
    document = inbound_document(
        context, received, None, key, disposition=disposition, command=command
    )
    outcome = Outcome(document)
    held = await inbounds.is_held_back(connection, study_id, line_id)
    template = None
    if command is Command.stop and not held:
        add_opt_out(document, received, None)
        template = "opt_out.confirmed"
    elif command is Command.start and held:
        document["opt_ins"].append(line_id)
        template = "opt_in.confirmed"
    elif not held and command is not Command.stop:
        replied = await inbounds.count_replies_today(connection, study_id, line_id)
        template = "stranger" if replied < REPLIES_TO_STRANGERS else None
    if template is not None:
        body = context.texts.text(template, "en", sender=received.sender.sender_name)
        add_reply(context, received, outcome, body, None, key, "en", template)
    return outcome


async def answer_for_line(
    connection: Connection, context: ServiceContext, received: Received, where: Route
) -> Outcome:
    """Stop, start and help concern everybody on the line; it is answered once."""
    user = received.users[0]
    facts, protocol = await facts_of(connection, context, received, user)
    dialogue = dialogue_of(user)
    entries = agenda(context, protocol, facts) if len(received.users) == 1 else ()
    step = advance(dialogue, entries, received.text.body, facts.now)
    disposition = step.disposition
    if where.command is Command.stop and says_more(received.text.body):
        disposition = "needs_reading"
    outcome = begin_outcome(context, received, facts, disposition, step.command)
    if where.command is Command.stop:
        add_opt_out(outcome.document, received, facts)
    elif where.command is Command.start:
        outcome.document["opt_ins"].append(received.line.id)
    outcome.document["affected"] = [other.id for other in received.users[1:]]
    if len(received.users) == 1 and where.command is not Command.stop:
        keep_dialogue(outcome.document, received, facts, step.dialogue)
    if where.command is Command.stop and facts.opted_out_at is not None:
        return outcome  # It was confirmed once; whoever asks for silence again gets it.
    body = context.texts.render(step.reply, facts.language, text_context(context, protocol, facts))
    add_reply_for(context, received, outcome, facts, body, step.reply[0].key)
    return outcome


async def ask_who(connection: Connection, context: ServiceContext, received: Received) -> Outcome:
    """Several were asked something on this number: ask for the code before crediting anybody.

    Words may report a symptom: whoever sent them, somebody must read them.
    """
    user = received.users[0]
    facts, protocol = await facts_of(connection, context, received, user)
    command = recognise(received.text.body)
    if command is Command.reaction:
        return begin_outcome(context, received, None, "reaction", command, key=facts)
    disposition = _disposition(received)
    outcome = begin_outcome(context, received, None, disposition, None, key=facts)
    if facts.opted_out_at is not None:
        return outcome  # Whoever asked for silence gets it.
    parts = (TextPart(key="reading.noted"),) if disposition == "needs_reading" else ()
    parts = (*parts, TextPart(key="line.ask_code"))
    body = context.texts.render(parts, facts.language, text_context(context, protocol, facts))
    add_reply_for(context, received, outcome, facts, body, "line.ask_code")
    return outcome


def _disposition(received: Received) -> str:
    """Words may be a report of a fever, a picture one of a swelling: somebody must look at them."""
    to_read = received.text.media_count or read_alone(received.text.body) == "words"
    return "needs_reading" if to_read else "unknown"
