"""What participants were given: the holder's room, and unblinding in an emergency.

An arm stands on a page that answers a form and nowhere else: no address leads to it again.
"""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from pro_service.domain.study.permissions import Action
from pro_service.domain.study.times import zone
from pro_service.services.desk.actions import find_place
from pro_service.services.desk.seat import ReasonMissingError, Seat
from pro_service.services.desk.unblinding import show_allocations
from pro_service.services.desk.unblinding import unblind as unblind_one
from pro_service.web.desk.guard import hands_of
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.person.sheets import form_key, new_form_key, page_of
from pro_service.web.requests import read_form


async def show_form(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/participants/{code}/unblind`: what it does, and the form."""
    place = await find_place(hands_of(request, seat), request.match_info["code"], Action.unblind)
    return _form(request, seat, place.code)


async def unblind(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/participants/{code}/unblind`: the arm, on this page and no other."""
    form = await read_form(request)
    code = request.match_info["code"]
    try:
        shown = await unblind_one(
            hands_of(request, seat), code, str(form.get("reason", "")), key=form_key(form)
        )
    except ReasonMissingError:
        return _form(request, seat, code, lacking=True)
    words = request.app[DESK].words(language_of(request, seat))
    at = words.instant(shown.at, zone(shown.zone))
    page = page_of(shown.code)
    return request.app[DESK].render(
        "unblinded.html", request, seat, code=shown.code, page=page, arm=shown.arm, at=at
    )


async def show_room(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/allocation`: the button; the page alone shows nothing."""
    return request.app[DESK].render("allocation.html", request, seat, rows=None)


async def show_list(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/allocation`: who was given what, which is recorded first."""
    rows = await show_allocations(hands_of(request, seat))
    return request.app[DESK].render("allocation.html", request, seat, rows=rows)


def _form(request: web.Request, seat: Seat, code: str, *, lacking: bool = False) -> web.Response:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if lacking else HTTPStatus.OK
    return request.app[DESK].render(
        "unblind.html",
        request,
        seat,
        status=status,
        code=code,
        page=page_of(code),
        key=new_form_key(),
        lacking=lacking,
    )
