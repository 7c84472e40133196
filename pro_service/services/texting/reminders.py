"""Due nudges: judged on fresh facts, claimed with the message they become, or ended for a reason.

Nothing is sent here. A claim is committed first; `services.delivery` then makes the call, once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from uuid import UUID

from pro_service.domain.delivery.channels import ChannelRule
from pro_service.domain.delivery.contacts import ContactFacts
from pro_service.domain.delivery.senders import NoWay, SenderFacts
from pro_service.domain.study.assessments import has_only_to_send
from pro_service.domain.study.calls import call_instead
from pro_service.domain.study.facts import ParticipantFacts, VisitFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.reaching.steps import by_step
from pro_service.domain.study.reminders import EndReason, Judgement, judge
from pro_service.messaging.gateway import OutboundText, status_callback_url
from pro_service.services.answering import open_questions
from pro_service.services.base.actors import WORKER
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import BusyError, Plan, Who, turn, writing
from pro_service.services.texting.channels.letters import compose_letter
from pro_service.services.texting.channels.outbound import Held, stop_address, until_quiet
from pro_service.services.texting.channels.reach import way_to
from pro_service.services.texting.channels.registered_texts import compose_registered
from pro_service.services.texting.composing import (
    Line,
    seal_body,
    seal_parameters,
)
from pro_service.services.texting.lookups import Lookups, OneByOne
from pro_service.services.texting.reminder_texts import (
    Composed,
    Due,
    compose,
    compose_unsent,
    link_for,
)
from pro_service.store.connection import Connection
from pro_service.store.ids import new_id
from pro_service.store.texting import reminders
from pro_service.store.texting.reminders import ClaimWrite
from pro_service.store.writes import (
    CallRow,
    ConversationRow,
    EndedReminderRow,
    MovedReminderRow,
    ReminderMessageRow,
    ReminderRow,
)

LEASE_SECONDS = 30
"""How long a claim holds (machine time); the call to the provider is bounded well within."""


class _Way(NamedTuple):
    """Over which line a text goes, from which of our addresses, and where to."""

    line: Line
    sender: SenderFacts
    address: str


class Claimed(NamedTuple):
    """A message claimed for sending; its lease runs."""

    study_id: UUID
    message_id: UUID
    facts: ParticipantFacts | None = None
    """What it was claimed from: whoever sends it need not read them again. None: not read here."""
    sender_id: UUID | None = None
    """Our address it goes out from, where that is known here."""
    held: Held | None = None
    """What is to be handed over, where it was composed just now: it need not be read again."""

    def until(self, ends_at: float) -> Claimed:
        """The same, with a lease that ends at an instant of the loop's clock."""
        return self._replace(held=self.held and self.held._replace(ends_at=ends_at))


async def remind(
    connection: Connection, context: ServiceContext, study_id: UUID, participant_id: UUID
) -> Claimed | None:
    """Give every due nudge of one participant its outcome; the claimed message, if there is one.

    Raises BusyError if the facts move on at every try: somebody answered, opted out, or another
    worker was quicker.
    """

    lookups = OneByOne(connection, context)

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[Claimed | None]:
        due = judged(context, lookups, facts, protocol)
        if due is None:
            return Plan(None)
        document, claimed = await outcomes(due)
        return Plan(claimed, writing(reminders.claim_reminders, document))

    return await turn(Who(connection, context, study_id, participant_id), decide, lean=True)


def judged(
    context: ServiceContext, lookups: Lookups, facts: ParticipantFacts, protocol: Protocol
) -> Due | None:
    """A participant's nudges as they are judged now; None: nothing is due."""
    facts = by_step(facts, protocol, facts.now)
    judgement = judge(facts, protocol, facts.now)
    if not (judgement.together or judgement.ended or judgement.postponed):
        return None
    visits = tuple(visit for visit in facts.visits if visit.id in judgement.visits)
    return Due(context, lookups, facts, protocol, judgement, visits)


