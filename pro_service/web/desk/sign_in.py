"""Signing in and out, and the choice of a language."""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from uuid import UUID

from aiohttp import web

from pro_service.domain.errors import ProServiceError
from pro_service.services.desk import sign_in as service
from pro_service.services.desk.seat import Session
from pro_service.services.desk.sign_in import (
    SignInRefusedError,
    SignInStoppedError,
    SignInThrottledError,
)
from pro_service.web.cookies import cookie_in, drop_cookie, set_cookie
from pro_service.web.desk.account.proving import whence
from pro_service.web.desk.guard import (
    SESSION_COOKIE,
    SIGN_IN,
    STUDIES,
    find_own_session,
    for_anybody_in,
    way_back,
)
from pro_service.web.desk.pages import DESK, LANGUAGE
from pro_service.web.errors import status_of
from pro_service.web.keys import POOLS
from pro_service.web.refusals import UnreadableFormError
from pro_service.web.requests import (
    STAFF_COOKIE,
    Form,
    read_form,
    see,
    switch_language,
    try_again_after,
)


async def show_sign_in(request: web.Request) -> web.Response:
    """`GET /desk/sign-in`."""
    if await find_own_session(request) is not None:
        return see("/desk")
    notice = next((one for one in ("ended", "out", "set") if one in request.query), None)
    if request.query.get("ended") in ("stopped", "unsent"):
        notice = request.query["ended"]
    return request.app[DESK].render(
        "sign_in.html",
        request,
        None,
        notice=notice,
        problem=None,
        typed="",
    )


async def post_sign_in(request: web.Request) -> web.Response:
    """`POST /desk/sign-in`: begins a session under a new id, or says one same thing."""
    form = await read_form(request)
    typed = form.get("login", "")
    try:
        token = await service.sign_in(
            request.app[POOLS].desk,
            request.app[DESK].passwords,
            login=typed,
            password=form.get("password", ""),
            place=whence(request),
            replaces=cookie_in(request, SESSION_COOKIE),
        )
    except SignInRefusedError as error:
        return _refused(request, typed, error, "refused")
    except SignInStoppedError as error:
        return _refused(request, typed, error, "stopped")
    except SignInThrottledError as error:
        minutes = max(1, ceil(error.again / timedelta(minutes=1)))
        response = _refused(request, typed, error, "too_many", minutes=minutes)
        return try_again_after(response, error.again)
    response = see("/desk")
    keep_session(request, response, token)
    return response


@for_anybody_in
async def show_studies(request: web.Request, session: Session) -> web.Response:
    """`GET /desk/studies`: the studies they may work in, to choose one; or that there is none."""
    studies = await service.list_studies(request.app[POOLS].desk, session)
    return request.app[DESK].render(
        "studies.html", request, session, studies=studies, lost=session.lost_study
    )


@for_anybody_in
async def post_study(request: web.Request, session: Session) -> web.Response:
    """`POST /desk/studies`: go on in a study, under a new id; another's chooses nothing."""
    try:
        wanted = UUID((await read_form(request)).get("study", ""))
    except ValueError:
        raise UnreadableFormError from None
    token = await service.choose_study(request.app[POOLS].desk, session, wanted)
    if token is None:
        return see(STUDIES)
    response = see("/desk")
    keep_session(request, response, token)
    return response


@for_anybody_in
async def post_sign_out(request: web.Request, session: Session) -> web.Response:
    """`POST /desk/sign-out`: ends the session here and in the database."""
    await service.sign_out(request.app[POOLS].desk, session.token)
    response = see(f"{SIGN_IN}?out=1")
    drop_cookie(request, response, SESSION_COOKIE, path="/desk")
    drop_cookie(request, response, STAFF_COOKIE, path="/")
    return response


async def choose_language(request: web.Request) -> web.Response:
    """`POST /desk/language`: show the desk in another language on this device."""
    return await switch_language(request, LANGUAGE, _back_from_language)


def _back_from_language(form: Form) -> str:
    return SIGN_IN if form.get("back", "").startswith(SIGN_IN) else way_back(form)


def keep_session(request: web.Request, response: web.Response, token: str) -> None:
    """Keep a session in this browser, and its mark for the pages of participants."""
    set_cookie(request, response, SESSION_COOKIE, token, path="/desk")
    set_cookie(request, response, STAFF_COOKIE, service.mark_of(token), path="/")


def _refused(
    request: web.Request, typed: str, error: ProServiceError, problem: str, *, minutes: int = 0
) -> web.Response:
    return request.app[DESK].render(
        "sign_in.html",
        request,
        None,
        status=status_of(error),
        notice=None,
        problem=problem,
        minutes=minutes,
        typed=typed,
    )
