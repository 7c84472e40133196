"""Webhooks of the text-message provider: check the size, hand over the bytes, answer.

Signature and content are the gateway's business; storing before answering is the services'.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

from pro_service.messaging.gateway import Gateway, WebhookRequest
from pro_service.services.receiving import inbound
from pro_service.services.texting import delivery
from pro_service.web.keys import CONTEXT, ON_INBOUND, POOLS


async def receive_inbound(request: web.Request) -> web.Response:
    """`POST /hooks/{provider}/inbound`: a participant's text; the answer carries our reply."""
    app = request.app
    gateway, webhook = _gateway(request), await _webhook(request)
    reply = await inbound.receive_text(app[POOLS].provider, app[CONTEXT], gateway, webhook)
    app[ON_INBOUND]()
    return web.Response(
        body=reply.body.encode("utf-8"), content_type=reply.content_type, charset="utf-8"
    )


async def receive_status(request: web.Request) -> web.Response:
    """`POST /hooks/{provider}/status`: what became of a text of ours."""
    app = request.app
    gateway, webhook = _gateway(request), await _webhook(request)
    await delivery.receive_status(app[POOLS].provider, app[CONTEXT], gateway, webhook)
    return web.Response(status=204)


def _gateway(request: web.Request) -> Gateway:
    """The gateway of the provider the address names. Raises UnknownProviderError."""
    return request.app[CONTEXT].gateways.of(request.match_info["provider"])


async def _webhook(request: web.Request) -> WebhookRequest:
    """The request as the provider signed it: our public address, the raw path and query.

    Headers such as Host never make the address. The body is bounded by the application.
    """
    return WebhookRequest(
        url=request.app[CONTEXT].public_url.rstrip("/") + _raw_path(request),
        headers=dict(request.headers),
        body=await request.read(),
    )


def _raw_path(request: web.Request) -> str:
    """Path and query exactly as sent; some clients send a whole URL."""
    raw = request.raw_path
    if raw.startswith("/"):
        return raw
    parts = urlsplit(raw)
    return parts.path + (f"?{parts.query}" if parts.query else "")
