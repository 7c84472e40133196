"""What holds for every request to the desk: a session, and forms made for it."""

from __future__ import annotations

import hmac
import re
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import hdrs, web

from pro_service.services.desk.sign_in import find_session, form_secret
from pro_service.web.desk.pages import SEAT, Seat
from pro_service.web.keys import POOLS
from pro_service.web.refusals import CrossSiteError
from pro_service.web.requests import Form, read_form, see

SESSION_COOKIE: Final = "desk"
SIGN_IN: Final = "/desk/sign-in"
_OUR_ADDRESS: Final = re.compile(
    r"/desk(?:/participants/[^/?#\s\\]+(?:/card)?)?(?:\?[^#\s\\]*)?(?:#[\w-]*)?"
)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
SeatedHandler = Callable[[web.Request, Seat], Awaitable[web.StreamResponse]]


def for_staff(handler: SeatedHandler) -> Handler:
    """A handler that needs a session; without one the reader is asked to sign in."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        seat = await find_seat(request)
        if seat is None:
            return _to_sign_in(request)
        request[SEAT] = seat
        if request.method not in (hdrs.METH_GET, hdrs.METH_HEAD):
            sent = (await read_form(request)).get("form", "")
            if not hmac.compare_digest(sent.encode(), form_secret(seat.token).encode()):
                raise CrossSiteError
        return await handler(request, seat)

    return guarded


async def find_seat(request: web.Request) -> Seat | None:
    """The open session of this browser, if any."""
    token = request.cookies.get(SESSION_COOKIE, "")
    staff = await find_session(request.app[POOLS].desk, token)
    return None if staff is None else Seat(staff, token)


def way_back(form: Form) -> str:
    """The page a form was on, if it is one of ours; else the first page."""
    address = str(form.get("back", ""))
    return address if _OUR_ADDRESS.fullmatch(address) else "/desk"


def _to_sign_in(request: web.Request) -> web.Response:
    ended = "?ended=1" if request.cookies.get(SESSION_COOKIE) else ""
    return see(f"{SIGN_IN}{ended}")
