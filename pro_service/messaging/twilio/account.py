"""Reads what the Twilio account is set to, through the SDK; every call bounded, nothing sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeVar

from twilio.base.exceptions import TwilioException

from pro_service.messaging.checking import Finding
from pro_service.messaging.twilio import check, wire
from pro_service.messaging.twilio.check import AccountFacts, NumberFacts, ServiceFacts
from pro_service.messaging.twilio.gateway import UNREADABLE, TwilioGateway

BOUND_SECONDS: Final = 10.0
"""Bounds each question to Twilio."""
MOST_NUMBERS: Final = 400
"""Of a Messaging Service's pool; Twilio allows no more."""
_Result = TypeVar("_Result")


class NotAskedError(Exception):
    """Twilio could not be asked; its text says why, without an address or a number."""


async def check_twilio(
    gateway: TwilioGateway, senders: Sequence[str], public_url: str
) -> list[Finding]:
    """Credentials, then every sender with its webhook. Sends nothing."""
    try:
        account = await _ask(lambda: _account(gateway))
    except NotAskedError as error:
        return [check.unasked("credentials", str(error))]
    if account is None:
        return [check.refused_credentials()]
    findings = [check.check_account(account)]
    for address in senders:
        try:
            findings += await _check_sender(gateway, address, public_url)
        except NotAskedError as error:
            findings.append(check.unasked(f"sender {address}", str(error)))
    return findings


async def _check_sender(gateway: TwilioGateway, address: str, public_url: str) -> list[Finding]:
    if wire.is_service(address):
        service = await _ask(lambda: _service(gateway, address))
        return check.check_service(address, service, public_url)
    number = await _ask(lambda: _number(gateway, address))
    return check.check_number(address, number, public_url)


async def _ask(question: Callable[[], Awaitable[_Result]]) -> _Result | None:
    """The answer; None where Twilio says there is none, or not for us. Raises NotAskedError."""
    try:
        async with asyncio.timeout(BOUND_SECONDS):
            return await question()
    except TwilioException as error:
        status = getattr(error, "status", None)
        if status in (401, 403, 404):
            return None
        raise NotAskedError(f"HTTP {status}" if status else type(error).__name__) from None
    except UNREADABLE as error:
        raise NotAskedError(type(error).__name__) from None


async def _account(gateway: TwilioGateway) -> AccountFacts:
    client = await gateway.client()
    found = await client.api.accounts(client.account_sid).fetch_async()
    return AccountFacts(status=found.status, type=found.type)


async def _number(gateway: TwilioGateway, address: str) -> NumberFacts | None:
    client = await gateway.client()
    listed = await client.incoming_phone_numbers.list_async(phone_number=address, limit=20)
    found = next((one for one in listed if one.phone_number == address), None)
    if found is None:
        return None
    return NumberFacts(
        number=address,
        texts=bool(_capability(found.capabilities, "sms")),
        webhook=found.sms_url or None,
        method=found.sms_method,
        application=found.sms_application_sid or None,
    )


async def _service(gateway: TwilioGateway, address: str) -> ServiceFacts:
    client = await gateway.client()
    if gateway.api_base is not None:
        client.messaging.base_url = gateway.api_base
    service = client.messaging.v1.services(address)
    found = await service.fetch_async()
    pool = await service.phone_numbers.list_async(limit=MOST_NUMBERS)
    return ServiceFacts(
        webhook=found.inbound_request_url or None,
        method=found.inbound_method,
        by_number=bool(found.use_inbound_webhook_on_number),
        numbers=tuple(
            NumberFacts(number=one.phone_number, texts=_capability(one.capabilities, "sms"))
            for one in pool
        ),
    )


def _capability(capabilities: Any, name: str) -> bool:
    """A number's capabilities are a mapping in one API and a list of names in the other."""
    if isinstance(capabilities, dict):
        return bool(capabilities.get(name) or capabilities.get(name.upper()))
    return any(str(one).lower() == name for one in capabilities or ())
