"""The addresses of /api/v1 as aiohttp knows them, and openapi.json beside them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from http import HTTPStatus
from typing import Final

from aiohttp import hdrs, web

from pro_service.web.api.document import document_bytes
from pro_service.web.api.endpoints import ENDPOINTS
from pro_service.web.api.representations import names, tag_of
from pro_service.web.api.serving import JSON, serving
from pro_service.web.api.table import BASE, Endpoint

DOCUMENT: Final = f"{BASE}/openapi.json"


async def show_document(request: web.Request) -> web.Response:
    """`GET /api/v1/openapi.json`: for anybody; it says what there is, and nothing of anyone."""
    body = document_bytes()
    headers = {hdrs.ETAG: tag_of(body)}
    if names(request.headers.get(hdrs.IF_NONE_MATCH), headers[hdrs.ETAG]):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    return web.Response(body=body, headers=headers, content_type=JSON)


def _offering(methods: frozenset[str]) -> Callable[[web.Request], Awaitable[web.Response]]:
    """What OPTIONS answers: what may be done here; and nothing for other origins (no CORS)."""
    allowed = ",".join(sorted(methods))

    async def offer(_: web.Request) -> web.Response:
        return web.Response(status=HTTPStatus.NO_CONTENT, headers={hdrs.ALLOW: allowed})

    return offer


def _routes(endpoints: tuple[Endpoint, ...]) -> Iterator[web.RouteDef]:
    offered: dict[str, set[str]] = {DOCUMENT: {hdrs.METH_GET, hdrs.METH_HEAD}}
    yield web.get(DOCUMENT, show_document, name="api-openapi")
    for one in endpoints:
        methods = offered.setdefault(one.address, set())
        if one.method == "GET":
            # A file is taken, which is recorded, or it is not: nobody asks for its head alone.
            heads = one.answer is not None
            yield web.get(one.address, serving(one), name=f"api-{one.name}", allow_head=heads)
            methods |= {hdrs.METH_GET, hdrs.METH_HEAD} if heads else {hdrs.METH_GET}
        else:
            yield web.post(one.address, serving(one), name=f"api-{one.name}")
            methods.add(one.method)
    for address, methods in offered.items():
        yield web.options(address, _offering(frozenset(methods | {hdrs.METH_OPTIONS})))


ROUTES: Final = tuple(_routes(ENDPOINTS))
