"""Signing in and out, and the choice of a language."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from aiohttp import web

from pro_service.domain.instruments.model import LANGUAGES
from pro_service.services.desk import sign_in as service
from pro_service.services.desk.seat import Seat
from pro_service.services.desk.sign_in import SignInRefusedError, SignInThrottledError
from pro_service.web.desk.guard import (
    SESSION_COOKIE,
    SIGN_IN,
    find_seat,
    for_anybody,
    for_staff,
    way_back,
)
from pro_service.web.desk.pages import DESK, LANGUAGE_COOKIE
from pro_service.web.keys import POOLS
from pro_service.web.refusals import UnreadableFormError
from pro_service.web.requests import client_address, read_form, see, set_cookie

LANGUAGE_KEPT_SECONDS: Final = 365 * 24 * 3600


@for_anybody
async def show_sign_in(request: web.Request) -> web.Response:
    """`GET /desk/sign-in`."""
    if await find_seat(request) is not None:
        return see("/desk")
    notice = "ended" if "ended" in request.query else "out" if "out" in request.query else None
    return request.app[DESK].render(
        "sign_in.html", request, None, notice=notice, problem=None, typed=""
    )


@for_anybody
async def post_sign_in(request: web.Request) -> web.Response:
    """`POST /desk/sign-in`: begins a session under a new id, or says one same thing."""
    form = await read_form(request)
    typed = str(form.get("login", ""))
    try:
        signed_in = await service.sign_in(
            request.app[POOLS].desk,
            request.app[DESK].passwords,
            login=typed,
            password=str(form.get("password", "")),
            address=client_address(request),
            replaces=request.cookies.get(SESSION_COOKIE),
        )
    except (SignInRefusedError, SignInThrottledError) as error:
        too_many = isinstance(error, SignInThrottledError)
        response = request.app[DESK].render(
            "sign_in.html",
            request,
            None,
            status=HTTPStatus.TOO_MANY_REQUESTS if too_many else HTTPStatus.UNPROCESSABLE_ENTITY,
            notice=None,
            problem="too_many" if too_many else "refused",
            typed=typed,
        )
        if too_many:
            response.headers["Retry-After"] = str(int(service.TRIES_WITHIN.total_seconds()))
        return response
    response = see("/desk")
    set_cookie(request, response, SESSION_COOKIE, signed_in.token, path="/desk")
    return response


@for_staff
async def post_sign_out(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/sign-out`: ends the session here and in the database."""
    await service.sign_out(request.app[POOLS].desk, seat.token)
    response = see(f"{SIGN_IN}?out=1")
    response.del_cookie(SESSION_COOKIE, path="/desk")
    return response


@for_anybody
async def choose_language(request: web.Request) -> web.Response:
    """`POST /desk/language`: show the desk in another language on this device."""
    form = await read_form(request)
    chosen = next((one for one in LANGUAGES if one == form.get("language")), None)
    if chosen is None:
        raise UnreadableFormError
    back = str(form.get("back", ""))
    response = see(SIGN_IN if back.startswith(SIGN_IN) else way_back(form))
    set_cookie(
        request, response, LANGUAGE_COOKIE, chosen, path="/desk", max_age=LANGUAGE_KEPT_SECONDS
    )
    return response
