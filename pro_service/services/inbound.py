"""A text that came in: whose it is, what it says, what it changes, and the reply.

Everything is decided from what was read, then written once. A second copy of a webhook changes
nothing and gets the same reply; what cannot be stored is not acknowledged.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pro_service.domain.conversation.advance import advance, begin
from pro_service.domain.conversation.commands import Command, recognise, says_more
from pro_service.domain.conversation.dialogue import Dialogue, Step, TextPart
from pro_service.domain.conversation.reply import read_alone
from pro_service.domain.conversation.routing import (
    OpenConversation,
    Route,
    present_focus,
    route,
)
from pro_service.domain.delivery.channels import ChannelRules
from pro_service.domain.delivery.states import MessageState
from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.messaging.gateway import (
    Gateway,
    InboundText,
    ReplyBody,
    UnreadableWebhookError,
    WebhookRequest,
)
from pro_service.services.answers import (
    GivenAnswer,
    Sitting,
    plan_answers,
)
from pro_service.services.asking import agenda, open_questions, text_context, urgent_parts
from pro_service.services.baselines import read_baselines
from pro_service.services.composing import line_to
from pro_service.services.context import TRIES, BusyError, ServiceContext
from pro_service.services.inbound_copies import answer_with, first_copy
from pro_service.services.inbound_writes import (
    Outcome,
    Received,
    add_call,
    add_opt_out,
    add_reply,
    add_reply_for,
    begin_outcome,
    inbound_document,
    keep_dialogue,
    queue_reply,
    write_inbound,
)
from pro_service.services.phones import PhoneError, country_of, parse_phone
from pro_service.services.reminders import link_for
from pro_service.store import inbounds, messages, operations
from pro_service.store.connection import Connection, DuplicateError, StaleRevisionError
from pro_service.store.ids import new_id
from pro_service.store.inbounds import LineParticipant
from pro_service.store.messages import OwnedSender

REPLIES_TO_STRANGERS = 1
"""Replies a day to a number nobody enrolled has; more would let a loop run for ever."""
NOT_YET_ACCEPTED = frozenset({MessageState.queued, MessageState.sending})
_CHANNELS = ChannelRules()


class UnknownAddressError(ProServiceError):
    """The text came to an address that belongs to no study."""


async def receive_text(
    connection: Connection, context: ServiceContext, gateway: Gateway, request: WebhookRequest
) -> ReplyBody:
    """Take one inbound webhook and return the body that answers it.

    Raises ForgedWebhookError, UnreadableWebhookError, UnknownAddressError, BusyError.
    """
    return await take_text(connection, context, gateway, gateway.parse_inbound(request))


async def take_text(
    connection: Connection,
    context: ServiceContext,
    gateway: Gateway,
    text: InboundText,
    *,
    by_queue: bool = False,
) -> ReplyBody:
    """Take one text, once. `by_queue`: no webhook waits for the reply, so it is queued.

    Raises UnreadableWebhookError, UnknownAddressError, BusyError.
    """
    sender = await _sender_of(connection, gateway, text)
    for _ in range(TRIES):
        copy = await first_copy(connection, context, gateway, sender, text)
        if copy is not None:
            return copy
        received = await _receive(connection, context, gateway, sender, text)
        outcome = await _decide(connection, context, received)
        if by_queue:
            queue_reply(outcome)
        try:
            await write_inbound(connection, received, outcome)
        except (StaleRevisionError, DuplicateError):
            continue
        return answer_with(context, gateway, outcome.reply, outcome.message_id)
    raise BusyError


async def _sender_of(connection: Connection, gateway: Gateway, text: InboundText) -> OwnedSender:
    """Our sender the text came to: its number, else the pool of numbers it belongs to."""
    for address in (text.our_address, text.service_address):
        if address is not None:
            sender = await messages.find_sender_by_address(connection, gateway.name, address)
            if sender is not None:
                return sender
    raise UnknownAddressError


async def _receive(
    connection: Connection,
    context: ServiceContext,
    gateway: Gateway,
    sender: OwnedSender,
    text: InboundText,
) -> Received:
    address = _address(text.their_address)
    actor = f"provider:{gateway.name}"
    await context.ensure_study_key(connection, sender.study_id)
    line = await line_to(connection, context, sender.study_id, sender.id, address, actor)
    indexes = [index for _, index in context.vault.blind_indexes(address)]
    users = await inbounds.list_line_participants(connection, sender.study_id, indexes, line.id)
    return Received(text, sender, address, line, users, new_id(), actor)


def _address(text: str) -> str:
    """The number a text came from. Short codes and names, which no participant has, are refused."""
    try:
        return parse_phone(text)
    except PhoneError:
        raise UnreadableWebhookError("A text came from no telephone number.") from None


async def _decide(connection: Connection, context: ServiceContext, received: Received) -> Outcome:
    """Whose text it is decides who answers it."""
    asked = [
        OpenConversation(
            participant_id=user.id,
            personal_code=user.personal_code,
            asked_at=prompt.asked_at,
            reminded=prompt.reminded,
        )
        for user in received.users
        if (prompt := _dialogue(user).prompt) is not None
    ]
    focus = received.line.focus_participant_id
    if focus is not None and len(asked) > 1:
        focus = present_focus(asked, focus, await operations.get_study_time(connection))
    where = route(asked, focus, received.text.body)
    if not received.users:
        return await _stranger(connection, context, received)
    if where.kind == "line":
        return await _for_the_line(connection, context, received, where)
    if where.kind == "ask_code":
        return await _ask_who(connection, context, received)
    return await _for_one(connection, context, received, where)


async def _stranger(connection: Connection, context: ServiceContext, received: Received) -> Outcome:
    """A number nobody enrolled uses: kept apart, answered neutrally and not without end."""
    key = await context.study_key(connection, received.sender.study_id)
    # Words may be a spouse's report of a fever: somebody must read them, whoever sent them.
    disposition = "needs_reading" if read_alone(received.text.body) == "words" else "unknown"
    document = inbound_document(context, received, None, key, disposition=disposition)
    outcome = Outcome(document)
    if recognise(received.text.body) is Command.stop:
        add_opt_out(document, received, None)
    replied = await inbounds.count_replies_today(
        connection, received.sender.study_id, received.line.id
    )
    if replied < REPLIES_TO_STRANGERS:
        body = context.texts.text("stranger", "en", sender=received.sender.sender_name)
        add_reply(context, received, outcome, body, None, key, "en", "stranger")
    return outcome


async def _for_the_line(
    connection: Connection, context: ServiceContext, received: Received, where: Route
) -> Outcome:
    """Stop, start and help concern everybody on the line; it is answered once."""
    user = received.users[0]
    facts, protocol = await _facts(connection, context, received, user)
    dialogue = _dialogue(user)
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
    body = context.texts.render(step.reply, facts.language, text_context(context, protocol, facts))
    add_reply_for(context, received, outcome, facts, body, step.reply[0].key)
    return outcome


async def _ask_who(connection: Connection, context: ServiceContext, received: Received) -> Outcome:
    """Several were asked something on this number: ask for the code before crediting anybody.

    Words may report a symptom: whoever sent them, somebody must read them.
    """
    user = received.users[0]
    facts, protocol = await _facts(connection, context, received, user)
    in_words = read_alone(received.text.body) == "words"
    disposition = "needs_reading" if in_words else "unknown"
    outcome = begin_outcome(context, received, None, disposition, None, key=facts)
    parts = (TextPart(key="reading.noted"),) if in_words else ()
    parts = (*parts, TextPart(key="line.ask_code"))
    body = context.texts.render(parts, facts.language, text_context(context, protocol, facts))
    add_reply_for(context, received, outcome, facts, body, "line.ask_code")
    return outcome


async def _for_one(
    connection: Connection, context: ServiceContext, received: Received, where: Route
) -> Outcome:
    """A text that belongs to one participant; on a shared number with nothing asked, the first."""
    wanted = where.participant_id or received.users[0].id
    user = next(one for one in received.users if one.id == wanted)
    facts, protocol = await _facts(connection, context, received, user)
    dialogue = _dialogue(user)
    just_answered = dialogue.last.assessment_id if dialogue.last else None
    asked = dialogue.prompt.assessment_id if dialogue.prompt else None
    entries = agenda(context, protocol, facts, asked=asked, just_answered=just_answered)
    if where.kind == "switch":
        reopened, question = begin(entries, facts.now)
        outcome = begin_outcome(context, received, facts, "command", None)
        outcome.document["focus"].append({"line_id": received.line.id, "participant_id": facts.id})
        switched = TextPart(key="line.switched", parameters={"code": facts.start_of_code})
        parts = (switched, *(question or (TextPart(key="nothing_open"),)))
        step = Step(dialogue=reopened, reply=parts, disposition="command")
    else:
        step = await _advance(connection, context, received, facts, dialogue, entries)
        outcome = begin_outcome(context, received, facts, step.disposition, step.command)
        await _take_answers(connection, context, protocol, received, facts, step, outcome)
    add_call(outcome.document, received, facts, step)
    await _reply_step(connection, context, protocol, received, facts, step, outcome)
    return outcome


async def _advance(
    connection: Connection,
    context: ServiceContext,
    received: Received,
    facts: ParticipantFacts,
    dialogue: Dialogue,
    entries: Sequence[Any],
) -> Step:
    """One step of the conversation; a text older than the question cannot answer it."""
    accepted = True
    if dialogue.prompt is not None and dialogue.prompt.message_id is not None:
        state = await messages.get_prompt_state(
            connection, facts.study_id, dialogue.prompt.message_id
        )
        accepted = state not in NOT_YET_ACCEPTED
    rule = _CHANNELS.rule_for("sms", context.provider, country_of(received.their_address))
    return advance(
        dialogue,
        entries,
        received.text.body,
        facts.now,
        prompt_accepted=accepted,
        link_possible=rule.links,
    )


async def _take_answers(
    connection: Connection,
    context: ServiceContext,
    protocol: Protocol,
    received: Received,
    facts: ParticipantFacts,
    step: Step,
    outcome: Outcome,
) -> None:
    if not step.answers:
        return
    given = [
        GivenAnswer(
            assessment_id=one.assessment_id,
            item=one.item,
            value=one.value,
            gap=one.gap,
            raw=received.text.body,
        )
        for one in step.answers
    ]
    outcome.answers = plan_answers(
        context,
        protocol,
        facts,
        given,
        submit=step.completed,
        sitting=Sitting(
            mode="text",
            authentication="known_number",
            language=facts.language,
            actor=f"participant:{facts.code}",
            inbound_id=received.inbound_id,
        ),
        baseline=await read_baselines(connection, context, facts, protocol),
    )


async def _reply_step(
    connection: Connection,
    context: ServiceContext,
    protocol: Protocol,
    received: Received,
    facts: ParticipantFacts,
    step: Step,
    outcome: Outcome,
) -> None:
    """Render the reply: what is alarming first, then the step's own words."""
    met = {alert.rule for alert in outcome.answers.alerts} if outcome.answers else set()
    parts = (*urgent_parts(protocol.safety.urgent(met), facts.language), *step.reply)
    link = None
    if step.offer_other_way:
        by_link = open_questions(facts, protocol, "link")
        if by_link:
            link, rows = await link_for(connection, context, facts, by_link[0].visit.id)
            outcome.document["invitations"] += rows
    if link is None:
        parts = tuple(_without_link(part) for part in parts)
    # Whoever asked for silence gets it; what they write is kept all the same.
    if parts and facts.opted_out_at is None:
        body = context.texts.render(
            parts, facts.language, text_context(context, protocol, facts, link=link)
        )
        add_reply_for(context, received, outcome, facts, body, parts[0].key)
    keep_dialogue(outcome.document, received, facts, step.dialogue, outcome.message_id)


def _without_link(part: TextPart) -> TextPart:
    """The same offer where there is no page to answer on: a call, or no link."""
    other = {"offer.link": "offer.call", "link.here": "link.impossible"}
    return TextPart(key=other[part.key]) if part.key in other else part


async def _facts(
    connection: Connection, context: ServiceContext, received: Received, user: LineParticipant
) -> tuple[ParticipantFacts, Protocol]:
    study_id = received.sender.study_id
    facts = await context.facts(connection, study_id, user.id)
    return facts, await context.protocol(connection, study_id, facts.protocol_version_id)


def _dialogue(user: LineParticipant) -> Dialogue:
    return Dialogue() if user.dialogue is None else Dialogue.model_validate_json(user.dialogue)
