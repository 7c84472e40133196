"""A participant's consent in words: what holds, what was said when, what is to be signed."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from pro_service.domain.study.consenting.parts import ConsentPart
from pro_service.domain.study.consenting.versions import Owed, owed_by
from pro_service.domain.study.facts import INJECTIONS
from pro_service.domain.study.statuses import STOPS_VISITS
from pro_service.domain.study.times import local_day, zone
from pro_service.services.desk.timeline import Timeline
from pro_service.store.desk.timeline import ConsentLine
from pro_service.web.desk.words import Words

GIVEN: Final = "given"
TAKEN: Final = "taken"


def consent_in_words(words: Words, one: ConsentLine) -> str:
    """One word on a consent: a version that was signed, or a part given or taken back."""
    if one.part is None or one.said_on is None:
        key = "entry.consent" if one.messages else "entry.consent_no_messages"
        return words.text(key, version=one.version, day=words.day(one.signed_on))
    said = GIVEN if getattr(one, one.part) else TAKEN
    return words.text(f"consent.{one.part}_{said}", day=words.day(one.said_on))


def consent_values(words: Words, timeline: Timeline) -> dict[str, Any] | None:
    """What the section on a participant's page shows; None where nothing was ever signed."""
    consents = timeline.document.consents
    if not consents:
        return None
    last = consents[-1]
    return {
        "version": words.text(
            "consent.version", version=last.version, day=words.day(last.signed_on)
        ),
        "parts": [
            {
                "name": words.word("consent_part", part),
                "given": bool(getattr(last, part.value)),
                "says": words.text("consent.yes" if getattr(last, part.value) else "consent.no"),
            }
            for part in ConsentPart
        ],
        "owed": _owed(words, timeline, last),
        "history": [
            {"what": consent_in_words(words, one), "who": words.who(one.actor)}
            for one in reversed(consents)
        ],
    }


def owed_in_words(words: Words, owed: Owed, today: date) -> str:
    """Which version is still to be signed, and by which day; whether that day is past."""
    if owed.due_on is None:
        return words.text("consent.owed", version=owed.version)
    key = "consent.overdue" if owed.due_on < today else "consent.owed_by"
    return words.text(key, version=owed.version, day=words.day(owed.due_on))


def _owed(words: Words, timeline: Timeline, last: ConsentLine) -> str | None:
    """What the protocol still asks them to sign; None: nothing, or nothing any more."""
    document, site = timeline.document, timeline.site
    if timeline.status in STOPS_VISITS:
        return None
    treated = any(one.kind in INJECTIONS and one.occurred_at is not None for one in document.events)
    today = local_day(document.now, zone(site.zone))
    versions = timeline.protocol.coming.consent_version
    owed = owed_by(versions, site.code, last.version, today, treated=treated)
    return None if owed is None else owed_in_words(words, owed, today)
