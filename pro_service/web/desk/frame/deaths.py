"""The sentence about a death that was reported and has no day yet, wherever somebody may ring."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from pro_service.web.desk.words import Words


def death_words(words: Words, reported_at: datetime | None, local: ZoneInfo) -> str | None:
    """That a death was reported, and when, on the clock of `local`; None where none was."""
    if reported_at is None:
        return None
    return words.text("death.reported", at=words.instant(reported_at, local))
