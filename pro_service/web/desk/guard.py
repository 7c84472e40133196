"""What holds for every request to the desk: own forms only, a session, errors as pages."""

from __future__ import annotations

import hmac
import logging
import re
import traceback
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

from aiohttp import hdrs, web

from pro_service.services.desk.sign_in import find_session, form_secret
from pro_service.services.desk.today import AlreadyDoneError, NotHereError, ReasonMissingError
from pro_service.web.desk.pages import DESK, Seat
from pro_service.web.errors import RETRY_AFTER_SECONDS, status_of
from pro_service.web.keys import POOLS
from pro_service.web.middleware import refuse_foreign_form, route_name
from pro_service.web.refusals import CrossSiteError
from pro_service.web.requests import Form, read_form, see

LOG: Final = logging.getLogger("pro_service.web")
SESSION_COOKIE: Final = "desk"
SIGN_IN: Final = "/desk/sign-in"
_OUR_ADDRESS: Final = re.compile(
    r"/desk(?:/participants/[^/?#\s\\]+(?:/card)?)?(?:\?[^#\s\\]*)?(?:#[\w-]*)?"
)

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


def for_staff(handler: SeatedHandler) -> Handler:
    """A handler that needs a session; without one the reader is asked to sign in."""

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
            return await handler(request, seat)
        except Exception as error:
            return _failure(request, seat, error)

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


def _failure(request: web.Request, seat: Seat | None, error: Exception) -> web.Response:
    """The error as a page in the reader's language; of an unknown one nothing leaks."""
    if isinstance(error, web.HTTPException):
        if error.status < HTTPStatus.BAD_REQUEST:
            raise error
        status = HTTPStatus(error.status)
    elif isinstance(error, NotHereError):
        status = HTTPStatus.NOT_FOUND
    elif isinstance(error, ReasonMissingError):
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    elif isinstance(error, AlreadyDoneError):
        status = HTTPStatus.CONFLICT
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
    response = request.app[DESK].failure(request, seat, status)
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _place(error: BaseException) -> str:
    """Where it went wrong, but not what with: messages may hold data of a participant."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else "unknown"
