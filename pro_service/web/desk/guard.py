"""What holds for every request to the desk: a session, and forms made for it."""

from __future__ import annotations

import hmac
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from uuid import UUID

from aiohttp import hdrs, web

from pro_service.domain.study.permissions import Action
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.seat import AlreadyDoneError, NotHereError, Seat, Session
from pro_service.services.desk.sign_in import (
    find_half_session,
    find_session,
    form_secret,
    look_at_session,
    was_stopped,
)
from pro_service.web.cookies import cookie_in
from pro_service.web.desk.account.proving import demand_proof
from pro_service.web.desk.frame.done import done_before
from pro_service.web.desk.pages import SEAT
from pro_service.web.keys import CONTEXT, DOOR, POOLS
from pro_service.web.refusals import CrossSiteError
from pro_service.web.requests import Form, read_form, read_upload, see

SESSION_COOKIE: Final = "desk"
SIGN_IN: Final = "/desk/sign-in"
LEAVE: Final = "desk-leave"
"""The name of the form that signs out."""
STUDIES: Final = "/desk/studies"
SECOND_STEP: Final = "/desk/sign-in/second"
LOOKS: Final = "X-Desk-Looks"
"""The header of what a page fetches by itself: nobody need be there, so it prolongs nothing."""
_LARGE: Final = 4 * 1024 * 1024
WITH_FILES: Final[Mapping[str, int | None]] = {
    "desk-enrol-file": None,
    "desk-reads-look": _LARGE,
    "desk-reads-take": _LARGE,
    "desk-exams-look": _LARGE,
    "desk-exams-bring": _LARGE,
    "desk-measure-file": _LARGE,
    "desk-measure-rows": _LARGE,
}
"""Forms that bring a file along, or the rows of one, and how many bytes they may have (None: as
many as any); every other is sent without any."""
_OUR_ADDRESS: Final = re.compile(
    r"/desk(?:/(?!\.|(?i:%2e))[^/?#\s\\]+)*(?:\?[^#\s\\]*)?(?:#[\w-]*)?"
)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
SeatedHandler = Callable[[web.Request, Seat], Awaitable[web.StreamResponse]]
SessionHandler = Callable[[web.Request, Session], Awaitable[web.StreamResponse]]


def for_anybody_in(handler: SessionHandler, *, step_up: bool = False) -> Handler:
    """A handler that needs a session, in whichever study or in none; with `step_up` one in which
    whoever is in proved shortly ago who they are.
    """

    async def guarded(request: web.Request) -> web.StreamResponse:
        session = await find_own_session(request)
        if session is None:
            return await _to_sign_in(request)
        await admit(request, session)
        asked = await demand_proof(request, session) if step_up else None
        return asked or await handler(request, session)

    return guarded


def for_staff(
    handler: SeatedHandler, action: Action | None = None, *, step_up: bool = False
) -> Handler:
    """A handler that needs a session in a study; without one the reader is asked to sign in, or to
    choose a study. With `step_up` they are asked for their password anew if they gave it a while
    ago, and what they sent goes on from there: for signing, exporting, unmasking; never for what is
    urgent.

    Whoever holds no role that does the `action`, at any site, does not come as far as the handler;
    for which participants they may do it is asked there, of the place itself.
    """

    async def guarded(request: web.Request, session: Session) -> web.StreamResponse:
        if not isinstance(session, Seat):
            return see(STUDIES)
        if action is not None and not session.may_anywhere(action):
            session.demand(action, None)
        if step_up or (action is Action.see_number and request.app[DOOR].proof_for_numbers):
            asked = await demand_proof(request, session)
            if asked is not None:
                return asked
        try:
            return await handler(request, session)
        except AlreadyDoneError as error:
            if request.method in (hdrs.METH_GET, hdrs.METH_HEAD):
                raise
            said = done_before(session, way_back(await read_form(request)), error)
            if said is None:
                raise
            return said

    return for_anybody_in(guarded)


def for_record_staff(handler: SeatedHandler) -> Handler:
    """The same, for whoever may see who takes part: to anybody else an empty list would say that
    nobody needs a call, and that no alert was raised.
    """
    return for_staff(handler, Action.see_participants)


async def find_own_session(request: web.Request) -> Session | None:
    """The open session of this browser, if any."""
    if request.method == hdrs.METH_GET and LOOKS in request.headers:
        return await look_at_own_session(request)
    token = cookie_in(request, SESSION_COOKIE) or ""
    return await find_session(request.app[POOLS].desk, token, request.app[DOOR])


async def look_at_own_session(request: web.Request) -> Session | None:
    """The same, of what nobody asked for themselves: it lasts no longer for it."""
    token = cookie_in(request, SESSION_COOKIE) or ""
    return await look_at_session(request.app[POOLS].desk, token, request.app[DOOR])


async def find_half(request: web.Request) -> Session | None:
    """Who gave a password in this browser, and not yet the second factor."""
    token = cookie_in(request, SESSION_COOKIE) or ""
    return await find_half_session(request.app[POOLS].desk, token, request.app[DOOR])


async def admit(request: web.Request, session: Session) -> None:
    """Keep who asks; a form is one of this very session's. Raises CrossSiteError."""
    request[SEAT] = session
    if request.method not in (hdrs.METH_GET, hdrs.METH_HEAD):
        name = request.match_info.route.name or ""
        if name in WITH_FILES:
            form, _ = await read_upload(request, "file", WITH_FILES[name])
        else:
            form = await read_form(request)
        sent = form.get("form", "")
        if not hmac.compare_digest(sent.encode(), form_secret(session.token).encode()):
            raise CrossSiteError


def hands_of(request: web.Request, seat: Seat) -> Hands:
    """What the member of staff in this request acts with."""
    pools = request.app[POOLS]
    return Hands(seat, request.app[CONTEXT], pools.desk, pools.clerk)


def way_back(form: Form) -> str:
    """The page a form was on, if it is one of ours; else the first page."""
    address = str(form.get("back", ""))
    return address if _OUR_ADDRESS.fullmatch(address) else "/desk"


def id_in(request: web.Request) -> UUID:
    """The row an address names. Raises NotHereError for what names none."""
    return uuid_of(request.match_info["id"])


def uuid_of(text: str) -> UUID:
    """An id as a form or an address gives it. Raises NotHereError for what is none."""
    try:
        return UUID(text)
    except ValueError:
        raise NotHereError from None


async def _to_sign_in(request: web.Request) -> web.Response:
    token = cookie_in(request, SESSION_COOKIE)
    sent = request.method == hdrs.METH_POST and request.match_info.route.name != LEAVE
    if token and await find_half(request) is not None:
        return see(SECOND_STEP)
    if token and await was_stopped(request.app[POOLS].desk, token):
        return see(f"{SIGN_IN}?ended=stopped")
    if sent:  # What they typed is lost: they are not to think that it was kept.
        return see(f"{SIGN_IN}?ended=unsent")
    return see(f"{SIGN_IN}?ended=1" if token else SIGN_IN)
