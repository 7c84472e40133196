"""A text of which only the journal's line is left: it counts as sent; the next nudge follows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.delivery.contacts import in_order
from pro_service.domain.delivery.senders import EMAIL
from pro_service.domain.delivery.states import MessageState
from pro_service.domain.study.facts import ParticipantFacts, ReminderFacts, VisitFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.reminders import plan_next
from pro_service.domain.study.times import zone
from pro_service.services.base.turns import Plan, Who, turn, writing
from pro_service.services.texting import (
    ended_rows,
    line_to,
    open_address,
    open_number,
    seal_body,
    usual_sender,
)
from pro_service.store.ids import made_at, new_id
from pro_service.store.journal import SentNudge
from pro_service.store.keeping import replay as store
from pro_service.store.keeping.replay import LostMessageWrite
from pro_service.store.writes import LineRow, ReminderMessageRow, ReminderRow

ACTOR: Final = "restore"
WORDS: Final = "(words lost with the database)"
REPLY: Final = "reply:"
"""What the dedupe key of an answer begins with."""


class Went(NamedTuple):
    """By whom a text went, and on which line, which the backup may lack."""

    provider: str
    line_id: UUID | None


class LostText(NamedTuple):
    """What the journal says of a text; `sent_at` is machine time."""

    message_id: UUID
    dedupe_key: str
    sent_at: datetime
    nudges: Sequence[SentNudge]
    went: Went | None = None
    """None: a line of an earlier release, which does not say."""


class _At(NamedTuple):
    line_id: UUID
    provider: str
    row: LineRow | None = None
    """The line, where the backup lacks it."""


class _Found(NamedTuple):
    visit: VisitFacts
    reminder: ReminderFacts


async def keep_lost_text(who: Who, text: LostText) -> str | None:
    """Store the text as sent, its words unknown, and its nudges as ended by it.

    Returns what a person must see to, None where all of it was found. Raises BusyError.
    """

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[str | None]:
        at = await _at(who, facts, text.went)
        if at is None or facts.data_key is None:
            return Plan(
                "was sent a text, and has no number or address in the backup that it can have gone"
                " to."
            )
        found = [one for nudge in text.nudges for one in _find(facts, nudge)]
        document = LostMessageWrite(
            sent_at=text.sent_at,
            lines=[at.row] if at.row else [],
            messages=[_row(who, facts, text, at, facts.data_key.id)],
            ended=ended_rows(
                facts, dict.fromkeys((one.reminder.id for one in found), "sent"), text.message_id
            ),
            planned=_planned(facts, protocol, found, text),
        )
        missing = len(text.nudges) - len(found)
        words = f"was reminded of {missing} visit(s) that the backup does not have so."
        return Plan(words if missing else None, writing(store.record_lost_message, document))

    return await turn(who, decide)


async def _at(who: Who, facts: ParticipantFacts, went: Went | None) -> _At | None:
    """Where a text went: the very line if the backup has it, else the usual one of its channel.

    A letter is never kept as a text, nor the other way round: of each is counted what it is.
    """
    connection, context = who.connection, who.context
    line_id = None if went is None else went.line_id
    if went is not None and line_id is not None:
        known = await store.is_line_known(connection, facts.study_id, line_id)
        if known:
            return _At(line_id, went.provider)
    if went is not None and context.channels.channel_of(went.provider) == EMAIL:
        contact = next((one for one in in_order(facts.contacts) if one.kind == "email"), None)
        address = None if contact is None else open_address(context, contact)
        senders = [one for one in facts.site.senders if one.provider == went.provider]
        sender = next(iter(senders), None)
    else:
        address, sender = open_number(context, facts), usual_sender(context, facts)
    if address is None or sender is None:
        return None
    line = await line_to(connection, context, facts.study_id, sender.id, address, ACTOR)
    return _At(line.id, sender.provider, line.row)


def _find(facts: ParticipantFacts, nudge: SentNudge) -> list[_Found]:
    """The open nudge the text was, if the visit still is as it was then.

    A nudge planned after the backup stands there as an earlier one of its visit, if at all.
    """
    return [
        _Found(visit, reminder)
        for visit in facts.visits
        if visit.id == nudge.visit_id and visit.schedule_revision == nudge.schedule_revision
        for reminder in visit.reminders
        if reminder.ended_at is None and reminder.ordinal <= nudge.ordinal
    ]


def _row(
    who: Who, facts: ParticipantFacts, text: LostText, at: _At, data_key: UUID
) -> ReminderMessageRow:
    body = seal_body(who.context, message_id=text.message_id, data_key=data_key, body=WORDS)
    return ReminderMessageRow(
        id=text.message_id,
        line_id=at.line_id,
        kind="reply" if text.dedupe_key.startswith(REPLY) else "reminder",
        template="lost",
        language=facts.language,
        **body._asdict(),
        provider=at.provider,
        dedupe_key=text.dedupe_key,
        actor=ACTOR,
        lease_seconds=0,
        expires_at=None,
        state=MessageState.unconfirmed,
    )


def _planned(
    facts: ParticipantFacts, protocol: Protocol, found: Sequence[_Found], text: LostText
) -> list[ReminderRow]:
    """The nudge after each that was sent, as the claim that sent it planned it."""
    ahead: timedelta = facts.now - made_at(new_id())
    sent_at = text.sent_at + ahead
    rows: list[ReminderRow] = []
    for visit, reminder in found:
        ended = reminder.model_copy(update={"ended_at": sent_at, "sent_at": sent_at})
        others = tuple(one for one in visit.reminders if one.id != reminder.id)
        after = visit.model_copy(update={"nudged": (*others, ended)})
        following = plan_next(after, protocol, zone(facts.zone), facts.nudge_at, facts.now)
        if following is not None:
            rows.append(
                ReminderRow(
                    id=new_id(),
                    visit_id=visit.id,
                    schedule_revision=visit.schedule_revision,
                    ordinal=following.ordinal,
                    due_at=following.due_at,
                    actor=ACTOR,
                )
            )
    return rows
