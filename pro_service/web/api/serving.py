"""How an endpoint of the table is served: who asks, what they sent, the answer and its tag."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import hdrs, web

from pro_service.domain.errors import ProServiceError
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.programs.entering import Program, enter_program
from pro_service.services.desk.seat import NotAllowedError
from pro_service.web.api.reading_in import (
    read_bearer,
    read_body,
    read_idempotency_key,
    read_query,
)
from pro_service.web.api.representations import Representation, bytes_of, names, tag_of
from pro_service.web.api.table import ZIP, Call, Download, Endpoint
from pro_service.web.keys import CONTEXT, POOLS

JSON = "application/json"


class ScopeMissingError(ProServiceError):
    """This key may not be used for that."""


def serving(endpoint: Endpoint) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler of an endpoint, as aiohttp knows it."""

    async def serve(request: web.Request) -> web.StreamResponse:
        program = await enter_program(request.app[POOLS].desk, read_bearer(request))
        _demand(program, endpoint)
        call = await _read(request, program, endpoint)
        answer = await endpoint.handler(call)
        if isinstance(answer, Download):
            return await _handed_out(request, answer)
        return _answered(request, endpoint, answer)

    return serve


def _demand(program: Program, endpoint: Endpoint) -> None:
    """Refuse a key without the scope, and a program whose roles do this nowhere."""
    if endpoint.scope not in program.scopes:
        raise ScopeMissingError(mend=f"It takes a key with the scope {endpoint.scope}.")
    if not program.seat.may_anywhere(endpoint.action):
        raise NotAllowedError("No role of this program does that, at any site.")


async def _read(request: web.Request, program: Program, endpoint: Endpoint) -> Call:
    pools = request.app[POOLS]
    hands = Hands(program.seat, request.app[CONTEXT], pools.desk, pools.clerk)
    path, query = dict(request.match_info), read_query(request, endpoint.query)
    if endpoint.body is None:
        return Call(hands, path, query)
    # A key is the program's own: two programs that take the same one do not meet.
    key = f"api:{program.seat.staff.staff_id}:{read_idempotency_key(request)}"
    body = await read_body(request, endpoint.body)
    wanted = request.headers.get(hdrs.IF_MATCH) if endpoint.preconditioned else None
    return Call(hands, path, query, body, key, wanted)


def _answered(request: web.Request, endpoint: Endpoint, shown: Representation) -> web.Response:
    body = bytes_of(shown)
    headers = {}
    if endpoint.method == "GET":
        headers[hdrs.ETAG] = tag_of(body)
        if names(request.headers.get(hdrs.IF_NONE_MATCH), headers[hdrs.ETAG]):
            return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    return web.Response(body=body, status=endpoint.status, headers=headers, content_type=JSON)


async def _handed_out(request: web.Request, file: Download) -> web.StreamResponse:
    response = web.StreamResponse(
        headers={
            hdrs.CONTENT_TYPE: ZIP,
            hdrs.CONTENT_LENGTH: str(file.size),
            hdrs.CONTENT_DISPOSITION: f'attachment; filename="{file.name}"',
        }
    )
    await response.prepare(request)
    async for content in file.parts:
        await response.write(content)
    await response.write_eof()
    return response
