"""A text of which only the journal's line is left: it counts as sent; the next nudge follows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.delivery.states import MessageState
from pro_service.domain.study.facts import ParticipantFacts, ReminderFacts, VisitFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.reminders import plan_next
from pro_service.domain.study.times import zone
from pro_service.services.base.turns import Plan, Who, turn, writing
from pro_service.services.texting import (
    ended_rows,
    line_to,
    open_number,
    seal_body,
    usual_sender,
)
from pro_service.store.ids import made_at, new_id
from pro_service.store.journal import SentNudge
from pro_service.store.keeping import replay as store
from pro_service.store.keeping.replay import LostMessageWrite
from pro_service.store.writes import ReminderMessageRow, ReminderRow

ACTOR: Final = "restore"
WORDS: Final = "(words lost with the database)"
REPLY: Final = "reply:"
"""What the dedupe key of an answer begins with."""


class LostText(NamedTuple):
    """What the journal says of a text; `sent_at` is machine time."""

    message_id: UUID
    dedupe_key: str
    sent_at: datetime
    nudges: Sequence[SentNudge]


class _At(NamedTuple):
    line_id: UUID
    provider: str


class _Found(NamedTuple):
    visit: VisitFacts
    reminder: ReminderFacts


async def keep_lost_text(who: Who, text: LostText) -> str | None:
    """Store the text as sent, its words unknown, and its nudges as ended by it.

    Returns what a person must see to, None where all of it was found. Raises BusyError.
    """

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[str | None]:
        number = open_number(who.context, facts)
        sender = usual_sender(who.context, facts)
        if number is None or sender is None or facts.data_key is None:
            return Plan(
                "was sent a text, and has no number in the backup that it can have gone to."
            )
        line = await line_to(who.connection, who.context, facts.study_id, sender.id, number, ACTOR)
        found = [one for nudge in text.nudges for one in _find(facts, nudge)]
        document = LostMessageWrite(
            sent_at=text.sent_at,
            lines=[line.row] if line.row else [],
            messages=[_row(who, facts, text, _At(line.id, sender.provider), facts.data_key.id)],
            ended=ended_rows(
                facts, dict.fromkeys((one.reminder.id for one in found), "sent"), text.message_id
            ),
            planned=_planned(facts, protocol, found, text),
        )
        missing = len(text.nudges) - len(found)
        words = f"was reminded of {missing} visit(s) that the backup does not have so."
        return Plan(words if missing else None, writing(store.record_lost_message, document))

    return await turn(who, decide)


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
