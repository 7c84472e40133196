"""Answers told by telephone or on paper: what is asked first, the questions, keeping, sending in.

Works without scripts; with them a number key answers and goes on (`entry.js`). GET changes nothing,
and nothing is stored before the first answer. What was typed and cannot be kept stays in the form.
"""

from __future__ import annotations

import hashlib
import secrets
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from aiohttp import web

from pro_service.domain.study.entering import EntryRefusal, EntryRefusedError
from pro_service.domain.study.times import zone
from pro_service.services.desk import entering as service
from pro_service.services.desk.entering import EntryForm, EntryHead, EntryRoom, EntryWordsError
from pro_service.services.desk.seat import Seat
from pro_service.web.desk.entering.addresses import asked_for, entry_of
from pro_service.web.desk.entering.forms import (
    HEAD,
    HeadProblemError,
    Typed,
    head_fields,
    read_head,
    read_id,
    read_key,
    read_typed,
)
from pro_service.web.desk.entering.shown import form_values, room_values
from pro_service.web.desk.frame.done import done
from pro_service.web.desk.guard import hands_of
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.signing.shown import locked_in_words
from pro_service.web.policies import SCRIPTED_POLICY
from pro_service.web.requests import read_form, see

_KEY_BYTES: Final = 12
_CARRIED: Final = ("mode", "respondent", "language", "told_on", "told_time", "assessment")
"""What of a head an address may name, so that the next questionnaire need not be told again."""


async def show_room(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/participants/{code}/entry`: what may be entered, and what is asked first."""
    room = await service.look_at_room(hands_of(request, seat), request.match_info["code"])
    given = {name: request.query.get(name, "") for name in _CARRIED}
    if not given["assessment"]:
        given["assessment"] = asked_for(room.offered, request.query)
    return _room(request, seat, room, head_fields(given))


async def begin(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/participants/{code}/entry/questions`: the form; nothing is stored yet."""
    form = await read_form(request)
    hands, code = hands_of(request, seat), request.match_info["code"]
    room = await service.look_at_room(hands, code)
    fields = head_fields(form) | {"told_at": ""}
    try:
        head = read_head(fields, zone(room.facts.site.zone), room.facts.now)
        found = await service.begin_entry(hands, code, head)
    except (HeadProblemError, EntryRefusedError, EntryWordsError) as error:
        return _room(request, seat, room, fields, problem=_problem(error))
    return _questions(request, seat, found, fields | {"told_at": head.told.at.isoformat()})


async def show_sitting(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/participants/{code}/entry/{id}`: an entry that was begun, without any value."""
    sitting_id = read_id(request.match_info["id"])
    hands, code = hands_of(request, seat), request.match_info["code"]
    found = await service.show_entry(hands, code, sitting_id)
    return _questions(request, seat, found, {})


async def keep(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/participants/{code}/entry/keep`: keep what was typed, and go on or stop."""
    form = await read_form(request)
    hands, code = hands_of(request, seat), request.match_info["code"]
    stop = form.get("then") == "stop"
    fields = head_fields(form)
    into: EntryHead | UUID
    if form.get("sitting"):
        into = read_id(str(form["sitting"]))
        found = await service.show_entry(hands, code, into)
    else:
        room = await service.look_at_room(hands, code)
        try:
            into = read_head(fields, zone(room.facts.site.zone), room.facts.now)
            found = await service.begin_entry(hands, code, into)
        except (HeadProblemError, EntryRefusedError, EntryWordsError) as error:
            return _room(request, seat, room, fields, problem=_problem(error))
    typed = read_typed(form, found.assessment.id, found.instrument, found.told.mode)
    if typed.wrong or not (typed.given or stop):
        return _questions(request, seat, found, fields, typed=typed)
    if typed.given:
        # A form that was sent once and comes again with other answers is no copy.
        said = hashlib.sha256(repr(sorted(typed.said.items())).encode()).hexdigest()
        key = f"keep:{read_key(form)}:{said}"
        kept = await service.keep_answers(hands, code, into, typed.given, key=key)
        if not stop or kept.alarmed:
            return done(seat, f"{_page_of(code)}/{kept.sitting_id}", "entry_kept", code=code)
    elif not found.kept:
        return see(_page_of(code))
    return done(seat, _page_of(code), "entry_kept", code=code)


async def send(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/participants/{code}/entry/{id}/send`: they have answered all they will."""
    form = await read_form(request)
    hands, code = hands_of(request, seat), request.match_info["code"]
    sitting_id = read_id(request.match_info["id"])
    left = frozenset(str(one) for one in form.getall("left", []))
    key = f"send:{read_key(form)}"
    try:
        row, visit_id = await service.send_entry(hands, code, sitting_id, left_open=left, key=key)
    except service.StillOpenError:
        # Answered on another page meanwhile, or a page of long ago: as it stands now.
        return see(f"{_page_of(code)}/{sitting_id}")
    respondent = row.respondent
    if row.respondent_relation is not None:
        respondent = f"{respondent}.{row.respondent_relation}"
    # What else the visit asks comes next, told as this was.
    carried = {"mode": row.mode, "respondent": respondent, "language": row.language}
    carried["visit"] = str(visit_id)
    return done(seat, f"{_page_of(code)}?{urlencode(carried)}", "entry_sent", code=code)


def _room(
    request: web.Request,
    seat: Seat,
    room: EntryRoom,
    fields: dict[str, str],
    *,
    problem: str | None = None,
) -> web.Response:
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    return desk.render(
        "entry_room.html",
        request,
        seat,
        status=HTTPStatus.OK if problem is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        problem=problem,
        locked=locked_in_words(words, room.protocol, room.locked, zone(room.facts.site.zone)),
        address=_page_of(room.facts.code),
        **room_values(words, room, fields),
    )


def _questions(
    request: web.Request,
    seat: Seat,
    found: EntryForm,
    fields: dict[str, str],
    *,
    typed: Typed | None = None,
) -> web.Response:
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    values: dict[str, Any] = form_values(words, found, typed)
    response = desk.render(
        "entry_form.html",
        request,
        seat,
        status=HTTPStatus.OK if typed is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        nothing=typed is not None and not typed.wrong,
        second=None,
        head=[(name, fields[name]) for name in HEAD if fields.get(name)],
        key=secrets.token_hex(_KEY_BYTES),
        typist=seat.staff.login,
        address=_page_of(found.facts.code),
        **values,
    )
    response.headers["Content-Security-Policy"] = SCRIPTED_POLICY
    return response


def _problem(error: Exception) -> str:
    """The key of what is to be mended in the head."""
    if isinstance(error, HeadProblemError):
        return f"field_{error.field}"
    if isinstance(error, EntryRefusedError):
        return f"refused_{EntryRefusal(error.why)}"
    return "words"


def _page_of(code: str) -> str:
    return entry_of(code)
