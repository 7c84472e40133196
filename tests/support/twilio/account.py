"""What a Twilio account is set to, as its API shows it: the part of the fake that nothing sends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Authorised = Callable[[web.Request], bool]
Refuse = Callable[[int, int], web.Response]


@dataclass
class OwnedNumber:
    """One of the account's numbers."""

    number: str
    sms: bool = True
    webhook: str = ""
    method: str = "POST"
    application: str = ""


@dataclass
class OwnedService:
    """One of the account's Messaging Services."""

    sid: str
    webhook: str | None = None
    method: str = "POST"
    by_number: bool = False
    pool: list[OwnedNumber] = field(default_factory=list)


@dataclass
class AccountSettings:
    """The settings, and a record of every question asked about them."""

    account: str
    status: str = "active"
    type: str = "Full"
    numbers: list[OwnedNumber] = field(default_factory=list)
    services: list[OwnedService] = field(default_factory=list)
    broken: bool = False
    """Every question is answered 500."""
    slow_seconds: float = 0.0
    asked: list[str] = field(default_factory=list)

    def add_routes(self, app: web.Application, authorised: Authorised, refuse: Refuse) -> None:
        """Serve the account, its numbers and its Messaging Services."""

        def guarded(answer: Callable[[web.Request], dict[str, Any] | None]) -> Any:
            async def handler(request: web.Request) -> web.Response:
                self.asked.append(f"{request.method} {request.path}")
                await asyncio.sleep(self.slow_seconds)
                if self.broken:
                    return refuse(500, 20500)
                if not authorised(request):
                    return refuse(401, 20003)
                document = answer(request)
                return refuse(404, 20404) if document is None else web.json_response(document)

            return handler

        base = f"/2010-04-01/Accounts/{self.account}"
        service = "/v1/Services/{sid}"
        for path, answer in (
            (f"{base}.json", self._account),
            (f"{base}/IncomingPhoneNumbers.json", self._numbers),
            (service, self._service),
            (f"{service}/PhoneNumbers", self._pool),
        ):
            app.router.add_get(path, guarded(answer), allow_head=False)

    def _account(self, _: web.Request) -> dict[str, Any]:
        return {"sid": self.account, "status": self.status, "type": self.type}

    def _numbers(self, request: web.Request) -> dict[str, Any]:
        wanted = request.query.get("PhoneNumber", "")
        found = [one for one in self.numbers if wanted in one.number]
        return {
            "incoming_phone_numbers": [
                {
                    "sid": f"PN{number:032x}",
                    "account_sid": self.account,
                    "phone_number": one.number,
                    "capabilities": {"voice": True, "sms": one.sms, "mms": False},
                    "sms_url": one.webhook,
                    "sms_method": one.method,
                    "sms_application_sid": one.application,
                }
                for number, one in enumerate(found)
            ],
            "next_page_uri": None,
        }

    def _find(self, request: web.Request) -> OwnedService | None:
        sid = request.match_info["sid"]
        return next((one for one in self.services if one.sid == sid), None)

    def _service(self, request: web.Request) -> dict[str, Any] | None:
        found = self._find(request)
        if found is None:
            return None
        return {
            "sid": found.sid,
            "account_sid": self.account,
            "inbound_request_url": found.webhook,
            "inbound_method": found.method,
            "use_inbound_webhook_on_number": found.by_number,
        }

    def _pool(self, request: web.Request) -> dict[str, Any] | None:
        found = self._find(request)
        if found is None:
            return None
        return {
            "phone_numbers": [
                {
                    "sid": f"PN{number:032x}",
                    "service_sid": found.sid,
                    "phone_number": one.number,
                    "capabilities": ["SMS", "Voice"] if one.sms else ["Voice"],
                }
                for number, one in enumerate(found.pool)
            ],
            "meta": {"key": "phone_numbers", "next_page_url": None},
        }
