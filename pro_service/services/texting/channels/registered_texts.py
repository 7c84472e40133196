"""The words of a reminder where only registered texts go: one template, filled."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from pro_service.domain.delivery.registered import (
    TEMPLATE_OF,
    Base,
    Registration,
    fill,
    registered_key,
)
from pro_service.domain.delivery.segments import segments
from pro_service.domain.study.assessments import has_only_to_send
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.messaging.gateway import Registered
from pro_service.services.base.actors import WORKER
from pro_service.services.texting.reminder_texts import Composed, Due
from pro_service.store.connection import Connection
from pro_service.store.texting import registered


async def compose_registered(due: Due, sender_id: UUID) -> Composed | None:
    """The registered text for what is due; None: the sender has none for it, noted once."""
    facts, contact = due.facts, due.facts.contact
    base: Base = "unsent" if has_only_to_send(due.visits) else "card"
    key = registered_key(
        base,
        shared=contact is not None and contact.names_code,
        first=facts.last_reminder_text_at is None,
    )
    known = await due.lookups.registered(facts, sender_id)
    found = _of(known, key, facts.language)
    if found is None:
        gap = (facts.study_id, sender_id, key, facts.language, WORKER)
        await registered.record_gap(due.lookups.connection, *gap)
        return None
    body, parameters = fill(found, {"start": facts.start_of_code})
    return Composed(
        TEMPLATE_OF[base],
        body,
        segments(body),
        None,
        [],
        registration_id=found.id,
        parameters=json.dumps(parameters, ensure_ascii=False),
        registered=Registered(code=found.code, signature=found.signature, parameters=parameters),
    )


class RegisteredWords(NamedTuple):
    """The texts somebody will get, word for word, and the signature they come under."""

    signature: str
    words: tuple[str, ...]


async def registered_words(
    connection: Connection, facts: ParticipantFacts, sender_id: UUID
) -> RegisteredWords | None:
    """The first reminder and the later ones as they stand now; None: nothing is registered."""
    known = await registered.list_registered(connection, facts.study_id, sender_id)
    shared = facts.contact is not None and facts.contact.names_code
    keys = (registered_key("card", shared=shared, first=first) for first in (True, False))
    found = [one for key in keys if (one := _of(known, key, facts.language)) is not None]
    if not found:
        return None
    values = {"start": facts.start_of_code}
    return RegisteredWords(found[0].signature, tuple(fill(one, values).body for one in found))


def _of(known: Sequence[Registration], key: str, language: str) -> Registration | None:
    return next((one for one in known if (one.key, one.language) == (key, language)), None)
