"""What beginning or ending a pause writes: the same rows, whoever asks for it."""

from __future__ import annotations

from collections.abc import Iterable

from pro_service.domain.study.pausing import PausePlan, WaitingNudge
from pro_service.store.ids import new_id
from pro_service.store.pages.preferences import ChoiceWrite
from pro_service.store.writes import MovedReminderRow, StatusRow


def pause_write(plan: PausePlan, web_key: str, *, actor: str, reason: str) -> ChoiceWrite:
    """The write of a pause, or of its end, under the idempotency key of its form."""
    return ChoiceWrite(
        web_key=web_key,
        statuses=[
            StatusRow(
                id=new_id(),
                status=one.status,
                effective_at=one.effective_at,
                actor=actor,
                reason=reason,
            )
            for one in plan.statuses
        ],
        moved=moved_rows(plan.nudges),
    )


def moved_rows(nudges: Iterable[WaitingNudge]) -> list[MovedReminderRow]:
    """The nudges that change their hour; the rest stay as they are."""
    return [
        MovedReminderRow(id=one.reminder_id, due_at=one.new_due_at)
        for one in nudges
        if one.new_due_at is not None and one.new_due_at != one.due_at
    ]
