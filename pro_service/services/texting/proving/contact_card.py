"""The contact card (R23): from which number and in which words texts come, and whom to ring.

It holds nothing secret: our own address, the study's neutral name, the site's switchboard. Saved in
a telephone it shows who writes, and what does not come from this number is not ours.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from pro_service.domain.conversation.dialogue import TextPart
from pro_service.domain.conversation.practice import first_parts
from pro_service.domain.delivery.channels import AskingWay
from pro_service.domain.instruments.model import Language
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.services.answering import text_context
from pro_service.services.base.context import ServiceContext
from pro_service.services.texting.channels.reach import outlet_for, reached_by, usual_sender
from pro_service.services.texting.channels.registered_texts import registered_words
from pro_service.services.texting.composing import open_number
from pro_service.store.connection import Connection

_NUMBER: Final = re.compile(r"\+?\d{3,15}")
_ESCAPED: Final = re.compile(r"([\\;,])")
_REMINDERS: Final[dict[AskingWay, str]] = {
    "text": "reminder.text",
    "link": "reminder.link",
    "code": "reminder.card",
}


class ContactCard(NamedTuple):
    """What the card says, in the participant's language."""

    language: Language
    name: str
    """The study's neutral name, as its texts begin."""
    number: str
    """Our address texts come from, as a telephone shows it."""
    telephone: str
    """The site's switchboard."""
    words: tuple[str, ...]
    """The first text, and how a reminder begins, word for word; a link's own part is left out."""

    @property
    def may_be_saved(self) -> bool:
        """Whether the number is one that a telephone can keep."""
        return _NUMBER.fullmatch(self.number) is not None

    @property
    def vcard(self) -> str:
        """The card as telephones save it (vCard 3.0, RFC 2426)."""
        name = _ESCAPED.sub(r"\\\1", self.name)
        lines = (
            "BEGIN:VCARD",
            "VERSION:3.0",
            f"N:{name};;;;",
            f"FN:{name}",
            f"ORG:{name}",
            f"TEL;TYPE=CELL:{self.number}",
            f"TEL;TYPE=WORK:{self.telephone}",
            "END:VCARD",
        )
        return "".join(f"{line}\r\n" for line in lines)


async def contact_card(
    connection: Connection,
    context: ServiceContext,
    facts: ParticipantFacts,
    protocol: Protocol,
    *,
    site_name: str | None = None,
) -> ContactCard | None:
    """The card for a participant; None where no address of ours speaks for their site.

    With `site_name` the first text stands on it as well. Where only registered texts go, these are
    shown, under their signature.
    """
    number = open_number(context, facts)
    outlet = None if number is None else outlet_for(context, facts, number)
    sender = usual_sender(context, facts) if outlet is None else outlet.sender
    if sender is None:
        return None
    card = ContactCard(
        language=facts.language,
        name=protocol.study.sender[facts.language],
        number=sender.address,
        telephone=facts.site.telephone,
        words=(),
    )
    if outlet is not None and outlet.rule.template_registered:
        found = await registered_words(connection, facts, sender.id)
        return card if found is None else card._replace(name=found.signature, words=found.words)
    naming = text_context(context, protocol, facts, link=f"{context.public_url}/q/…")
    texts = [] if site_name is None else [first_parts(site_name)]
    reminder = _REMINDERS.get(reached_by(context, facts))
    if reminder is not None:
        texts.append((TextPart(key=reminder),))
    return card._replace(
        words=tuple(context.texts.render(one, facts.language, naming) for one in texts)
    )
