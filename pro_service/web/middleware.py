"""What holds for every request: safe headers, own forms only, errors answered, one log line."""

from __future__ import annotations

import logging
import zlib
from http import HTTPStatus
from time import monotonic
from typing import Final
from urllib.parse import urlsplit

from aiohttp import ClientConnectionResetError, hdrs, web
from aiohttp.typedefs import Handler
from structlog.contextvars import bound_contextvars

from pro_service.store.ids import new_id
from pro_service.web.cookies import BY_HTTPS
from pro_service.web.errors import answer, caught, for_participants, for_providers, status_of
from pro_service.web.keys import CONTEXT, METERS
from pro_service.web.policies import CONTENT_SECURITY_POLICY
from pro_service.web.refusals import CrossSiteError
from pro_service.web.requests import route_name

LOG: Final = logging.getLogger("pro_service.web")

REQUEST_ID: Final = web.RequestKey("id", str)
BY_HTTPS_ONLY: Final = "max-age=31536000; includeSubDomains"
"""A year."""
COMPRESSION: Final = 3
"""Of 1 to 9; on pages like these 4 takes twice the time for a thirtieth fewer bytes."""
GZIP: Final = zlib.MAX_WBITS | 16
PACKING_MEMORY: Final = 5
"""Of 1 to 9; more is made ready for nothing, and takes longer than the packing."""
HUNG_UP: Final = 499
"""Noted of a stream whose reader had gone before it began: nobody is answered, nothing failed."""
HOLDS_TOKEN: Final = frozenset({"page-welcome", "page-card", "page-letter", "page-letter-stop"})
"""Routes whose page has a link's or a card's token in it."""
SAFE_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


async def add_safe_headers(request: web.Request, response: web.StreamResponse) -> None:
    """A signal: every response carries the headers, unless its handler chose otherwise.

    None says which software answers, and of which version. The request's id is what somebody can
    name to an operator, who finds it in the logs.
    """
    response.headers.pop(hdrs.SERVER, None)
    if REQUEST_ID in request:
        response.headers["X-Request-Id"] = request[REQUEST_ID]
    if request.app[BY_HTTPS]:
        response.headers.setdefault("Strict-Transport-Security", BY_HTTPS_ONLY)
    for name, value in SAFE_HEADERS.items():
        response.headers.setdefault(name, value)


@web.middleware
async def log_requests(request: web.Request, handler: Handler) -> web.StreamResponse:
    """One line a request: the route's name, never its address, which may hold a token.

    The request's id stands in every line logged on its behalf, and in its answer.
    """
    request[REQUEST_ID] = new_id().hex
    with bound_contextvars(request=request[REQUEST_ID]):
        began = monotonic()
        status = int(HTTPStatus.INTERNAL_SERVER_ERROR)
        try:
            response = await handler(request)
            status = response.status
            return response
        except web.HTTPException as error:
            status = error.status
            raise
        finally:
            _note(request, status, monotonic() - began)


def _note(request: web.Request, status: int, seconds: float) -> None:
    """Count and log a request that was answered."""
    method = request.method if request.method in hdrs.METH_ALL else "other"
    route = route_name(request)
    request.app[METERS].answered(route, method, status, seconds)
    LOG.info(
        "request",
        extra={
            "method": method,
            "route": route,
            "status": status,
            "elapsed_ms": round(seconds * 1000, 1),
        },
    )


@web.middleware
async def compress_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Send participants' pages with gzip; a page in Chinese or with many keys shrinks to a fifth.

    The length of a compressed answer tells something about a secret that stands beside text a
    stranger chose (BREACH). So the pages that hold a token are sent as they are; the others
    hold no secret but form keys of one use.
    """
    response = await handler(request)
    if (
        isinstance(response, web.Response)
        and isinstance(response.body, bytes)
        and for_participants(request.path)
        and response.content_type == "text/html"
        and route_name(request) not in HOLDS_TOKEN
        and "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, "")
    ):
        # Here and now: handing a page of 20 KB to a thread takes longer than packing it.
        packer = zlib.compressobj(COMPRESSION, zlib.DEFLATED, GZIP, PACKING_MEMORY)
        response.body = packer.compress(response.body) + packer.flush()
        response.headers[hdrs.CONTENT_ENCODING] = "gzip"
        response.headers[hdrs.VARY] = hdrs.ACCEPT_ENCODING
    return response


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what went wrong into an answer; nothing of an unknown error leaks."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:
            raise
        response = answer(request, status_of(error))
        if hdrs.ALLOW in error.headers:
            response.headers[hdrs.ALLOW] = error.headers[hdrs.ALLOW]
        return response
    except ClientConnectionResetError as error:
        if request.transport is None or request.transport.is_closing():
            return web.Response(status=HUNG_UP)
        return caught(request, error)
    except Exception as error:
        return caught(request, error)


@web.middleware
async def refuse_other_sites(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse a form that another site sent; what providers send is signed instead."""
    if not for_providers(request.path):
        _refuse_foreign_form(request)
    return await handler(request)


def _refuse_foreign_form(request: web.Request) -> None:
    """Raise CrossSiteError for a form that another site sent.

    `Sec-Fetch-Site` decides where the browser sends it. Else `Origin` does; it is `null` from our
    own pages too (they send no referrer), so then the SameSite cookie and the ids that only our
    forms know have to do.
    """
    if request.method in (hdrs.METH_GET, hdrs.METH_HEAD):
        return
    fetched_from = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get(hdrs.ORIGIN, "null")
    if fetched_from is not None:
        if fetched_from not in ("same-origin", "none"):
            raise CrossSiteError
    elif origin != "null" and origin != origin_of(request.app[CONTEXT].public_url):
        raise CrossSiteError


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL, as browsers write an origin."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
