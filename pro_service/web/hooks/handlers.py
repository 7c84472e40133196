"""Webhooks of providers of text messages: check the size, hand over the bytes, answer.

Signature and content are the gateway's business; storing before answering is the services'. What a
provider signs comes to `/hooks/{provider}/...`; what it does not, to an address with a secret.
"""

from __future__ import annotations

from functools import cache
from typing import Final, Literal, cast
from urllib.parse import urlsplit

from aiohttp import web

from pro_service.messaging.gateway import (
    ForgedWebhookError,
    Gateway,
    Pushes,
    ReplyBody,
    WebhookRequest,
)
from pro_service.messaging.gateways import UnknownProviderError
from pro_service.services.receiving import Inbox, inbound, receipts
from pro_service.web.keys import CONTEXT, ON_INBOUND, POOLS

INBOX: Final = web.AppKey("INBOX", Inbox)
PUSH_PATH: Final = "/hooks/{provider}/{secret}/{kind:inbound|receipts}"


async def receive_inbound(request: web.Request) -> web.Response:
    """`POST /hooks/{provider}/inbound`: a participant's text; the answer carries our reply."""
    app = request.app
    gateway, webhook = _signing(request), await _webhook(request)
    reply = await inbound.receive_text(app[POOLS].provider, app[CONTEXT], gateway, webhook)
    app[ON_INBOUND]()
    return _said(reply)


async def receive_status(request: web.Request) -> web.Response:
    """`POST /hooks/{provider}/status`: what became of a text of ours."""
    app = request.app
    gateway, webhook = _signing(request), await _webhook(request)
    await receipts.receive_status(app[POOLS].provider, app[CONTEXT], gateway, webhook)
    return web.Response(status=204)


async def receive_push(request: web.Request) -> web.Response:
    """`POST /hooks/{provider}/{secret}/{kind}`: a batch, kept as it came and worked off later."""
    app, gateway = request.app, _gateway(request)
    acknowledged = _acknowledgement(request, gateway)
    kind = cast(Literal["inbound", "receipts"], request.match_info["kind"])
    body = await request.read()
    if body:
        await app[INBOX].keep(app[POOLS].provider, app[CONTEXT], gateway.name, kind, body)
        app[ON_INBOUND]()
    return _said(acknowledged)


async def check_push_address(request: web.Request) -> web.Response:
    """`GET` of the same: a provider's console asks whether the address is answered."""
    return _said(_acknowledgement(request, _gateway(request)))


def _acknowledgement(request: web.Request, gateway: Gateway) -> ReplyBody:
    """What a push is answered with. Raises UnknownProviderError, ForgedWebhookError."""
    if not isinstance(gateway, Pushes):
        raise UnknownProviderError("This provider pushes nothing.")
    if not gateway.knows(request.match_info["secret"]):
        raise ForgedWebhookError
    return gateway.acknowledge()


def _signing(request: web.Request) -> Gateway:
    """The gateway of a provider that signs. Raises UnknownProviderError, ForgedWebhookError."""
    gateway = _gateway(request)
    if _pushes(type(gateway)):
        raise ForgedWebhookError
    return gateway


@cache
def _pushes(gateway: type[Gateway]) -> bool:
    """Whether a class of gateways pushes; asked of each text, it is slow to find out."""
    return issubclass(gateway, Pushes)


def _said(reply: ReplyBody) -> web.Response:
    return web.Response(
        body=reply.body.encode("utf-8"), content_type=reply.content_type, charset="utf-8"
    )


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
