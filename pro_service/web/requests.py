"""What every audience's handlers do with a request: read its form, send it on, set a cookie."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web
from multidict import MultiDictProxy

from pro_service.web.keys import CONTEXT
from pro_service.web.refusals import UnreadableFormError

PASS_COOKIE: Final = "q"  # noqa: S105 - a cookie's name
"""Holds the token of the link opened on this device."""

Form = MultiDictProxy[str]


async def read_form(request: web.Request) -> Form:
    """The posted form's text fields. Raises UnreadableFormError."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise UnreadableFormError
    try:
        posted = await request.post()
    except ValueError:
        raise UnreadableFormError from None
    return posted  # type: ignore[return-value]  # URL-encoded forms carry no files.


def see(address: str) -> web.Response:
    """Go there next, with a GET."""
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": address})


def set_cookie(
    request: web.Request,
    response: web.Response,
    name: str,
    value: str,
    max_age: int | None = None,
    *,
    path: str = "/q",
) -> None:
    """A cookie only the pages below `path` get, that no script can read.

    `max_age` is in seconds; without it the browser keeps it until it is closed.
    """
    response.set_cookie(
        name,
        value,
        path=path,
        httponly=True,
        samesite="Lax",
        secure=urlsplit(request.app[CONTEXT].public_url).scheme == "https",
        max_age=max_age,
    )
