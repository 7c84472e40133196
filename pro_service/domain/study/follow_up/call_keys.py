"""What calls are asked for, and which were: what a participant's facts say of call tasks."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from pro_service.domain.record import Record

BAD_NUMBER = "bad_number"
"""Reason of the call task made when a provider says that nothing can reach the number."""
CONFIRM_NUMBER = "confirm_number"
"""Reason of the call task made when a participant's number was changed: it must be confirmed."""
FIND_NUMBER = "find_number"
"""Reason of the call task made when a number turned out to be somebody else's: find the right."""
ANOTHER_WAY = "another_way"
"""Reason of the call task made when a number wants no texts, or nobody is left to text (R25)."""
UNWELL = "unwell"
"""Reason of the call task made when a participant said that something is wrong."""
ASKED_BY_TEXT = "asked_by_text"
"""Reason of the call task that staff make of a text they read: what it says needs talking."""
CORRECTION_ASKED = "correction_asked"
"""Reason of the call task made when a participant asks on the own page for a correction (R13)."""
TEXT_HELD = "text_held"
"""Reason of the call task made when a provider refused a text and a person must look into it."""


class CallKey(NamedTuple):
    """What makes a call task one of its kind: the visit it hangs on (None: on none), and why."""

    visit_id: UUID | None
    reason: str


def read_call_key(said: object) -> object:
    """A key as the store says it: `<visit id>:<reason>`, `-` for no visit."""
    if not isinstance(said, str):
        return said
    visit_id, _, reason = said.partition(":")
    return CallKey(None if visit_id == "-" else UUID(visit_id), reason)


class ClosedCall(Record):
    """A call about a visit that staff closed: when (study time), and the word of its outcome."""

    visit_id: UUID
    closed_at: datetime
    outcome: str
