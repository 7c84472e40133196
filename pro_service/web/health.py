"""Whether the process lives, and whether it can serve."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Final

from aiohttp import web

from pro_service.domain.errors import ProServiceError
from pro_service.web.errors import BUSY_FOR, problem
from pro_service.web.keys import READY
from pro_service.web.requests import try_again_after

LOG: Final = logging.getLogger("pro_service.web")


async def no_icon(_: web.Request) -> web.Response:
    """`GET /favicon.ico`: browsers ask for it wherever pictures are allowed; there is none."""
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def healthz(_: web.Request) -> web.Response:
    """The process answers. Nothing else is looked at, the database least of all."""
    return web.json_response({"status": "ok"})


async def readyz(request: web.Request) -> web.Response:
    """The database answers and its schema is the one this release needs; else 503 with why.

    `sending` says that it is held and what to do: pages and webhooks are served all the same.
    Answered within two seconds, whatever the database does.
    """
    try:
        held = await request.app[READY].ask()
    except ProServiceError as error:
        return _not_ready(error.message)
    except Exception as error:
        LOG.warning("not ready", extra={"error": type(error).__name__})
        return _not_ready(None)
    return web.json_response({"status": "ready"} | ({} if held is None else {"sending": held}))


def _not_ready(why: str | None) -> web.Response:
    response = problem(HTTPStatus.SERVICE_UNAVAILABLE, why)
    try_again_after(response, BUSY_FOR)
    return response
