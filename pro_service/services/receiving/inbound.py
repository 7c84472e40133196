"""A text that came in: whose it is, what it says, what it changes, and the reply.

Everything is decided from what was read, then written once. A second copy of a webhook changes
nothing and gets the same reply; what cannot be stored is not acknowledged.
"""

from __future__ import annotations

from dataclasses import replace

from pro_service.domain.conversation.advance import RESTING, Agenda, advance, begin
from pro_service.domain.conversation.asking import asks
from pro_service.domain.conversation.commands import Command, recognise
from pro_service.domain.conversation.dialogue import Step, TextPart
from pro_service.domain.conversation.routing import LineUser, Route, present_focus, route
from pro_service.domain.study.facts import VisitNotReadError
from pro_service.messaging.gateway import Gateway, InboundText, ReplyBody, WebhookRequest
from pro_service.services.answering import (
    AnsweringCase,
    AnswersPlan,
    GivenAnswer,
    Sitting,
    agenda,
    open_questions,
    plan_answers,
    read_baselines,
    urgent_parts,
)
from pro_service.services.base.actors import participant_actor
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import Decision, until_written
from pro_service.services.receiving.arriving import receive
from pro_service.services.receiving.case import Case, Received, dialogue_of, read_case
from pro_service.services.receiving.copies import answer_with, first_copy
from pro_service.services.receiving.first_texts import answer_first_text, before_the_first
from pro_service.services.receiving.helping import links_allowed, without_link
from pro_service.services.receiving.line import (
    answer_for_line,
    answer_stranger,
    answer_unasked,
    ask_who,
    confirm_number,
    who_confirms,
)
from pro_service.services.receiving.outcome import (
    InboundOutcome,
    Reply,
    add_call,
    own_outcome,
    write_inbound,
)
from pro_service.services.receiving.questions import Standing, standing_of
from pro_service.services.receiving.respondents import stated_respondent, take_over
from pro_service.services.receiving.resting import rest
from pro_service.services.receiving.unproven import take_unproven
from pro_service.services.receiving.unwell import answer_unwell
from pro_service.services.receiving.warning import warn
from pro_service.services.receiving.wrong_numbers import answer_wrong_number
from pro_service.services.texting import link_for, who_part
from pro_service.store.base import operations
from pro_service.store.connection import Connection, borrowed


async def receive_text(
    connection: Connection, context: ServiceContext, gateway: Gateway, request: WebhookRequest
) -> ReplyBody:
    """Take one inbound webhook and return the body that answers it: the last text's, of several.

    Raises ForgedWebhookError, UnreadableWebhookError, UnknownAddressError, BusyError.
    """
    batch = gateway.parse_inbound(request)
    reply: ReplyBody | None = None
    async with borrowed(connection) as lent:
        for text in batch.items:
            reply = await take_text(lent, context, gateway, text)
    return reply or gateway.reply(None)


async def take_text(
    connection: Connection,
    context: ServiceContext,
    gateway: Gateway,
    text: InboundText,
    *,
    by_queue: bool = False,
    answered: bool = False,
) -> ReplyBody:
    """Take one text, once. `by_queue`: no webhook waits for the reply, so it is queued.

    `answered`: it was answered before a restore that forgot it, and is not answered again.

    Raises UnreadableWebhookError, UnknownAddressError, BusyError.
    """
    before: Received | None = None

    async def decide() -> Decision[ReplyBody]:
        nonlocal before
        # A copy is rare, and what is decided of one is refused as a whole: then it is looked for.
        copy = None if before is None else await first_copy(connection, context, gateway, before)
        if copy is not None:
            return Decision(copy)
        received = await receive(connection, context, gateway, text, before)
        before, sender = received, received.sender
        try:
            outcome = await _decide(connection, context, received)
        except VisitNotReadError:
            outcome = await _decide(connection, context, replace(received, lean=False))
        await warn(connection, context, received, outcome)
        if by_queue or (sender.moved and outcome.facts is not None):
            outcome.queue_reply()  # From what our address became, if it was corrected.
        if answered or text.proof == "unsigned":
            outcome.say_nothing()
        if received.rule_of(context, sender.now_provider).template_registered:
            outcome.reply = None  # No words of our own go there.
        if outcome.reply is None or outcome.queued:
            answer = gateway.reply(None)
        else:
            answer = answer_with(context, gateway, outcome.reply.body, outcome.reply.id)
        return Decision(answer, lambda: write_inbound(connection, context, received, outcome))

    return await until_written(decide)


