"""What is no HTTP at all: refused in one word, without our software's name or what was sent."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import hdrs, web
from aiohttp.web_protocol import RequestHandler


class _Handler(RequestHandler):
    """A connection; no application has seen what it could not read."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer with the status alone: the message would repeat what was sent."""
        del message
        answer = super().handle_error(request, status, exc, HTTPStatus(status).phrase)
        answer.headers[hdrs.SERVER] = ""
        return answer


class _Server(web.Server):
    """Makes such connections."""

    def __call__(self) -> RequestHandler:
        """One more connection."""
        return _Handler(self, loop=self._loop, **self._kwargs)


class Runner(web.AppRunner):
    """Runs an application; aiohttp has no other way to choose who answers what it cannot read."""

    __slots__ = ()

    async def _make_server(self) -> web.Server:
        server = await super()._make_server()
        server.__class__ = _Server
        return server
