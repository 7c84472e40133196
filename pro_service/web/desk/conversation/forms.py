"""What staff do with a text: reply, have them called, raise an alert, take the answer, or nothing.

Every form works without scripts. What is not taken comes back with what was typed, and the sentence
that says why; where somebody else was quicker, the page says who did what.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final, TypeAlias

from aiohttp import web

from pro_service.domain.conversation.staff_replies import ReplyWordsError
from pro_service.domain.study.follow_up.undoing import Undoable
from pro_service.domain.study.times import zone
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.seat import ReasonMissingError, Seat
from pro_service.services.desk.texts import (
    ReplyPreview,
    ReplyRefusedError,
    ReplyWish,
    TakeRefusedError,
    TextSettledError,
    WhichText,
    WhoseMissingError,
    ask_for_call,
    preview_reply,
    raise_alert,
    send_reply,
    set_aside,
    take_answer,
)
from pro_service.store.desk.clerk import Place
from pro_service.web.desk.conversation.page import text_id, text_response
from pro_service.web.desk.conversation.problems import reply_problem
from pro_service.web.desk.frame.done import Undo, done, done_before
from pro_service.web.desk.guard import hands_of, way_back
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.words import Words
from pro_service.web.requests import Form, read_form

Act: TypeAlias = Callable[[Hands, Form], Awaitable[Place | None]]
_REFUSED: Final = (
    ReasonMissingError,
    ReplyRefusedError,
    ReplyWordsError,
    TakeRefusedError,
    TextSettledError,
    WhoseMissingError,
)


async def call(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/texts/{id}/call`: somebody is to ring them about it."""

    async def act(hands: Hands, form: Form) -> Place:
        return await ask_for_call(hands, _which(request, form))

    return await _settle(request, seat, act, "text_call")


async def alert(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/texts/{id}/alert`: an urgent alert, with what was read in it."""

    async def act(hands: Hands, form: Form) -> Place:
        return await raise_alert(hands, _which(request, form))

    return await _settle(request, seat, act, "text_alert")


async def nothing(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/texts/{id}/nothing`: nothing is needed, for a reason."""

    async def act(hands: Hands, form: Form) -> Place | None:
        return await set_aside(hands, _which(request, form), str(form.get("reason", "")))

    return await _settle(request, seat, act, "text_nothing", Undoable.text_nothing)


async def take(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/texts/{id}/take`: it is the answer to the question that was open."""

    async def act(hands: Hands, _: Form) -> Place:
        return await take_answer(hands, text_id(request))

    return await _settle(request, seat, act, "text_taken")


async def reply(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/texts/{id}/reply`: send the reply that was looked at."""

    async def act(hands: Hands, form: Form) -> Place:
        return await send_reply(hands, _wish(request, form))

    return await _settle(request, seat, act, "text_reply")


async def look_at_reply(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/texts/{id}/reply/preview`: the words that would go out, and when."""
    form = await read_form(request)
    try:
        found = await preview_reply(hands_of(request, seat), _wish(request, form))
    except _REFUSED as error:
        return await _again(request, seat, form, error)
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    return desk.render("text_reply.html", request, seat, **_preview_values(words, found))


async def _settle(
    request: web.Request, seat: Seat, act: Act, said: str, slip: Undoable | None = None
) -> web.Response:
    form = await read_form(request)
    try:
        place = await act(hands_of(request, seat), form)
    except _REFUSED as error:
        return await _again(request, seat, form, error)
    if place is None:
        return done(seat, way_back(form), said)
    undo = None if slip is None else Undo(slip, text_id(request))
    return done(seat, way_back(form), said, code=place.code, undo=undo)


async def _again(request: web.Request, seat: Seat, form: Form, error: Exception) -> web.Response:
    """The text's page once more, with what was typed and why it was not taken.

    Whoever settled it themselves hears that, where the form leads back to.
    """
    if isinstance(error, TextSettledError):
        said = done_before(seat, way_back(form), error)
        if said is not None:
            return said
    words = request.app[DESK].words(language_of(request, seat))
    status = (
        HTTPStatus.CONFLICT
        if isinstance(error, TextSettledError | TakeRefusedError | ReplyRefusedError)
        else HTTPStatus.UNPROCESSABLE_ENTITY
    )
    typed = {name: str(value) for name, value in form.items() if name != "form"}
    problem = _problem(words, error)
    return await text_response(request, seat, typed, problem=problem, status=status)


def _problem(words: Words, error: Exception) -> str:
    """Why a form was not taken, and what mends it."""
    about_words = reply_problem(words, error)
    if about_words is not None:
        return about_words
    if isinstance(error, TakeRefusedError):
        return words.word("take_refused", error.why)
    if isinstance(error, TextSettledError):
        return words.text("text.settled_meanwhile")
    if isinstance(error, WhoseMissingError):
        return words.text("text.whose_missing")
    return words.text("text.reason_missing")


def _preview_values(words: Words, found: ReplyPreview) -> dict[str, Any]:
    facts, wish = found.facts, found.wish
    local = zone(facts.site.zone)
    waits = found.goes_at > facts.now
    return {
        "kind": found.kind,
        "id": wish.inbound_id,
        "code": facts.code,
        "body": found.body,
        "speaks": words.word("language", facts.language),
        "segments": found.segments,
        "goes": words.text("reply.waits", at=words.instant(found.goes_at, local))
        if waits
        else words.text("reply.goes_now"),
        "their_zone": facts.zone if facts.zone != facts.site.zone else None,
        "choice": wish.choice,
        "own_words": wish.own_words,
        "back": f"/desk/texts/{wish.inbound_id}",
    }


def _which(request: web.Request, form: Form) -> WhichText:
    return WhichText(text_id(request), str(form.get("whose", "")), str(form.get("note", "")))


def _wish(request: web.Request, form: Form) -> ReplyWish:
    return ReplyWish(
        text_id(request),
        str(form.get("whose", "")),
        str(form.get("reply", "")),
        str(form.get("words", "")),
    )
