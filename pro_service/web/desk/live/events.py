"""What is new, as server-sent events: kinds and ids alone, to whoever has a page of the desk open.

The page then fetches itself under its own seat, and so a stream can tell nobody what they may not
read. Neither the stream nor that fetch makes the session last longer (`LOOKS`).
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from http import HTTPStatus
from typing import Final

from aiohttp import hdrs, web

from pro_service.domain.study.permissions import Action
from pro_service.services.desk.live import Ending, Listener, Live
from pro_service.services.desk.seat import Seat
from pro_service.services.desk.sign_in import session_sha256
from pro_service.store.live.news import News
from pro_service.web.desk.guard import look_at_own_session
from pro_service.web.keys import POOLS
from pro_service.web.policies import SCRIPTED_POLICY

LIVE: Final = web.AppKey("LIVE", Live)
BEAT_SECONDS: Final = 15.0
"""So often a stream with nothing to say says that it lives: proxies and pages wait for that."""
_PATIENCE: Final = 10.0
"""Seconds for a page to take what it is sent."""
_OPENING: Final = b"retry: 3000\n: here\n\n"
_BEAT: Final = b": here\nevent: beat\ndata: {}\n\n"
_HEADERS: Final = {
    hdrs.CONTENT_TYPE: "text/event-stream; charset=utf-8",
    # Nothing on the way may gather what is to be seen at once.
    "X-Accel-Buffering": "no",
}


async def listen(request: web.Request) -> web.StreamResponse:
    """`GET /desk/events`: what is new at the sites of this session, until it ends.

    Without a session, or a place that sees participants, there is nothing to hear: 204, at which a
    browser asks no more.
    """
    session = await look_at_own_session(request)
    if not isinstance(session, Seat) or not session.may_anywhere(Action.see_participants):
        return web.Response(status=HTTPStatus.NO_CONTENT)
    response = web.StreamResponse(headers=_HEADERS)
    await response.prepare(request)
    live = request.app[LIVE]

    def gone() -> bool:
        return request.transport is None or request.transport.is_closing()

    listener = live.listen(session_sha256(session), session.study_id, gone)
    try:
        with suppress(ConnectionError, TimeoutError):
            await _tell_on(response, listener)
    finally:
        live.leave(listener)
    return response


def lively(page: web.Response) -> web.Response:
    """A page that may load `live.js` and fetch itself."""
    page.headers["Content-Security-Policy"] = SCRIPTED_POLICY
    return page


def set_up(app: web.Application) -> None:
    """Put on the application what tells; after POOLS is there."""
    app[LIVE] = Live(app[POOLS].desk)
    app.on_shutdown.append(_stop_telling)


async def _stop_telling(app: web.Application) -> None:
    await app[LIVE].close()


async def _tell_on(response: web.StreamResponse, listener: Listener) -> None:
    """Raises ConnectionError where nobody is there any more, TimeoutError where nobody reads."""
    await _send(response, _OPENING)
    while listener.ending is None:
        news = await listener.told(BEAT_SECONDS)
        await _send(response, b"".join(event(one) for one in news) or _BEAT)
    await _send(response, _ending(listener.ending))


async def _send(response: web.StreamResponse, what: bytes) -> None:
    async with asyncio.timeout(_PATIENCE):
        await response.write(what)


def event(news: News) -> bytes:
    """One event: its kind, its id, its site, and whom it is about."""
    data = {
        "id": str(news.id),
        "site": str(news.site_id),
        "about": None if news.participant_id is None else str(news.participant_id),
    }
    return f"event: {news.kind}\ndata: {json.dumps(data)}\n\n".encode()


def _ending(why: Ending) -> bytes:
    return f"event: end\ndata: {json.dumps({'why': why})}\n\n".encode()
