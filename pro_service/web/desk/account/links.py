"""`/desk/link/{token}`: a password by a link that was handed on. Opening it does nothing."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from aiohttp import web

from pro_service.services.desk.account.links import (
    LinkOverError,
    find_link,
    set_password_by_link,
)
from pro_service.services.study import SHORTEST_PASSWORD, WeakPasswordError
from pro_service.store.account.links import OpenLink
from pro_service.web.desk.account.proving import whence
from pro_service.web.desk.guard import SIGN_IN
from pro_service.web.desk.pages import DESK
from pro_service.web.keys import POOLS
from pro_service.web.requests import read_form, see

LINK: Final = "/desk/link"


async def show_link(request: web.Request) -> web.Response:
    """`GET /desk/link/{token}`: whose it is, and the form for a password."""
    token = request.match_info["token"]
    try:
        link = await find_link(request.app[POOLS].desk, token)
    except LinkOverError:
        return _page(request, None, token)
    return _page(request, link, token)


async def post_link(request: web.Request) -> web.Response:
    """`POST /desk/link`: the link is used by that; they sign in with the password then."""
    form = await read_form(request)
    token, password = form.get("token", ""), form.get("password", "")
    pool = request.app[POOLS].desk
    try:
        link = await find_link(pool, token)
        if password != form.get("again", ""):
            return _page(request, link, token, "differs")
        await set_password_by_link(
            pool, request.app[DESK].passwords, token, password, whence(request)
        )
    except LinkOverError:
        return _page(request, None, token)
    except WeakPasswordError as error:
        return _page(request, link, token, f"weak_{error.word}")
    return see(f"{SIGN_IN}?set=1")


def _page(
    request: web.Request, link: OpenLink | None, token: str, problem: str | None = None
) -> web.Response:
    status = HTTPStatus.OK
    if link is None:
        status = HTTPStatus.GONE
    elif problem is not None:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    return request.app[DESK].render(
        "link.html",
        request,
        None,
        status=status,
        link=link,
        token=token,
        problem=problem,
        shortest=SHORTEST_PASSWORD,
        here=SIGN_IN,
    )
