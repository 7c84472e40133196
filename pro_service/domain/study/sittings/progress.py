"""How far an assessment has come, without what was answered."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class Progress(NamedTuple):
    """How far one assessment has come, without what was answered."""

    submitted_at: datetime | None = None
    declined_at: datetime | None = None
    begun: bool = False
    """A sitting was begun."""
    answered: bool = False
    """An item has a value; gaps alone (skipped, refused ...) are no answer."""
    settled: bool = False
    """All that was asked is answered or left open on purpose: there is only sending left."""

    @property
    def owed(self) -> bool:
        """Whether the participant still owes this: neither submitted nor declined."""
        return self.submitted_at is None and self.declined_at is None
