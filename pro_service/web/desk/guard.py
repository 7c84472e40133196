"""What holds for every request to the desk: a session, and forms made for it."""

from __future__ import annotations

import hmac
import re
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import hdrs, web

from pro_service.domain.study.permissions import Action
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.seat import Seat
from pro_service.services.desk.sign_in import find_session, form_secret
from pro_service.web.desk.pages import SEAT
from pro_service.web.keys import CONTEXT, POOLS
from pro_service.web.refusals import CrossSiteError
from pro_service.web.requests import Form, read_form, see

SESSION_COOKIE: Final = "desk"
SIGN_IN: Final = "/desk/sign-in"
_OUR_ADDRESS: Final = re.compile(
    r"/desk(?:/participants/[^/?#\s\\]+(?:/card)?)?(?:\?[^#\s\\]*)?(?:#[\w-]*)?"
)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
SeatedHandler = Callable[[web.Request, Seat], Awaitable[web.StreamResponse]]


def for_staff(handler: SeatedHandler, action: Action | None = None) -> Handler:
    """A handler that needs a session; without one the reader is asked to sign in.

    Whoever holds no role that does the `action`, at any site, does not come as far as the handler;
    for which participants they may do it is asked there, of the place itself.
    """

    async def guarded(request: web.Request) -> web.StreamResponse:
        seat = await find_seat(request)
        if seat is None:
            return _to_sign_in(request)
        request[SEAT] = seat
        if request.method not in (hdrs.METH_GET, hdrs.METH_HEAD):
            sent = (await read_form(request)).get("form", "")
            if not hmac.compare_digest(sent.encode(), form_secret(seat.token).encode()):
                raise CrossSiteError
        if action is not None and not seat.may_anywhere(action):
            seat.demand(action, None)
        return await handler(request, seat)

    return guarded


async def find_seat(request: web.Request) -> Seat | None:
    """The open session of this browser, if any."""
    return await find_session(request.app[POOLS].desk, request.cookies.get(SESSION_COOKIE, ""))


def hands_of(request: web.Request, seat: Seat) -> Hands:
    """What the member of staff in this request acts with."""
    pools = request.app[POOLS]
    return Hands(seat, request.app[CONTEXT], pools.desk, pools.clerk)


def way_back(form: Form) -> str:
    """The page a form was on, if it is one of ours; else the first page."""
    address = str(form.get("back", ""))
    return address if _OUR_ADDRESS.fullmatch(address) else "/desk"


def _to_sign_in(request: web.Request) -> web.Response:
    ended = "?ended=1" if request.cookies.get(SESSION_COOKIE) else ""
    return see(f"{SIGN_IN}{ended}")
