"""What a device keeps for us: one place names, sets, reads and drops every cookie.

Where whoever uses the service reaches it by https, a cookie has a name that no page without it may
set: nobody on the way plants one.
"""

from __future__ import annotations

from aiohttp import web

BY_HTTPS = web.AppKey("BY_HTTPS", bool)
"""Whether the address given out is https; a proxy of ours ends the encryption."""


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
        _named(request, name),
        value,
        path=path,
        httponly=True,
        samesite="Lax",
        secure=request.app[BY_HTTPS],
        max_age=max_age,
    )


def cookie_in(request: web.Request, name: str) -> str | None:
    """What this device keeps under a name; None: nothing."""
    return request.cookies.get(_named(request, name))


def drop_cookie(
    request: web.Request, response: web.Response, name: str, *, path: str = "/q"
) -> None:
    """Let this device forget it."""
    response.del_cookie(_named(request, name), path=path, secure=request.app[BY_HTTPS])


def _named(request: web.Request, name: str) -> str:
    return f"__Secure-{name}" if request.app[BY_HTTPS] else name
