"""What enrolling somebody would lead to: their visits, when each first text goes, and its words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from pro_service.domain.conversation.dialogue import TextPart
from pro_service.domain.study.times import zone
from pro_service.services.answering import text_context
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.phones import short_of
from pro_service.services.desk.person.enrolling import LookedAt
from pro_service.services.visits.enrolment import PlannedEnrolment
from pro_service.web.desk.person.naming import shared_in_words
from pro_service.web.desk.words import Words

_ADDRESS: Final = "/q/…"


def preview_of_one(words: Words, context: ServiceContext, found: LookedAt) -> dict[str, Any]:
    """Somebody who is typed in: every visit, and the first text as it will come."""
    planned = found.planned[0]
    return _summary(words, planned) | {
        "visits": _visits(words, planned),
        "text": _first_text(context, planned),
        "shared": _shared(words, found),
    }


def preview_of_file(words: Words, found: LookedAt) -> dict[str, Any]:
    """A row for each of a file."""
    return {
        "rows": [_summary(words, one) for one in found.planned],
        "shared": _shared(words, found),
    }


def _summary(words: Words, planned: PlannedEnrolment) -> dict[str, Any]:
    row = planned.row
    due = [one.due_at for one in planned.write.schedule.reminders]
    injection = row.planned_injection_on
    return {
        "code": row.code,
        "site": row.site,
        "number": short_of(row.phone),
        "speaks": words.word("language", row.language),
        "channel": words.word("channel", row.channel),
        "zone": row.zone,
        "knees": ", ".join(words.word("target", one) for one in row.treated_knees),
        "injection": words.text("enrol.no_injection")
        if injection is None
        else words.day(injection),
        "count": len(planned.write.schedule.visits),
        "first": _when(words, planned, min(due, default=None)),
    }


def _visits(words: Words, planned: PlannedEnrolment) -> list[dict[str, str]]:
    schedule, local = planned.write.schedule, zone(planned.row.zone)
    due = {one.visit_id: one.due_at for one in schedule.reminders}
    return [
        {
            "label": words.visit(planned.protocol, one.definition, one.occurrence),
            "window": words.text(
                "visit.window",
                opens=words.instant(one.opens_at, local),
                closes=words.until(one.closes_at, local),
            ),
            "target": words.text("moved.provisional", day=words.day(one.target_on))
            if one.provisional
            else words.day(one.target_on),
            "text": _when(words, planned, due.get(one.id)),
        }
        for one in schedule.visits
    ]


def _when(words: Words, planned: PlannedEnrolment, due_at: datetime | None) -> str:
    """When a text goes, or why none does."""
    if due_at is None:
        return words.text("enrol.no_text")
    if not planned.row.messaging_consent:
        return words.word("end", "no_consent")
    return words.instant(due_at, zone(planned.row.zone))


def _first_text(context: ServiceContext, planned: PlannedEnrolment) -> str | None:
    """How the first text begins, in the participant's own language; None where none goes."""
    if not planned.row.messaging_consent:
        return None
    key = "reminder.link" if planned.row.channel == "link" else "reminder.text"
    parts = [TextPart(key=one) for one in (key, "reminder.unwell", "reminder.stop")]
    link = f"{context.public_url}{_ADDRESS}"
    words = text_context(context, planned.protocol, planned.facts, link=link)
    return context.texts.render(parts, planned.row.language, words)


def _shared(words: Words, found: LookedAt) -> Sequence[str]:
    """Numbers that others use as well: right for a couple, else a slip."""
    return [shared_in_words(words, one.code, one.others) for one in found.checked.shared]
