"""Templates that a provider approved: drafted, loaded, and what still lacks one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from pro_service.catalog.registration_files import Draft
from pro_service.domain.delivery.registered import FIRST, FOR, KEYS, Template, blanks, shown
from pro_service.domain.instruments.model import LANGUAGES, Language
from pro_service.services.base.context import ServiceContext
from pro_service.services.study.senders import find_sender
from pro_service.store.connection import Connection
from pro_service.store.study import studies
from pro_service.store.texting import registered
from pro_service.store.texting.registered import GapRow


async def load_templates(
    connection: Connection,
    study_id: UUID,
    address: str,
    templates: Sequence[Template],
    *,
    actor: str,
) -> int:
    """Store checked templates of the sender of an address; how many were new.

    One that stands as it is stays; another takes the place of its key and language at once. Raises
    UnknownNameError.
    """
    sender = await find_sender(connection, study_id, address)
    stand = {
        one.template
        for one in await registered.list_templates(connection, study_id)
        if one.sender_id == sender.id
    }
    new = [one for one in templates if one not in stand]
    if new:
        await registered.insert_templates(connection, study_id, sender.id, new, actor)
    return len(new)


async def draft_templates(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    address: str,
    *,
    link: bool = False,
) -> list[Draft]:
    """What to hand in for a sender, one for each combination and language that can occur.

    Neutral, as whoever stands by may read it; `link` adds the card's address as fixed text, which
    carriers may block. Raises UnknownNameError.
    """
    sender = await find_sender(connection, study_id, address)
    study = next(one for one in await studies.list_studies(connection) if one.id == study_id)
    sites = await studies.list_sites(connection, study_id)
    drafting = _Drafting(
        context,
        sender.provider,
        sender.address if context.channels.signs(sender.provider) else study.sender,
        next((one.telephone for one in sites if one.code == sender.site), None),
        card_address(context) if link else None,
    )
    return [drafting.draft(key, language) for key in KEYS for language in LANGUAGES]


def card_address(context: ServiceContext) -> str:
    """The fixed address on every card: the only link that a template's words may hold."""
    return f"{context.public_url}/c"


class _Drafting(NamedTuple):
    """What all drafts for one sender have in common."""

    context: ServiceContext
    provider: str
    signature: str
    telephone: str | None
    """Of the only site the sender speaks for: fixed text, for a value may hold no number."""
    card: str | None

    def draft(self, key: str, language: Language) -> Draft:
        words = self._words(key, language)
        names = blanks(words)
        channels = self.context.channels
        written = {
            name: channels.blank(self.provider, name, number)
            for number, name in enumerate(names, start=1)
        }
        return Draft(
            key,
            language,
            self.signature,
            words,
            tuple(names),
            shown(self.signature, words, written),
            tuple(channels.refused_words(self.provider, words)),
        )

    def _words(self, key: str, language: Language) -> str:
        """Whose card, what to do, where, and in the first text how to stop."""
        base, *marks = key.split(".")
        stop = "registered.stop" if self.telephone is None else "registered.stop_telephone"
        parts = [
            *(["registered.for"] if FOR in marks else []),
            f"registered.{base}",
            *([] if self.card is None else ["registered.address"]),
            *([stop] if FIRST in marks else []),
        ]
        named = {"start": "{start}", "telephone": self.telephone, "address": self.card}
        between = "" if language == "zh_CN" else " "
        return between.join(self.context.texts.text(one, language, **named) for one in parts)


def said_of_gaps(gaps: Sequence[GapRow]) -> list[str]:
    """The one task of the operator: what was to be said and has no registration; nothing: none."""
    if not gaps:
        return []
    return [
        f"{len(gaps)} text(s) have no registration and are not sent:"
        " pro-service sender templates list says which."
    ]
