"""What holds for every request to the desk: own forms only, a session, errors as pages."""

from __future__ import annotations

import hmac
import logging
import re
import traceback
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Final

from aiohttp import hdrs, web

from pro_service.domain.study.permissions import Action
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.pausing import PauseDayError, PauseRefusedError
from pro_service.services.desk.seat import (
    AlreadyDoneError,
    NotAllowedError,
    NotHereError,
    ReasonMissingError,
    Seat,
)
from pro_service.services.desk.sign_in import find_session, form_secret
from pro_service.web.desk.pages import DESK
from pro_service.web.errors import RETRY_AFTER_SECONDS, status_of
from pro_service.web.keys import CONTEXT, POOLS
from pro_service.web.middleware import refuse_foreign_form, route_name
from pro_service.web.refusals import CrossSiteError
from pro_service.web.requests import Form, read_form, see

LOG: Final = logging.getLogger("pro_service.web")
SESSION_COOKIE: Final = "desk"
SIGN_IN: Final = "/desk/sign-in"
_OUR_ADDRESS: Final = re.compile(
    r"/desk(?:/participants/[^/?#\s\\]+(?:/card)?)?(?:\?[^#\s\\]*)?(?:#[\w-]*)?"
)

_REFUSALS: Final[Mapping[type[Exception], tuple[HTTPStatus, str]]] = {
    NotHereError: (HTTPStatus.NOT_FOUND, "not_found"),
    NotAllowedError: (HTTPStatus.FORBIDDEN, "not_allowed"),
    ReasonMissingError: (HTTPStatus.UNPROCESSABLE_ENTITY, "reason_missing"),
    PauseDayError: (HTTPStatus.UNPROCESSABLE_ENTITY, "pause_day"),
    AlreadyDoneError: (HTTPStatus.CONFLICT, "already_done"),
    PauseRefusedError: (HTTPStatus.CONFLICT, "pause_refused"),
}
"""What the desk refuses, with the words that say why."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
SeatedHandler = Callable[[web.Request, Seat], Awaitable[web.StreamResponse]]


def for_anybody(handler: Handler) -> Handler:
    """A handler that needs no session; what goes wrong becomes a page."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        try:
            refuse_foreign_form(request)
            return await handler(request)
        except Exception as error:
            return _failure(request, None, error)

    return guarded


def for_staff(handler: SeatedHandler, action: Action | None = None) -> Handler:
    """A handler that needs a session; without one the reader is asked to sign in.

    Whoever holds no role that does the `action`, at any site, does not come as far as the handler;
    for which participants they may do it is asked there, of the place itself.
    """

    async def guarded(request: web.Request) -> web.StreamResponse:
        seat: Seat | None = None
        try:
            refuse_foreign_form(request)
            seat = await find_seat(request)
            if seat is None:
                return _to_sign_in(request)
            if request.method not in (hdrs.METH_GET, hdrs.METH_HEAD):
                sent = (await read_form(request)).get("form", "")
                if not hmac.compare_digest(str(sent).encode(), form_secret(seat.token).encode()):
                    raise CrossSiteError
            if action is not None and not seat.may_anywhere(action):
                seat.demand(action, None)
            return await handler(request, seat)
        except Exception as error:
            return _failure(request, seat, error)

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


def _failure(request: web.Request, seat: Seat | None, error: Exception) -> web.Response:
    """The error as a page in the reader's language; of an unknown one nothing leaks."""
    reason: str | None = None
    if isinstance(error, web.HTTPException):
        if error.status < HTTPStatus.BAD_REQUEST:
            raise error
        status = HTTPStatus(error.status)
    elif type(error) in _REFUSALS:
        status, reason = _REFUSALS[type(error)]
    else:
        status = status_of(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        LOG.error(
            "request failed",
            extra={
                "route": route_name(request),
                "error": type(error).__name__,
                "where": _place(error),
            },
        )
    response = request.app[DESK].failure(request, seat, status, reason)
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _place(error: BaseException) -> str:
    """Where it went wrong, but not what with: messages may hold data of a participant."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else "unknown"
