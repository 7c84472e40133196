"""A running web side on a seeded database, and a browser that keeps cookies and runs no scripts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import aiohttp
import asyncpg
from aiohttp.test_utils import TestServer

from pro_service.messaging.gateway import (
    Accepted,
    Batch,
    DeliveryReceipt,
    ForgedWebhookError,
    Found,
    InboundText,
    OutboundText,
    ReplyBody,
    UnreadableWebhookError,
    WebhookRequest,
)
from pro_service.messaging.gateways import Gateways
from pro_service.services.base.context import ServiceContext
from pro_service.store.pools import Pools
from pro_service.web.application import build_application
from tests.support.forms import form_to, forms_of


class GatewayOfTests:
    """A provider whose signature is the header `X-Test`; keeps the requests it was shown."""

    name = "simulator"

    def __init__(self) -> None:
        self.seen: list[WebhookRequest] = []

    async def send(self, text: OutboundText) -> Accepted:
        raise AssertionError("nothing is sent in these tests")

    async def find(
        self, text: OutboundText, *, earliest: datetime, latest: datetime | None
    ) -> tuple[Found, ...]:
        raise AssertionError("nothing is looked up in these tests")

    def parse_inbound(self, request: WebhookRequest) -> Batch[InboundText]:
        self._check(request)
        text = InboundText(
            provider_id="in-1", our_address="+12025550100", their_address="+12025550143", body="4"
        )
        return Batch(items=(text,))

    def parse_receipts(self, request: WebhookRequest) -> Batch[DeliveryReceipt]:
        self._check(request)
        receipt = DeliveryReceipt(
            provider_id="out-1", message_id=None, status=None, provider_status="sent"
        )
        return Batch(items=(receipt,))

    def reply(self, text: str | None, status_callback: str | None = None) -> ReplyBody:
        return ReplyBody(content_type="application/json", body="{}")

    async def close(self) -> None:
        return None

    def _check(self, request: WebhookRequest) -> None:
        self.seen.append(request)
        if request.header("X-Test") is None:
            raise ForgedWebhookError
        if not request.body:
            raise UnreadableWebhookError


async def _ready() -> None:
    return None


@asynccontextmanager
async def serving(pools: Pools, context: ServiceContext, **parts: Any) -> AsyncIterator[TestServer]:
    """The application on a free port."""
    context.gateways = Gateways.holding(parts.pop("gateway", None) or GatewayOfTests())
    ready = parts.pop("ready", _ready)
    app = build_application(pools=pools, context=context, ready=ready, **parts)
    server: TestServer = TestServer(app, access_log=None)
    async with server:
        yield server


@asynccontextmanager
async def browsing(server: TestServer) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser of its own: its cookies are nobody else's."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(server.make_url("/"), cookie_jar=jar) as session:
        yield session


async def open_questions(browser: aiohttp.ClientSession, token: str, who: str = "self") -> str:
    """Follow a link, press Start and say who answers if that is asked; the page that follows."""
    async with browser.get(f"/q/{token}") as response:
        assert response.status == 200
    async with browser.post(f"/q/{token}/open", data={}) as response:
        page = await response.text()
        if response.url.path != "/q/who":
            return page
    async with browser.post("/q/who", data={"who": who}) as response:
        return await response.text()


async def answer_everything(browser: aiohttp.ClientSession, page: str, value: int = 4) -> str:
    """Answer screen by screen with `value` until the review, and return that page."""
    while True:
        action = current_action(page)
        if action == "/q/review":
            return page
        form = form_to(page, action)
        data = form.filled(**dict.fromkeys(form.items, str(value)))
        if action == "/q/who":
            data.append(("who", "self"))
        async with browser.post(action, data=data) as response:
            assert response.status == 200, await response.text()
            page = await response.text()
        if response.url.path == "/q/now":
            # An alert was told at once; on from there.
            async with browser.get("/q") as response:
                page = await response.text()


def current_action(page: str) -> str:
    """Where the page's own form goes (the change of language apart)."""
    return next(form.action for form in forms_of(page) if form.action != "/q/language")


async def send(browser: aiohttp.ClientSession, review: str) -> aiohttp.ClientResponse:
    """Press Send on the review page."""
    response = await browser.post("/q/review", data=form_to(review, "/q/review").fields)
    await response.read()
    return response


COUNTED = ("attempts", "responses", "sitting_responses", "scores", "web_writes", "audit_entries")


async def counts(owner: asyncpg.Connection) -> dict[str, int]:
    """Rows of every table an answer touches."""
    return {name: await owner.fetchval(f"SELECT count(*) FROM pro.{name}") for name in COUNTED}


async def revision(owner: asyncpg.Connection) -> int:
    """The participant's revision."""
    return int(await owner.fetchval("SELECT revision FROM pro.participant_revisions"))