async def outcomes(due: Due) -> tuple[ClaimWrite, Claimed | None]:
    """What becomes of the nudges, as one write, and the message claimed by it, if there is one.

    Raises BusyError for a participant who has no data key yet.
    """
    document = _outcomes(due.facts, due.judgement)
    claimed = await _claim(due, document) if due.judgement.together else None
    return document, claimed


def _outcomes(facts: ParticipantFacts, judgement: Judgement) -> ClaimWrite:
    revisions = {visit.id: visit.schedule_revision for visit in facts.visits}
    return ClaimWrite(
        ended=ended_rows(facts, {one.reminder_id: one.reason for one in judgement.ended}),
        postponed=[
            MovedReminderRow(id=one.reminder_id, due_at=one.due_at) for one in judgement.postponed
        ],
        planned=[
            ReminderRow(
                id=new_id(),
                visit_id=one.visit_id,
                schedule_revision=revisions[one.visit_id],
                ordinal=one.ordinal,
                due_at=one.due_at,
                actor=WORKER,
            )
            for one in judgement.planned
        ],
    )


async def _claim(due: Due, document: ClaimWrite) -> Claimed | None:
    """Add the one text for all that is due to the write; None if none may be sent to them.

    What the protocol names first is tried first, what it names otherwise where that does not go.
    """
    held: list[str] = []
    for kind in due.facts.kinds:
        tried = due._replace(facts=due.facts.by((kind,)))
        contact = tried.facts.reach.contact
        if contact is None:
            continue
        claimed = await _claim_to(tried, contact, document)
        if isinstance(claimed, Claimed):
            return claimed
        held.append(claimed)
    reason = next(iter(held), NoWay.no_channel)
    if reason == EndReason.budget:
        document.ended += _ended(due, reason)
    else:
        _end_without_text(due, document, reason)
    return None


async def _claim_to(due: Due, contact: ContactFacts, document: ClaimWrite) -> Claimed | str:
    """Add the text to one contact to the write; or why none may go there."""
    lookups, facts = due.lookups, due.facts
    number = lookups.address(contact)
    outlet = lookups.outlet(facts, number)
    sender = outlet.sender
    if sender is None or outlet.why_not is not None:
        return outlet.why_not or NoWay.no_channel
    if contact.texts_today >= outlet.rule.per_day:
        # The country's own limit, where it is lower than the protocol's.
        return EndReason.budget
    message_id = new_id()
    if contact.kind == "email":
        composed, without = await compose_letter(due, message_id), NoWay.no_channel
    else:
        composed, without = (
            await _compose(due, sender, outlet.rule, message_id),
            NoWay.no_registration,
        )
    if composed is None or composed.too_long:
        return without if composed is None else "too_long"
    line = await lookups.line(facts, sender.id, number)
    way = _Way(line, sender, number)
    row = _add_message(due, document, way, message_id, composed)
    return Claimed(facts.study_id, message_id, facts, sender.id, _held(due, way, row, composed))


async def _compose(
    due: Due, sender: SenderFacts, rule: ChannelRule, message_id: UUID
) -> Composed | None:
    """What is to be said; None where only registered texts go, and there is none for it."""
    if rule.template_registered:
        return await compose_registered(due, sender.id)
    way = way_to(rule, due.facts)
    if has_only_to_send(due.visits):
        return await compose_unsent(due, rule, way)
    composed = await compose(due, message_id, way)
    if composed.too_long and way == "text" and rule.links:
        # A link to the same questions is short.
        composed = await compose(due, message_id, "link")
    return composed


def _end_without_text(due: Due, document: ClaimWrite, reason: str) -> None:
    """No permitted way to write, or too much to say: the nudge ends, and a coordinator calls."""
    document.ended += _ended(due, reason)
    document.calls += [
        CallRow(
            id=new_id(),
            visit_id=visit.id,
            reason=reason,
            closes_at=wanted.closes_at,
            actor=WORKER,
        )
        for visit in due.visits
        if (wanted := call_instead(due.facts, due.protocol, visit, reason)) is not None
    ]


