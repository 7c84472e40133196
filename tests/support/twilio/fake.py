"""A stateful stand-in for Twilio: its Messages API, its webhooks, and its faults on a seed.

It signs with the SDK's own validator, so that our check is tested by somebody else's code, and its
record of what it accepted is the independent book the proofs count in.
"""

from __future__ import annotations

import asyncio
import hmac
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.etree import ElementTree as ET

import aiohttp
from aiohttp import web
from twilio.request_validator import RequestValidator

from tests.support.twilio.account import AccountSettings
from tests.support.twilio.faults import Fault, Faults
from tests.support.twilio.taken import ACCOUNT, Taken

TOKEN: Final = "0123456789abcdef0123456789abcdef"


class TwilioFake:
    """The API and the webhooks of one account."""

    def __init__(self, faults: Faults | None = None) -> None:
        self.faults = faults or Faults()
        self.taken: list[Taken] = []
        self.webhook_base = ""
        self.calls = 0
        self.posted: Counter[str] = Counter()
        self.unanswered: list[Taken] = []
        """Texts from phones whose webhook was not answered with a 2xx."""
        self.pool_number = "+12025550188"
        """The number a Messaging Service sends from."""
        self.verdicts: dict[str, str] = {}
        """What an account with Advanced Opt-Out takes words for (`OptOutType`)."""
        self.watch: Callable[[web.Request, bytes, web.Response | None], None] | None = None
        self.settings = AccountSettings(ACCOUNT)
        self.closing = asyncio.Event()
        self._kill: tuple[int, Callable[[], None]] | None = None
        self._validator = RequestValidator(TOKEN)
        self._tasks: set[asyncio.Task[None]] = set()
        self._made = 0

    def application(self) -> web.Application:
        """The API as an aiohttp application."""
        app = web.Application()
        path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
        app.router.add_post(path, self._create)
        app.router.add_get(path, self._list, allow_head=False)
        self.settings.add_routes(app, _authorised, _error)

        async def release(_: web.Application) -> None:
            self.closing.set()
            await self.drain()

        app.on_shutdown.append(release)
        return app

    def sent_to(self, number: str) -> list[Taken]:
        """What was accepted for a phone through the API, oldest first."""
        return [one for one in self.taken if one.direction == "outbound-api" and one.to == number]

    def references(self) -> Counter[str]:
        """How often each of our message ids was accepted through the API."""
        return Counter(
            one.reference or one.sid for one in self.taken if one.direction == "outbound-api"
        )

    def kill_after(self, accepted: int, kill: Callable[[], None]) -> None:
        """Call `kill` once so many more texts have been accepted, before the last is answered."""
        self._kill = (accepted, kill)

    async def drain(self) -> None:
        """Let every callback under way be posted."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def phone_sends(
        self, number: str, ours: str, text: str, *, media: int = 0, post: bool = True
    ) -> str | None:
        """A phone sends a text; the reply it gets. `post` False: the webhook never comes."""
        came = Taken(self._sid("SM"), "inbound", ours, number, text, status="received")
        self.taken.append(came)
        if not post:
            self.unanswered.append(came)
            return None
        return await self.post_inbound(came, media=media)

    async def post_inbound(self, came: Taken, *, media: int = 0) -> str | None:
        """Post the webhook about a text from a phone; the reply in the answer."""
        body = await self.ask_inbound(came, media=media)
        if body is None:
            self.unanswered.append(came)
            return None
        return self.pass_on(came, body)

    async def ask_inbound(self, came: Taken, *, media: int = 0) -> bytes | None:
        """Post the webhook about a text from a phone; its answer, if that was a 2xx."""
        parameters = {
            "MessageSid": came.sid,
            "SmsMessageSid": came.sid,
            "AccountSid": ACCOUNT,
            "From": came.from_,
            "To": came.to,
            "Body": came.body,
            "NumMedia": str(media),
            "NumSegments": "1",
        }
        if verdict := self.verdicts.get(came.body.strip().upper()):
            parameters["OptOutType"] = verdict
        return await self._post(f"{self.webhook_base}/hooks/twilio/inbound", parameters)

    def pass_on(self, came: Taken, body: bytes) -> str | None:
        """The reply in a webhook's answer goes to the phone."""
        message = ET.fromstring(body).find("Message")
        if message is None:
            return None
        text = message.text or ""
        reply = Taken(
            self._sid("SM"),
            "outbound-reply",
            came.from_,
            came.to,
            text,
            callback=message.get("action"),
        )
        self.taken.append(reply)
        self._start_callbacks(reply)
        return text

    async def _create(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        response = await self._created(request, body)
        if self.watch is not None and isinstance(response, web.Response):
            self.watch(request, body, response)
        return response

    async def _created(self, request: web.Request, body: bytes) -> web.StreamResponse:
        self.calls += 1
        if not _authorised(request):
            return _error(401, 20003)
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        fault = self.faults.take()
        if fault == "429":
            return _error(429, 20429)
        if fault == "error":
            return _error(500, 20500)
        if fault == "reset":
            return _cut(request)
        if form["To"] in self.faults.refused:
            return _error(*self.faults.refused[form["To"]])
        return await self._accept(request, form, fault)

    async def _accept(
        self, request: web.Request, form: dict[str, str], fault: Fault | None
    ) -> web.StreamResponse:
        service = form.get("MessagingServiceSid")
        validity = form.get("ValidityPeriod")
        taken = Taken(
            self._sid("SM"),
            "outbound-api",
            form["To"],
            form.get("From", self.pool_number),
            form["Body"],
            service=service,
            callback=form.get("StatusCallback"),
            validity=None if validity is None else int(validity),
        )
        self.taken.append(taken)
        if self._kill is not None:
            left, kill = self._kill
            self._kill = (left - 1, kill) if left > 1 else None
            if left <= 1:
                kill()
        answer = web.json_response(taken.as_json(), status=201)
        if fault == "callback first":
            await self._callbacks(taken)
            return answer
        self._start_callbacks(taken)
        if fault == "timeout after accepting":
            await self.closing.wait()
        elif fault == "error after accepting":
            return _error(500, 20500)
        elif fault == "reset after accepting":
            return _cut(request)
        elif fault == "slow":
            await asyncio.sleep(self.faults.slow_seconds)
        elif fault == "nonsense":
            return web.Response(text="<html>", status=201)
        return answer

    async def _list(self, request: web.Request) -> web.Response:
        if not _authorised(request):
            return _error(401, 20003)
        wanted = request.query
        shown = list(reversed(self.taken))[self.faults.hidden :]
        found = [
            one
            for one in shown
            if wanted.get("To") in (None, one.to) and wanted.get("From") in (None, one.from_)
        ]
        size = int(wanted.get("PageSize", "50"))
        page = int(wanted.get("Page", "0"))
        more = found[(page + 1) * size :]
        path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
        following = {**wanted, "Page": str(page + 1), "PageToken": "x"}
        response = web.json_response(
            {
                "messages": [one.as_json() for one in found[page * size : (page + 1) * size]],
                "page": page,
                "page_size": size,
                "start": page * size,
                "end": page * size,
                "uri": path,
                "first_page_uri": path,
                "previous_page_uri": None,
                "next_page_uri": f"{path}?{urlencode(following)}" if more else None,
            }
        )
        if self.watch is not None:
            self.watch(request, b"", response)
        return response

    def _sid(self, kind: str) -> str:
        self._made += 1
        return f"{kind}{self._made:032x}"

    def _start_callbacks(self, taken: Taken) -> None:
        task = asyncio.create_task(self._callbacks(taken))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _callbacks(self, taken: Taken) -> None:
        """Post the statuses of one message, some lost, some out of order."""
        code = self.faults.undelivered.get(taken.to)
        statuses = ["sent", "undelivered" if code else "delivered"]
        if self.faults.random.random() < self.faults.shuffled_callbacks:
            statuses.reverse()
        for status in statuses:
            lost = self.faults.random.random() < self.faults.lost_callbacks
            if lost or taken.callback is None:
                continue
            parameters = {
                "AccountSid": ACCOUNT,
                "MessageSid": taken.sid,
                "MessageStatus": status,
                "SmsStatus": status,
            }
            if status == "undelivered":
                parameters["ErrorCode"] = str(code)
            await self._post(taken.callback, parameters)
        taken.status, taken.error_code = statuses[-1], code

    async def _post(self, url: str, parameters: dict[str, str]) -> bytes | None:
        """Post one signed form; None unless it was answered with a 2xx."""
        self.posted[urlsplit(url).path] += 1
        headers = {"X-Twilio-Signature": self._validator.compute_signature(url, parameters)}
        try:
            async with (
                asyncio.timeout(15),
                aiohttp.ClientSession() as session,
                session.post(url, data=parameters, headers=headers) as response,
            ):
                body = await response.read()
                return body if 200 <= response.status < 300 else None
        except (TimeoutError, aiohttp.ClientError, OSError):
            return None


def _authorised(request: web.Request) -> bool:
    expected = "Basic " + b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
    return hmac.compare_digest(request.headers.get("Authorization", ""), expected)


def _error(status: int, code: int) -> web.Response:
    document = {"code": code, "message": "refused", "more_info": "", "status": status}
    return web.json_response(document, status=status)


def _cut(request: web.Request) -> web.Response:
    """Break the connection off without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
