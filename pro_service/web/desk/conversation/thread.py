"""A conversation in words: both sides in order, and what became of each text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from pro_service.domain.conversation.staff_replies import KIND, begins, in_own_words
from pro_service.services.base.notes import noted_in
from pro_service.services.desk.texts import Conversation, Said
from pro_service.store.desk.texts import AnsweredQuestion, ThreadInbound, ThreadMessage
from pro_service.web.desk.words import Words


def thread_values(
    words: Words, conversation: Conversation, zone: ZoneInfo, *, codes: bool = False
) -> dict[str, Any]:
    """What `_conversation.html` shows; `codes`: whose each text is stands beside it."""
    staff = [one.ours for one in conversation.said if one.ours and one.ours.kind == KIND]
    own = sum(in_own_words(one.template) for one in staff)
    return {
        "entries": [_entry(words, one, zone, codes=codes) for one in conversation.said],
        "older": conversation.older,
        "counted": words.text("thread.staff_replies", count=len(staff), own=own) if staff else None,
    }


def _entry(words: Words, one: Said, zone: ZoneInfo, *, codes: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "at": words.instant(one.at, zone),
        "words": one.words,
        "restricted": one.restricted,
    }
    if one.ours is not None:
        return shown | _ours(words, one.ours, codes=codes)
    if one.theirs is not None:
        shown |= _theirs(words, one, one.theirs, zone, codes=codes)
    return shown


def _ours(words: Words, one: ThreadMessage, *, codes: bool) -> dict[str, Any]:
    fate = words.word("message", one.state)
    if one.state_reason:
        fate = words.text("entry.because", what=fate, reason=words.why(one.state_reason))
    by_staff = one.kind == KIND
    return {
        "side": "ours",
        "who": words.text(
            "thread.begun_by" if begins(one.template) else "thread.by", who=words.who(one.actor)
        )
        if by_staff
        else words.word("message_kind", one.kind),
        "code": one.code if codes else None,
        "became": [fate],
        "hidden": False,
        "urgent": False,
        "open": None,
        "id": one.id,
    }


def _theirs(
    words: Words, said: Said, one: ThreadInbound, zone: ZoneInfo, *, codes: bool
) -> dict[str, Any]:
    to_read = one.disposition == "needs_reading" and one.read_at is None
    return {
        "side": "theirs",
        "who": words.text("thread.they"),
        "code": (one.code or words.text("thread.nobodys")) if codes else None,
        "became": list(_became(words, said, one, zone)),
        "hidden": said.hidden,
        "urgent": one.urgent,
        "open": one.id if to_read else None,
        "id": one.id,
    }


def _became(words: Words, said: Said, one: ThreadInbound, zone: ZoneInfo) -> Iterator[str]:
    """What became of a text of theirs; of an answer which question it answered, never what."""
    for answered in said.answered:
        yield _answered(words, answered)
    if one.command is not None:
        yield words.text("thread.command", command=words.word("command", one.command))
    elif not said.answered and one.disposition != "needs_reading":
        yield words.word("disposition", one.disposition)
    if one.media_count:
        yield words.text("entry.media", count=one.media_count)
    if one.disposition != "needs_reading":
        return
    if one.read_at is None:
        yield words.text("thread.to_read")
    elif one.kind is None:
        at = words.instant(one.read_at, zone)
        yield words.text("entry.read", who=words.who(one.read_by), at=at)
    else:
        yield settled_in_words(words, one, said.note, zone)


def _answered(words: Words, one: AnsweredQuestion) -> str:
    asked = words.asked(one.instrument, one.target)
    what = words.text(
        "thread.answer", question=words.question(one.instrument, one.item), asked=asked
    )
    if one.taken_by is None:
        return what
    return words.text("thread.taken_by", what=what, who=words.who(one.taken_by))


def settled_in_words(words: Words, one: Any, note: str | None, zone: ZoneInfo) -> str:
    """What somebody did about a text, when, and what they said."""
    what = words.word("settled", one.kind)
    if one.kind == "nothing":
        reason = words.word("nothing", one.reason.partition(":")[0])
        what = words.text("thread.because", what=what, reason=reason)
    at = words.instant(one.settled_at, zone)
    done = words.text("thread.settled", what=what, who=words.who(one.settled_by), at=at)
    if noted_in(one.reason) is None:
        return done
    return words.text("thread.said", what=done, note=words.noted(note))