def _ended(due: Due, reason: str, message_id: UUID | None = None) -> list[EndedReminderRow]:
    return _ending(due.visits, dict.fromkeys(due.judgement.together, reason), message_id)


def ended_rows(
    facts: ParticipantFacts, reasons: Mapping[UUID, str], message_id: UUID | None = None
) -> list[EndedReminderRow]:
    """The rows that end these nudges of a participant, each for its reason."""
    return _ending(facts.visits, reasons, message_id) if reasons else []


def _ending(
    visits: Iterable[VisitFacts], reasons: Mapping[UUID, str], message_id: UUID | None
) -> list[EndedReminderRow]:
    return [
        EndedReminderRow(
            id=reminder.id,
            reason=reasons[reminder.id],
            message_id=message_id,
            visit_id=visit.id,
            schedule_revision=visit.schedule_revision,
            ordinal=reminder.ordinal,
        )
        for visit in visits
        for reminder in visit.nudged or ()
        if reminder.id in reasons
    ]


async def open_link(who: Who) -> str | None:
    """The address of what a participant may answer on a page now, or None. Raises BusyError.

    A first link is made here, as for a text that carries one.
    """
    connection, context = who.connection, who.context

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[str | None]:
        asked = open_questions(facts, protocol, "link")
        if not asked:
            return Plan(None)
        link, rows = await link_for(connection, context, facts, asked[0].visit.id)
        if not rows:
            return Plan(link)
        return Plan(link, writing(reminders.claim_reminders, ClaimWrite(invitations=rows)))

    return await turn(who, decide, lean=True)


def _add_message(
    due: Due, document: ClaimWrite, way: _Way, message_id: UUID, composed: Composed
) -> ReminderMessageRow:
    context, facts, judgement = due.context, due.facts, due.judgement
    line = way.line
    if facts.data_key is None:
        raise BusyError("The participant has no data key.")
    closes = [visit.closes_at for visit in due.visits if visit.closes_at]
    body = seal_body(
        context,
        message_id=message_id,
        data_key=facts.data_key.id,
        body=composed.body,
        counted=composed.counted,
    )
    parameters = seal_parameters(
        context,
        message_id=message_id,
        data_key=facts.data_key.id,
        parameters=composed.parameters,
    )
    document.lines += [line.row] if line.row else []
    document.invitations += composed.invitations
    row = ReminderMessageRow(
        id=message_id,
        line_id=line.id,
        kind="reminder",
        template=composed.template,
        language=facts.language,
        **body._asdict(),
        provider=way.sender.provider,
        dedupe_key=f"reminder:{judgement.together[0]}",
        actor=WORKER,
        lease_seconds=LEASE_SECONDS,
        expires_at=min(closes, default=None),
        registration_id=composed.registration_id,
        parameters_sealed=parameters,
    )
    document.messages.append(row)
    document.ended += _ended(due, "sent", message_id)
    if composed.dialogue is not None:
        dialogue = composed.dialogue.model_dump(mode="json")
        document.conversations.append(
            ConversationRow(id=new_id(), line_id=line.id, dialogue=dialogue)
        )
    return row


def _held(due: Due, way: _Way, row: ReminderMessageRow, composed: Composed) -> Held:
    """The text as it is handed over once its claim stands: nothing of it need be read again."""
    context, facts = due.context, due.facts
    lives_for = None if row.expires_at is None else row.expires_at - facts.now
    text = OutboundText(
        message_id=row.id,
        our_address=way.sender.address,
        their_address=way.address,
        body=composed.body,
        registered=composed.registered,
        status_callback=status_callback_url(context.public_url, row.provider, row.id),
        valid_for=until_quiet(facts.now, lives_for, facts.zone, due.protocol.messaging),
        stop_address=stop_address(context, row.id) if "@" in way.address else None,
    )
    ends_at = asyncio.get_running_loop().time() + LEASE_SECONDS
    return Held(facts.study_id, row.kind, row.provider, 1, text, ends_at)
