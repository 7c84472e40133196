"""A text of staff as it goes out: whose it is, what they say, and when somebody reads again (R7).

It is a message like any other: stored as queued, in the write that settles the text it answers if
there is one, claimed from there in the participant's turn, and never sent twice.
"""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from pro_service.domain.conversation.dialogue import TextPart
from pro_service.domain.conversation.staff_replies import KIND, REPLY_LASTS, ending
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.services.answering import text_context
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.notes import KeyGoneError
from pro_service.services.texting.composing import seal_body
from pro_service.store.ids import new_id
from pro_service.store.writes import ReplyMessageRow


class StaffReply(NamedTuple):
    """A text of staff, as it goes out on a line."""

    about: UUID
    """The text it answers; of one that begins a conversation an id of its own."""
    line_id: UUID
    provider: str
    """The one the line's sender belongs to."""
    template: str
    body: str
    actor: str


def staff_reply_body(
    context: ServiceContext,
    protocol: Protocol,
    facts: ParticipantFacts,
    words: str,
    *,
    headed: bool,
) -> str:
    """The words that go out, in the participant's language.

    `headed`: the telephone is shared or another person's, so it says first who is meant.
    """
    code = TextPart(key="reminder.for_code", parameters={"code": facts.start_of_code})
    parts = (
        *((code,) if headed else ()),
        TextPart(key="staff.says", parameters={"words": words}),
        ending(protocol.messaging),
    )
    return context.texts.render(parts, facts.language, text_context(context, protocol, facts))


def staff_reply_row(
    context: ServiceContext, facts: ParticipantFacts, reply: StaffReply
) -> ReplyMessageRow:
    """The reply as it is queued; a second one about the same is refused by its key.

    Raises KeyGoneError where the participant's key was destroyed.
    """
    if facts.data_key is None:
        raise KeyGoneError
    message_id = new_id()
    sealed = seal_body(context, message_id=message_id, data_key=facts.data_key.id, body=reply.body)
    return ReplyMessageRow(
        id=message_id,
        line_id=reply.line_id,
        participant_id=facts.id,
        kind=KIND,
        template=reply.template,
        language=facts.language,
        body_sealed=sealed.body_sealed,
        body_key=sealed.body_key,
        encoding=sealed.encoding,
        segments=sealed.segments,
        provider=reply.provider,
        dedupe_key=f"staff:{reply.about}",
        actor=reply.actor,
        state="queued",
        expires_at=facts.now + REPLY_LASTS,
    )
