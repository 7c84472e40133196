"""What rows of Today say alike: until when, in whose zone, and what was tried already."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from pro_service.domain.study.times import zone
from pro_service.store.desk.desk import DeskSite
from pro_service.store.desk.today import Tried
from pro_service.web.desk.words import Words


def until(words: Words, closes_at: datetime | None, theirs: str, site: DeskSite) -> str:
    """Until when, in the participant's zone, where a window ends at midnight; named where it is
    not the site's."""
    said = words.until(closes_at, zone(theirs))
    if theirs == site.zone or closes_at is None:
        return said
    return words.text("until_theirs", until=said, zone=theirs)


def tried(words: Words, what: Tried | None, local: ZoneInfo) -> str | None:
    """What was tried at a visit: texts, calls, what came of the last; None where nothing was."""
    if what is None:
        return None
    parts = []
    if what.last_text_at is not None:
        at = words.instant(what.last_text_at, local)
        parts.append(words.text("tried.texts", count=what.texts, at=at))
    if what.last_call_at is not None:
        at = words.instant(what.last_call_at, local)
        outcome = words.word("outcome", what.last_outcome or "other")
        parts.append(words.text("tried.calls", count=what.calls, at=at, outcome=outcome))
    return " · ".join(parts)
