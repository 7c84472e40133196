"""Paper typed a second time, and what differs settled. Works without scripts."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from aiohttp import web

from pro_service.domain.instruments.model import Item
from pro_service.domain.instruments.numbers import Value
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.times import zone
from pro_service.services.desk import entering as service
from pro_service.services.desk.entering import (
    EntryForm,
    EntryRights,
    SecondLine,
    SecondRoom,
    SettledAs,
)
from pro_service.services.desk.seat import AlreadyDoneError, ReasonMissingError, Seat
from pro_service.web.desk.entering.forms import (
    GAPS,
    Typed,
    read_id,
    read_key,
    read_sign,
    read_typed,
    signs_of,
)
from pro_service.web.desk.entering.shown import form_values
from pro_service.web.desk.frame.done import done
from pro_service.web.desk.guard import hands_of
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.words import Words
from pro_service.web.policies import SCRIPTED_POLICY
from pro_service.web.requests import read_form

_KEY_BYTES: Final = 12
_SIGN_WORDS: Final = {"-": "none", "n": "not_applicable", "u": "unreadable"}
_SIGN_OF: Final = {gap: sign for sign, gap in GAPS.items()}


async def show_room(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/participants/{code}/second`: what to type a second time, what to settle."""
    room = await service.look_at_second(hands_of(request, seat), request.match_info["code"])
    return _room(request, seat, room)


