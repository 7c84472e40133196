"""What Today says alike everywhere: the zone of its times, until when, what was tried already."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from pro_service.domain.study.times import local_day, zone
from pro_service.store.desk.desk import DeskSite
from pro_service.store.desk.today import Tried
from pro_service.web.desk.words import Words


def clock(words: Words, sites: Sequence[DeskSite], now: datetime) -> dict[str, str | None]:
    """The day and the time in the zone of the first site, and the zone where all share one.

    Without a site there is neither.
    """
    if not sites:
        return {"today": None, "clock": None, "one_zone": None}
    local, zones = zone(sites[0].zone), {site.zone for site in sites}
    return {
        "today": words.day(local_day(now, local)),
        "clock": words.instant(now, local),
        "one_zone": sites[0].zone if len(zones) == 1 else None,
    }


def where(sites: Sequence[DeskSite], site: DeskSite) -> str | None:
    """Which site, where there are several; with its zone, where theirs differ."""
    if len(sites) == 1:
        return None
    return site.code if len({one.zone for one in sites}) == 1 else f"{site.code} {site.zone}"


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
