"""A reminder as a letter: a title that tells nothing, a link, and how to get no more of them.

Nothing is asked in it and nothing answered to it: whatever is owed on pages is answered there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from pro_service.domain.conversation.dialogue import TextPart
from pro_service.domain.delivery.segments import Segments
from pro_service.domain.study.assessments import has_only_to_send
from pro_service.services.answering import open_questions, text_context
from pro_service.services.base.context import ServiceContext
from pro_service.services.texting.channels.outbound import letter_page, stop_address
from pro_service.services.texting.reminder_texts import Composed, Due, link_to, whose

TITLE: Final = TextPart(key="letter.title")
"""The first line of a letter is its title."""


def counted(body: str) -> Segments:
    """How a letter is counted: it has no segments, and stands as one message."""
    return Segments(encoding="UCS-2", characters=len(body), segments=1)


async def compose_letter(due: Due, message_id: UUID) -> Composed | None:
    """The letter about what is due; None where none of it can be answered on a page."""
    context, lookups, facts, protocol, judgement, visits = due
    owed = [
        one for one in open_questions(facts, protocol, "link") if one.visit.id in judgement.visits
    ]
    if not owed:
        return None
    link, rows = link_to(context, facts, owed[0].visit.id, await lookups.links(facts))
    template = "reminder.unsent_link" if has_only_to_send(visits) else "reminder.link"
    parts = (TITLE, *whose(facts), TextPart(key=template), *closing(context, message_id))
    body = context.texts.render(
        parts, facts.language, text_context(context, protocol, facts, link=link)
    )
    return Composed(template, body, counted(body), None, rows)


def closing(context: ServiceContext, message_id: UUID) -> Sequence[TextPart]:
    """What every letter ends with: whom to ring, what we never ask for, how to get no more."""
    return (
        TextPart(key="letter.not_read"),
        TextPart(key="first.never"),
        TextPart(key="letter.stop", parameters={"stop": stop_address(context, message_id)}),
    )


def proof_parts(context: ServiceContext, site: str, message_id: UUID) -> Sequence[TextPart]:
    """The letter that proves an address: who writes, and the page on which to say so."""
    page = letter_page(context, message_id)
    return (
        TITLE,
        TextPart(key="letter.hello", parameters={"site": site}),
        TextPart(key="letter.prove", parameters={"page": page}),
        *closing(context, message_id),
    )
