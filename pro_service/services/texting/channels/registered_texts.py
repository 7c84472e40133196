"""The words of a reminder where only registered texts go: one template, filled."""

from __future__ import annotations

import json
from collections.abc import Sequence
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
from pro_service.services.base.actors import WORKER
from pro_service.services.texting.reminder_texts import Composed, Due
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
    )


def _of(known: Sequence[Registration], key: str, language: str) -> Registration | None:
    return next((one for one in known if (one.key, one.language) == (key, language)), None)
