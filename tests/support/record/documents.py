"""Write documents about one participant of a large study, whose ids `values` has by name."""

from __future__ import annotations

from typing import Any

from pro_service.store.answering.answers import AnswersWrite
from pro_service.store.texting.reminders import ClaimWrite
from pro_service.store.writes import EndedReminderRow, ReminderMessageRow
from tests.support.large import OTHERS, RESPONSES, row_id


def answers_document(values: Any) -> dict[str, Any]:
    """Twenty-four answers that complete an assessment and its visit in a sitting of their own."""
    sitting = {"id": row_id(OTHERS, 900_000), "assessment_id": values.assessment, "ordinal": 7}
    kept = {"mode": "text", "respondent": "self", "authentication": "known_number"}
    digests = {"release": "test", "instrument_sha256": "0", "wording_sha256": "0"}
    responses = [
        {
            "id": row_id(RESPONSES, 900_000 + n),
            "assessment_id": values.assessment,
            "attempt_id": sitting["id"],
            "item": f"item_{n}",
            "value": 3,
            "lowest": 0,
            "highest": 10,
            "actor": "test",
        }
        for n in range(24)
    ]
    return vars(AnswersWrite()) | {
        "attempts": [sitting | kept | digests | {"language": "en", "actor": "test"}],
        "responses": responses,
        "submitted": [values.assessment],
        "attempts_submitted": [sitting["id"]],
        "visits_done": [{"visit_id": values.visit, "reason": "answered"}],
    }


def claim_document(values: Any) -> ClaimWrite:
    """A nudge that becomes a text, and the next one planned."""
    message = ReminderMessageRow(
        id=row_id(OTHERS, 900_001),
        line_id=values.line,
        kind="reminder",
        template="reminder.text",
        language="en",
        body_sealed=b"\0",
        body_key="A256GCM:x",
        encoding="GSM-7",
        segments=1,
        provider="simulator",
        dedupe_key="reminder:test",
        actor="test",
        lease_seconds=30,
        expires_at=None,
    )
    ended = EndedReminderRow(
        id=values.reminder,
        reason="sent",
        message_id=message.id,
        visit_id=values.visit,
        schedule_revision=1,
        ordinal=1,
    )
    return ClaimWrite(messages=[message], ended=[ended])
