"""One text somebody must read: its words, the conversation around it, and what may be done."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from aiohttp import web

from pro_service.domain.study.times import zone
from pro_service.services.desk.seat import NotHereError, Seat
from pro_service.services.desk.texts import NOTHING_REASONS, Settling, TextPage, read_text
from pro_service.web.desk.conversation.thread import settled_in_words, thread_values
from pro_service.web.desk.guard import for_staff, hands_of
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.words import Words

_LONGEST_CODE: Final = 100
_TYPED: Final = ("whose", "reply", "words", "note", "reason")
"""Fields of the page's forms."""


@for_staff
async def show_text(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/texts/{id}`; `whose` names a participant, where several may have written it."""
    return await text_response(request, seat, request.query)


async def text_response(
    request: web.Request,
    seat: Seat,
    typed: Mapping[str, str],
    *,
    problem: str | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> web.Response:
    """The page of the text in the address; what was typed stays in its forms.

    `problem` is the sentence that says why a form was not taken. Raises NotHereError.
    """
    whose = str(typed.get("whose", "")).strip()[:_LONGEST_CODE]
    found = await read_text(hands_of(request, seat), text_id(request), whose)
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    values = _values(words, found, whose)
    return desk.render(
        "text.html",
        request,
        seat,
        status=status,
        frame=found.frame,
        problem=problem,
        typed={name: str(typed.get(name, "")) for name in _TYPED},
        back=f"/desk/texts/{found.seen.id}",
        **values,
    )


def text_id(request: web.Request) -> UUID:
    """The text an address names. Raises NotHereError."""
    try:
        return UUID(request.match_info["id"])
    except ValueError:
        raise NotHereError from None


def _values(words: Words, found: TextPage, whose: str) -> dict[str, Any]:
    seen, site = found.seen, found.site
    local = zone("UTC" if site is None else site.zone)
    people = [one.code for one in found.people]
    waits = seen.read_at is None
    return {
        "id": seen.id,
        "site": site,
        "codes": people,
        "words": found.words,
        "hidden": found.hidden,
        "media": seen.media_count,
        "urgent": seen.urgent and waits,
        "at": words.instant(seen.received_at, local),
        "raised": [words.word("rule", one) for one in seen.raised],
        "settled": _settled(words, found, local) if not waits else None,
        "place": found.place,
        "must_choose": waits and found.place is not None and found.settling is None,
        "wrong_whose": bool(whose) and found.settling is None and waits,
        "settling": None if found.settling is None else _settling(words, found.settling),
        "nothing": [(one, words.word("nothing", one)) for one in NOTHING_REASONS],
        "nobodys": len(people) != 1,
        "thread": thread_values(words, found.conversation, local, codes=len(people) != 1),
    }


def _settled(words: Words, found: TextPage, local: Any) -> str:
    seen = found.seen
    if seen.kind is not None:
        return settled_in_words(words, seen, found.note, local)
    at = words.instant(seen.read_at or seen.received_at, local)
    return words.text("entry.read", who=words.who(seen.read_by), at=at)


def _settling(words: Words, settling: Settling) -> dict[str, Any]:
    refused, taken = settling.reply_refused, settling.take_refused
    asked = settling.asked
    return {
        "code": settling.code,
        "speaks": words.word("language", settling.language),
        "replies": [(one.template, one.words) for one in settling.replies],
        "own_words": settling.own_words,
        "may_reply": bool(settling.replies) or settling.own_words,
        "reply_refused": None if refused is None else words.word("reply_refused", refused),
        "reply_waits": settling.reply_waits,
        "asked": None
        if asked is None
        else words.text(
            "thread.answer",
            question=words.question(asked.instrument, asked.item),
            asked=words.asked(asked.instrument, asked.target),
        ),
        "take_refused": None if taken is None else words.word("take_refused", taken),
    }
