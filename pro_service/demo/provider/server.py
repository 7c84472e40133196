"""The fake provider's HTTP interface: `POST /messages`, `GET /messages?to=&reference=`.

Serve it with `access_log=None`: the list's query carries telephone numbers.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final
from uuid import UUID

from aiohttp import web
from pydantic import SecretStr

from pro_service.demo.provider.fake import Pool, ProviderFake
from pro_service.demo.provider.faults import Faults
from pro_service.messaging.gateway import OutboundText, UnreadableWebhookError
from pro_service.messaging.simulator import wire

PROVIDER: Final = web.AppKey("provider", ProviderFake)


def build_provider(
    pool: Pool,
    webhook_base_url: str,
    secret: SecretStr,
    *,
    faults: Faults | None = None,
    run: bool = False,
) -> web.Application:
    """The application; `app[PROVIDER]` is the fake itself.

    With `run` it posts webhooks by itself while it is served; without, only `drain` does.
    """
    fake = ProviderFake(pool, webhook_base_url=webhook_base_url, secret=secret, faults=faults)
    app = web.Application()
    app[PROVIDER] = fake
    app.router.add_post("/messages", _post_message)
    app.router.add_get("/messages", _list_messages, allow_head=False)

    async def lifetime(_: web.Application) -> AsyncIterator[None]:
        posting = asyncio.create_task(fake.run()) if run else None
        yield
        if posting is not None:
            posting.cancel()
            with suppress(asyncio.CancelledError):
                await posting
        await fake.close()

    async def release(_: web.Application) -> None:
        fake.closing.set()

    app.cleanup_ctx.append(lifetime)
    app.on_shutdown.append(release)
    return app


async def _post_message(request: web.Request) -> web.Response:
    fake = request.app[PROVIDER]
    _authorise(request, fake.secret)
    try:
        text = wire.parse_send(await request.read())
    except UnreadableWebhookError:
        return _refused("unreadable")
    fault = fake.faults.take()
    if fault == "429":
        return web.json_response({"code": "too_many"}, status=429)
    if fault == "500":
        return web.json_response({"code": "internal"}, status=500)
    if fault == "hang":
        await fake.closing.wait()
        return web.json_response({"code": "internal"}, status=500)
    if fault == "reset":
        _cut(request)
        return web.Response()
    return await _take(fake, text, fault)


async def _take(fake: ProviderFake, text: OutboundText, fault: str | None) -> web.Response:
    """Accept a text unless its number is refused, and answer, or fail to."""
    if text.their_address in fake.faults.bad_numbers:
        return _refused("bad_number")
    if text.their_address in fake.faults.opted_out:
        return _refused("opted_out")
    text_id = await fake.accept(text)
    if fault == "accepted_then_500":
        return web.json_response({"code": "internal"}, status=500)
    if fault == "accepted_then_hang":
        await fake.closing.wait()
    return web.json_response({"id": str(text_id)}, status=201)


async def _list_messages(request: web.Request) -> web.Response:
    fake = request.app[PROVIDER]
    _authorise(request, fake.secret)
    try:
        reference = UUID(request.query["reference"])
        their_address = request.query["to"]
    except (KeyError, ValueError):
        return _refused("unreadable")
    found = await fake.find(their_address, reference)
    return web.json_response({"messages": [{"id": str(text_id)} for text_id in found]})


def _authorise(request: web.Request, secret: SecretStr) -> None:
    given = request.headers.get("Authorization", "")
    expected = f"Bearer {secret.get_secret_value()}"
    if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode("utf-8")):
        raise web.HTTPUnauthorized


def _refused(code: str) -> web.Response:
    return web.json_response({"code": code}, status=400)


def _cut(request: web.Request) -> None:
    """Break the connection off without an answer."""
    if request.transport is not None:
        request.transport.abort()
