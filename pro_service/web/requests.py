"""What every audience's handlers do with a request: its form, its cookies, where it came from."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from math import ceil
from typing import Final, NamedTuple

from aiohttp import hdrs, web
from multidict import MultiDict, MultiDictProxy

from pro_service.domain.instruments.model import Language
from pro_service.domain.tables.characters import has_control, without_controls
from pro_service.web.cookies import set_cookie
from pro_service.web.keys import TRUSTED_PROXIES
from pro_service.web.refusals import UnreadableFormError
from pro_service.web.site import LanguageCookie, known_language

OPENED_COOKIE: Final = "q"
"""Holds a link's token or a session's id: what opens the pages on this device."""
STAFF_COOKIE: Final = "staff_here"
"""Tells participants' pages that the desk is open in this browser: the hash of the session's id,
which opens nothing."""
_UNKNOWN_ADDRESS: Final = "unknown"
_NOTHING: Final = "\0"
"""No keyboard makes it, and no text of the database can hold it."""
_WHOSE_NETWORK: Final = 64
"""Bits of an IPv6 address that say whose it is; the rest its owner chooses anew at will."""

Form = MultiDictProxy[str]


async def read_form(request: web.Request) -> Form:
    """The posted form's text fields, without control characters. Raises UnreadableFormError."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise UnreadableFormError
    try:
        posted = await request.post()
    except ValueError:
        raise UnreadableFormError from None
    # URL-encoded forms carry no files, so nothing is left out.
    fields = [(name, value) for name, value in posted.items() if isinstance(value, str)]
    if any(_NOTHING in value or has_control(name) for name, value in fields):
        raise UnreadableFormError
    # Pasted text brings the others along: a terminal's, half a character.
    return MultiDictProxy(MultiDict((name, without_controls(value)) for name, value in fields))


class Upload(NamedTuple):
    """A file that was sent with a form: kept nowhere but in this request."""

    name: str
    content: bytes


_UPLOADED: Final = web.RequestKey("uploaded", tuple)


async def read_upload(
    request: web.Request, field: str, largest: int | None = None
) -> tuple[Form, Upload]:
    """A form's text fields and the file in one of them; no file is an empty one.

    Raises UnreadableFormError. How large a body may be the application says, for every request;
    `largest` bytes where a form's files are larger. Whoever reads it first says so.
    """
    if _UPLOADED in request:
        form, upload = request[_UPLOADED]
        return form, upload
    if request.content_type != "multipart/form-data":
        raise UnreadableFormError
    source = request if largest is None else request.clone(client_max_size=largest)
    try:
        posted = await source.post()
    except ValueError:
        raise UnreadableFormError from None
    fields = [(name, value) for name, value in posted.items() if isinstance(value, str)]
    upload = Upload("", b"")
    for name, value in posted.items():
        if isinstance(value, web.FileField):
            with value.file:
                if name == field:
                    upload = Upload(without_controls(value.filename), value.file.read())
    if any(_NOTHING in value or has_control(name) for name, value in fields):
        raise UnreadableFormError
    request[_UPLOADED] = (MultiDictProxy(MultiDict(fields)), upload)
    return request[_UPLOADED]


def read_language(form: Form) -> Language | None:
    """The language whose button was pressed in a form, None if none was.

    Raises UnreadableFormError for one our pages do not have.
    """
    if "language" not in form:
        return None
    language = known_language(form["language"])
    if language is None:
        raise UnreadableFormError
    return language


def see(address: str) -> web.Response:
    """Go there next, with a GET."""
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": address})


def keep_language(
    request: web.Request, response: web.Response, cookie: LanguageCookie, language: Language
) -> None:
    """Remember the language on this device, for the pages the cookie belongs to."""
    set_cookie(request, response, cookie.name, language, cookie.kept_seconds, path=cookie.path)


async def switch_language(
    request: web.Request, cookie: LanguageCookie, back: Callable[[Form], str]
) -> web.Response:
    """The answer to a language's button: kept on this device, and on to where `back` says.

    Raises UnreadableFormError where none was pressed.
    """
    form = await read_form(request)
    chosen = read_language(form)
    if chosen is None:
        raise UnreadableFormError
    response = see(back(form))
    keep_language(request, response, cookie, chosen)
    return response


def try_again_after(response: web.Response, wait: timedelta) -> web.Response:
    """The answer, with when to try again."""
    response.headers[hdrs.RETRY_AFTER] = str(max(1, ceil(wait.total_seconds())))
    return response


def route_name(request: web.Request) -> str:
    """The matched route's name, or "none"."""
    return request.match_info.route.name or "none"


def client_address(request: web.Request) -> str:
    """The address a request came from, as the outermost trusted proxy saw it.

    Every proxy adds the address it was called from at the end of X-Forwarded-For; only as many of
    those as there are proxies of ours are believed. What does not fit is not believed at all.
    """
    remote = request.remote or _UNKNOWN_ADDRESS
    proxies = request.app[TRUSTED_PROXIES]
    if proxies == 0:
        return remote
    line = ",".join(request.headers.getall(hdrs.X_FORWARDED_FOR, []))
    passed = [part.strip() for part in line.split(",") if part.strip()]
    if len(passed) < proxies:
        return remote
    try:
        return str(ipaddress.ip_address(passed[-proxies]))
    except ValueError:
        return remote


def source_of(request: web.Request) -> str:
    """What tries are counted by: the address, of IPv6 only the part its owner does not choose."""
    address = client_address(request)
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, _WHOSE_NETWORK), strict=False))
