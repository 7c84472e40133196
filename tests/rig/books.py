"""What was promised, kept apart from the service: what it acknowledged, and what was sent."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

import aiohttp
from aiohttp import web
from pydantic import SecretStr

from pro_service.messaging.gateway import OutboundText
from pro_service.messaging.simulator import wire
from tests.rig.proxy import Link

SECRET: Final = SecretStr("only for the rig, known to both sides")
PATIENCE: Final = aiohttp.ClientTimeout(total=15)
"""As long as a provider waits for a webhook's answer."""
TRIES: Final = 40
AGAIN: Final = 0.5


@dataclass
class Acknowledged:
    """What participants were told is kept."""

    answers: dict[tuple[str, str], str] = field(default_factory=dict)
    """Assessment and question to what was answered, once the page after it came."""
    sittings: set[str] = field(default_factory=set)
    """Assessments that were sent in, once the page said thanks."""
    texts: set[str] = field(default_factory=set)
    """The provider's ids of texts whose webhook was answered."""

    @property
    def count(self) -> int:
        """How many answers, on pages and by text."""
        return len(self.answers) + len(self.texts)


class Provider:
    """The provider of texts, in the rig's own process, which no fault reaches."""

    def __init__(self, public_url: str) -> None:
        """It has sent nothing."""
        self.public_url = public_url
        self.doors: list[Link] = []
        """The ways to the servers, for webhooks."""
        self.sent: list[OutboundText] = []
        self.replies: dict[str, str] = {}
        """Our message ids of replies that came in a webhook's answer, and to which telephone."""
        self._ids: dict[str, list[str]] = defaultdict(list)
        self._http: aiohttp.ClientSession | None = None
        self._posting: set[asyncio.Task[bool]] = set()
        self._turn = 0

    def application(self) -> web.Application:
        """The API as the service calls it."""
        app = web.Application()
        app.router.add_post("/messages", self._take)
        app.router.add_get("/messages", self._list, allow_head=False)
        return app

    async def close(self) -> None:
        """Post nothing more."""
        for task in self._posting:
            task.cancel()
        await asyncio.gather(*self._posting, return_exceptions=True)
        if self._http is not None:
            await self._http.close()

    async def _take(self, request: web.Request) -> web.Response:
        text = wire.parse_send(await request.read())
        self.sent.append(text)
        provider_id = str(uuid4())
        self._ids[str(text.message_id)].append(provider_id)
        if text.status_callback is not None:
            status = wire.encode_status(provider_id, "delivered", None)
            url = text.status_callback
            task = asyncio.create_task(self._post(url, status, lambda _: None))
            self._posting.add(task)
            task.add_done_callback(self._posting.discard)
        return web.json_response({"id": provider_id}, status=201)

    async def _list(self, request: web.Request) -> web.Response:
        found = self._ids.get(request.query["reference"], [])
        return web.json_response({"messages": [{"id": one} for one in found]})

    async def deliver(self, parameters: dict[str, str], their_address: str) -> bool:
        """A text from a phone, tried again until somebody has it; whether it was acknowledged."""

        def heard(body: bytes) -> None:
            said = json.loads(body).get("reply") or {}
            callback = said.get("status_callback") or ""
            if callback:
                self.replies[callback.rpartition("message=")[2]] = their_address

        return await self._post(self.public_url + wire.INBOUND_PATH, parameters, heard)

    async def _post(
        self, url: str, parameters: dict[str, str], heard: Callable[[bytes], None]
    ) -> bool:
        """A signed webhook, to one server after the other; whether one has answered it."""
        if self._http is None:
            self._http = aiohttp.ClientSession(timeout=PATIENCE)
        headers = {
            "Content-Type": wire.FORM,
            wire.SIGNATURE_HEADER: wire.sign(SECRET, url, parameters),
        }
        body = wire.encode_form(parameters)
        for _ in range(TRIES):
            self._turn += 1
            door = self.doors[self._turn % len(self.doors)]
            there = f"http://127.0.0.1:{door.port}{url.removeprefix(self.public_url)}"
            try:
                async with self._http.post(there, data=body, headers=headers) as answer:
                    came = await answer.read()
                    if answer.ok:
                        heard(came)
                        return True
            except (aiohttp.ClientError, TimeoutError, OSError):
                pass
            await asyncio.sleep(AGAIN)  # And once more, as a provider does.
        return False