async def show_form(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/participants/{code}/second/{id}`: the questions, without what was typed first."""
    hands, code = hands_of(request, seat), request.match_info["code"]
    found = await service.begin_second(hands, code, read_id(request.match_info["id"]))
    return _questions(request, seat, found)


async def keep(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/participants/{code}/second/{id}`: keep the second entry, all of it at once."""
    form = await read_form(request)
    hands, code = hands_of(request, seat), request.match_info["code"]
    sitting_id = read_id(request.match_info["id"])
    # Once it is kept there is no form any more, and a copy of it is told the same.
    key = read_key(form)
    try:
        found = await service.begin_second(hands, code, sitting_id)
    except AlreadyDoneError:
        same = await service.keep_second(hands, code, sitting_id, (), key=key)
        return _kept(seat, code, same=same)
    typed = read_typed(form, found.assessment.id, found.instrument, "paper")
    if typed.wrong:
        return _questions(request, seat, found, typed)
    try:
        same = await service.keep_second(hands, code, sitting_id, typed.given, key=key)
    except service.StillOpenError:
        return _questions(request, seat, found, typed)
    return _kept(seat, code, same=same)


async def settle(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/participants/{code}/second/{id}/settle`: what the paper says, for good."""
    form = await read_form(request)
    hands, code = hands_of(request, seat), request.match_info["code"]
    difference_id = read_id(request.match_info["id"])
    fields = {name: str(form.get(name, ""))[:2000] for name in ("value", "reason")}
    room = await service.look_at_second(hands, code)
    item = _item_of(room, difference_id)
    read = None if item is None else read_sign(item, fields["value"].strip(), "paper")
    if item is not None and read is None:
        return _room(request, seat, room, problem=(str(difference_id), "value"), fields=fields)
    value, gap = (None, "unreadable") if read is None else read
    try:
        settled = await service.settle_difference(
            hands, code, difference_id, SettledAs(value, gap, fields["reason"])
        )
    except ReasonMissingError:
        return _room(request, seat, room, problem=(str(difference_id), "reason"), fields=fields)
    key = "second_settled_late" if settled.alarmed else "second_settled"
    return done(seat, _page_of(code), key, code=code)


def _kept(seat: Seat, code: str, *, same: bool) -> web.Response:
    return done(seat, _page_of(code), "second_same" if same else "second_differs", code=code)


def _item_of(room: SecondRoom, difference_id: UUID) -> Item | None:
    """The item a difference is about; None where it is not seen from here."""
    return next((one.item for one in room.differences if one.seen.id == difference_id), None)


def _questions(
    request: web.Request, seat: Seat, found: EntryForm, typed: Typed | None = None
) -> web.Response:
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    response = desk.render(
        "entry_form.html",
        request,
        seat,
        status=HTTPStatus.OK if typed is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        key=secrets.token_hex(_KEY_BYTES),
        typist=seat.staff.login,
        address=_page_of(found.facts.code),
        second=request.match_info["id"],
        nothing=typed is not None and not typed.wrong,
        head=(),
        **form_values(words, found, typed),
    )
    response.headers["Content-Security-Policy"] = SCRIPTED_POLICY
    return response


def _room(
    request: web.Request,
    seat: Seat,
    room: SecondRoom,
    *,
    problem: tuple[str, str] | None = None,
    fields: Mapping[str, str] | None = None,
) -> web.Response:
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    site = zone(room.facts.site.zone)
    lines = [_line(words, room, one) for one in room.differences]
    return desk.render(
        "second.html",
        request,
        seat,
        status=HTTPStatus.OK if problem is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        frame=room.frame,
        code=room.facts.code,
        address=_page_of(room.facts.code),
        zone=room.facts.site.zone,
        now=words.instant(room.facts.now, site),
        to_type=[
            {
                "id": one.attempt_id,
                "what": words.text(
                    "entry.of",
                    asked=words.asked(one.instrument, one.target),
                    visit=words.visit(room.protocol, one.definition, one.occurrence),
                ),
                "typed": words.text(
                    "second.typed_by",
                    who=words.who(one.typed_by),
                    at=words.instant(one.since, site),
                ),
                "mine": one.typed_by == seat.actor,
            }
            for one in room.papers
            if one.kind == "to_type"
        ],
        waiting=[one for one in lines if one["settled"] is None],
        settled=[one for one in lines if one["settled"] is not None],
        may_settle=seat.may(Action.settle_entry, room.site_id),
        may_type=EntryRights(seat, room.frame.duties).enters(room.site_id, room.protocol),
        problem=problem,
        fields=fields or {},
    )


def _line(words: Words, room: SecondRoom, line: SecondLine) -> dict[str, Any]:
    one, site = line.seen, zone(room.facts.site.zone)
    return {
        "id": str(one.id),
        "item": words.item(line.assessment.instrument, one.item),
        "of": words.text(
            "entry.of",
            asked=words.asked(line.assessment.instrument, line.assessment.target),
            visit=words.visit(room.protocol, line.visit.definition, line.visit.occurrence),
        ),
        "read": [
            words.text("second.read", who=words.who(who), said=_read(words, value, gap))
            for who, value, gap in (
                (one.first_actor, one.first_value, one.first_gap),
                (one.second_actor, one.second_value, one.second_gap),
            )
        ]
        if one.readable
        else [],
        "signs": [words.text(f"entry.sign_{_SIGN_WORDS[sign]}") for sign in _signs(line)],
        "lowest": line.item.minimum,
        "highest": line.item.maximum,
        "settled": None
        if one.settled_at is None
        else words.text(
            "second.settled_by",
            who=words.who(one.settled_by),
            at=words.instant(one.settled_at, site),
        ),
        "says": words.text("second.says", said=_read(words, one.settled_value, one.settled_gap))
        if one.readable and one.settled_at is not None
        else None,
        "reason": None if one.settled_at is None else words.noted(line.reason),
    }


def _signs(line: SecondLine) -> tuple[str, ...]:
    return signs_of(line.item, "paper")


def _read(words: Words, value: Value | None, gap: str | None) -> str:
    """What somebody read, in words: a value, or why there is none."""
    if value is not None:
        return str(value)
    return words.text(f"entry.sign_{_SIGN_WORDS[_SIGN_OF[gap or 'unreadable']]}")


def _page_of(code: str) -> str:
    return f"/desk/participants/{quote(code, safe='')}/second"
