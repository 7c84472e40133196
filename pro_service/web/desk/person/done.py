"""The one sentence that says what was done, on the participant's page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pro_service.domain.study.facts import EventKind, Status
from pro_service.domain.study.times import zone
from pro_service.services.desk.timeline import Timeline
from pro_service.web.desk.person.happenings import event_in_words
from pro_service.web.desk.person.registry import SHEETS
from pro_service.web.desk.words import Words


def done_in_words(words: Words, timeline: Timeline, query: Mapping[str, str]) -> str | None:
    """What the address says was done; an address says only what it could have been made with."""
    word = query.get("done", "")
    if all(one.word != word for one in SHEETS):
        return None
    said = _said(words, timeline, query)
    for ending in [f".{name}" for name in said] or [""]:
        if words.knows(f"done.{word}{ending}"):
            return words.text(f"done.{word}{ending}", **said)
    return words.text(f"done.{word}")


def _said(words: Words, timeline: Timeline, query: Mapping[str, str]) -> dict[str, str]:
    """The parts of the sentence, in words; what cannot be read is left out."""
    said: dict[str, str] = {}
    if (at := _instant(query.get("at", ""))) is not None:
        said["at"] = words.instant(at, zone(timeline.document.zone))
    kind, _, number = query.get("event", "").partition(":")
    if kind in EventKind.__members__ and number.isdecimal():
        most = timeline.protocol.events.get(EventKind(kind), 1)
        said["event"] = event_in_words(words, EventKind(kind), int(number), most)
    if (status := query.get("status", "")) in Status.__members__:
        said["status"] = words.word("status", status)
    for name in ("confirmed", "waiting", "somebody", "nobody"):
        if name in (query.get("said"), query.get("left")):
            said[name] = name
    return said


def _instant(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