async def _decide(
    connection: Connection, context: ServiceContext, received: Received
) -> InboundOutcome:
    """Whose text it is decides who answers it."""
    if received.text.proof == "unsigned":
        return await take_unproven(connection, context, received)
    confirming = who_confirms(received)
    if confirming is not None:
        return await confirm_number(connection, context, received, confirming)
    not_theirs = await answer_wrong_number(connection, context, received)
    if not_theirs is not None:
        return not_theirs
    practised = await answer_first_text(connection, context, received)
    if practised is not None:
        return practised
    if not received.users and received.unasked:
        return await answer_unasked(connection, context, received)
    if not received.users:
        return await answer_stranger(connection, context, received)
    users = [
        LineUser(
            participant_id=user.id,
            personal_code=user.personal_code,
            asked_at=None if prompt is None else prompt.asked_at,
            reminded=prompt is not None and prompt.reminded,
        )
        for user in received.users
        for prompt in (dialogue_of(user).prompt,)
    ]
    line = received.line
    focus = line.focus_participant_id
    if focus is not None and len(users) > 1:
        now = await operations.get_study_time(connection)
        focus = present_focus(users, focus, line.focused_at, now)
    where = route(users, focus, received.said)
    if where.kind == "line":
        return await answer_for_line(connection, context, received, where)
    if where.kind == "ask_code":
        return await ask_who(connection, context, received)
    return await _for_one(connection, context, received, where)


async def _for_one(
    connection: Connection, context: ServiceContext, received: Received, where: Route
) -> InboundOutcome:
    """A text that belongs to one participant."""
    user = next(one for one in received.users if one.id == where.participant_id)
    said = where.said or received.said
    stated = stated_respondent(user, said)
    case = await read_case(connection, context, received, user, stated)
    if where.kind == "owner" and recognise(said) is Command.unwell:
        outcome = await answer_unwell(case)
        outcome.in_focus = where.in_focus and len(received.users) > 1
        return outcome
    facts, dialogue = case.facts, case.dialogue
    just_answered = dialogue.last.assessment_id if dialogue.last else None
    asked = dialogue.prompt.assessment_id if dialogue.prompt else None
    entries = agenda(context, case.protocol, facts, asked=asked, just_answered=just_answered)
    if where.kind == "switch":
        step = _switch(case, entries)
        outcome = own_outcome(case, step.disposition)
    elif stated is not None:
        step = take_over(case, entries, said)
        outcome = own_outcome(case, step.disposition, step.command)
    else:
        standing = await standing_of(case)
        step = before_the_first(case, _advance(case, entries, said, standing))
        outcome = own_outcome(case, step.disposition, step.command)
        outcome.answers = await _take_answers(case, step)
        if standing.accepted and not step.answers:
            outcome.asked = dialogue.prompt
        if step.command is not None and step.command in RESTING:
            reply = (*step.reply, *rest(case, step.command, outcome))
            step = step.model_copy(update={"reply": reply})
    outcome.in_focus = where.in_focus and len(received.users) > 1
    add_call(case, step, outcome)
    await _reply_step(case, step, outcome)
    return outcome


def _switch(case: Case, entries: Agenda) -> Step:
    """Their code was typed: the line turns to them, and what is open is asked again."""
    reopened, question = begin(entries, case.facts.now)
    switched = TextPart(key="line.switched", parameters={"code": case.facts.start_of_code})
    parts = (switched, *(question or (TextPart(key="nothing_open"),)))
    return Step(dialogue=reopened, reply=parts, disposition="command")


def _advance(case: Case, entries: Agenda, said: str, standing: Standing) -> Step:
    """One step of the conversation; a text older than the question cannot answer it."""
    return advance(
        case.dialogue,
        entries,
        said,
        case.facts.now,
        prompt_accepted=standing.accepted,
        link_possible=links_allowed(case),
        pictures=case.received.text.media_count > 0,
        staff_wrote=standing.staff_wrote,
    )


async def _take_answers(case: Case, step: Step) -> AnswersPlan | None:
    """What the answers in a text write, and what it sends; None where there is neither."""
    if not (step.answers or step.sent):
        return None
    facts, received = case.facts, case.received
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
    sitting = Sitting(
        mode="text",
        authentication="known_number",
        language=facts.language,
        actor=participant_actor(facts),
        respondent=case.respondent,
        inbound_id=received.inbound_id,
    )
    baseline = await read_baselines(case.connection, case.context, facts, case.protocol)
    answering = AnsweringCase(case.context, case.protocol, facts, sitting, baseline)
    return plan_answers(answering, given, submit=(*step.completed, *step.sent))


async def _reply_step(case: Case, step: Step, outcome: InboundOutcome) -> None:
    """Render the reply: what is alarming first, then the step's own words."""
    facts, protocol = case.facts, case.protocol
    met = {alert.rule for alert in outcome.answers.alerts} if outcome.answers else set()
    parts = (*urgent_parts(protocol.safety.urgent(met), facts.language), *step.reply)
    link = None
    if step.offer_other_way:
        by_link = open_questions(facts, protocol, "link")
        if by_link:
            visit_id = by_link[0].visit.id
            link, rows = await link_for(case.connection, case.context, facts, visit_id)
            outcome.invitations += rows
    if link is None:
        parts = tuple(without_link(case, part) for part in parts)
    if case.anothers and case.dialogue.waiting and asks(parts):
        parts = (*parts, who_part(facts))
    # Whoever asked for silence gets it; what they write is kept all the same.
    if parts and not case.held_back:
        template = parts[0].key
        if template != "line.switched":
            parts = case.headed(parts)
        outcome.reply = Reply(case.render(parts, link=link), template, facts.language)
    outcome.keep_dialogue(case, step.dialogue, parts)
