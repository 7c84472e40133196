"""Handing over a tablet: for which visit, the code while it works, and taking it back.

Works without scripts: the page with the code comes anew by itself once the code is old.
"""

from __future__ import annotations

from math import ceil
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from aiohttp import web

from pro_service.domain.study.times import zone
from pro_service.services.cards.picture import address_svg
from pro_service.services.desk import handing as service
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.handing import HandingRoom
from pro_service.services.desk.seat import NotHereError, Seat
from pro_service.store.pages.handover import HandoverLine
from pro_service.web.desk.frame.done import done
from pro_service.web.desk.guard import hands_of, uuid_of
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.words import Words
from pro_service.web.policies import CONTENT_SECURITY_POLICY
from pro_service.web.requests import read_form


async def show_room(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/participants/{code}/tablet`: what it may be handed over for, and the code."""
    hands = hands_of(request, seat)
    room = await service.look_at_handing(hands, request.match_info["code"])
    shown = service.code_shown(hands, room)
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    seconds = 0 if shown is None else ceil(shown.left.total_seconds())
    response = desk.render(
        "tablet.html",
        request,
        seat,
        frame=room.frame,
        code=room.facts.code,
        address=_page_of(room.facts.code),
        shown=shown,
        seconds=seconds,
        typed_at=hands.context.public_url.partition("//")[2] + "/t",
        **_values(words, hands, room),
    )
    # The picture is a file of its own.
    response.headers["Content-Security-Policy"] = f"{CONTENT_SECURITY_POLICY}; img-src 'self'"
    if shown is not None:
        response.headers["Refresh"] = str(seconds + 1)
    return response


async def get_picture(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/participants/{code}/tablet.svg`: the address with the code, while it works."""
    hands = hands_of(request, seat)
    room = await service.look_at_handing(hands, request.match_info["code"])
    shown = service.code_shown(hands, room)
    if shown is None:
        raise NotHereError
    return web.Response(body=address_svg(shown.link), content_type="image/svg+xml")


async def hand_over(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/participants/{code}/tablet`: a code that works once and for a minute."""
    form, code = await read_form(request), request.match_info["code"]
    visit_id = uuid_of(str(form.get("visit", "")))
    await service.hand_over(hands_of(request, seat), code, visit_id)
    return done(seat, _page_of(code), "tablet_ready", code=code)


async def take_back(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/participants/{code}/tablet/back`: it opens nothing any more."""
    form, code = await read_form(request), request.match_info["code"]
    handover_id = uuid_of(str(form.get("handover", "")))
    await service.take_back(hands_of(request, seat), code, handover_id)
    return done(seat, _page_of(code), "tablet_back", code=code)


def _values(words: Words, hands: Hands, room: HandingRoom) -> dict[str, Any]:
    facts, local = room.facts, zone(room.facts.site.zone)
    tablet = room.protocol.coming.tablet
    visits = {one.id: one for one in facts.visits}
    lines = []
    for one in room.lines:
        visit = visits.get(one.visit_id)
        named = (
            "" if visit is None else words.visit(room.protocol, visit.definition, visit.occurrence)
        )
        pin = service.pin_shown(hands, one)
        lines.append(_line(words, one, local) | {"visit": named, "pin": pin})
    return {
        "zone": facts.site.zone,
        "now": words.instant(facts.now, local),
        "idle_minutes": None if tablet is None else tablet.idle_minutes,
        "offered": [
            {
                "id": one.visit.id,
                "visit": words.visit(room.protocol, one.visit.definition, one.visit.occurrence),
                "asks": [words.asked(each.instrument, each.target) for each in one.assessments],
                "until": words.until(one.visit.closes_at, local),
            }
            for one in room.offered
        ],
        "lines": lines,
    }


def _line(words: Words, one: HandoverLine, local: ZoneInfo) -> dict[str, Any]:
    """A hand-over in words: by whom, on which tablet, what became of it."""
    if one.ended is not None and one.ended_at is not None:
        stands = words.word("tablet_end", one.ended)
        since = words.instant(one.ended_at, local)
    elif one.opened_at is not None:
        stands = words.word("tablet", "answering" if one.confirmed else "opened")
        since = words.instant(one.opened_at, local)
    else:
        stands = words.word("tablet", "unused" if one.valid_for is None else "waiting")
        since = None
    return {
        "id": one.id,
        "at": words.instant(one.recorded_at, local),
        "who": words.who(one.actor),
        "tablet": one.tablet,
        "stands": stands,
        "since": since,
        "open": one.ended is None,
    }


def _page_of(code: str) -> str:
    return f"/desk/participants/{quote(code, safe='')}/tablet"
