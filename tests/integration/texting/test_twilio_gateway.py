"""The real SDK against the Twilio fake: what a call means when anything can go wrong."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from pydantic import SecretStr
from werkzeug.datastructures import Headers, ImmutableMultiDict

from pro_service.messaging.gateway import (
    AmbiguousError,
    LookupFailedError,
    NotAcceptedError,
    OutboundText,
    RejectedError,
    status_callback_url,
)
from pro_service.messaging.twilio.gateway import TwilioGateway
from pro_service.store.ids import new_id
from tests.support.twilio.fake import TOKEN, TwilioFake
from tests.support.twilio.faults import Fault
from tests.support.twilio.taken import ACCOUNT

OURS = "+12025550100"
THEIRS = "+12025550143"
SERVICE = "MG" + "b" * 32
DESCRIPTION = Path(__file__).parents[4] / "shared" / "facts" / "twilio_messages_openapi.json"


@dataclass
class Parts:
    """The fake, served, and the gateway that calls it."""

    fake: TwilioFake
    gateway: TwilioGateway
    base: str

    def text(self, body: str = "How is your knee?", **changed: Any) -> OutboundText:
        """A text to send, under an id of its own."""
        message_id = new_id()
        return OutboundText(
            message_id=message_id,
            our_address=OURS,
            their_address=THEIRS,
            body=body,
            status_callback=status_callback_url("http://127.0.0.1:1", "twilio", message_id),
        ).model_copy(update=changed)

    async def find(self, text: OutboundText) -> list[str]:
        """The ids the list has for a text."""
        found = await self.gateway.find(
            text, earliest=datetime.now(UTC) - timedelta(minutes=1), latest=None
        )
        return [one.provider_id for one in found]


@pytest.fixture
async def parts() -> AsyncIterator[Parts]:
    fake = TwilioFake()
    async with TestServer(fake.application(), access_log=None) as server:
        base = str(server.make_url("")).rstrip("/")
        gateway = TwilioGateway(
            ACCOUNT, SecretStr(TOKEN), api_base=base, call_bound=timedelta(seconds=20)
        )
        yield Parts(fake, gateway, base)
        fake.closing.set()
        await gateway.close()


@pytest.fixture
async def hasty(parts: Parts) -> AsyncIterator[TwilioGateway]:
    """A gateway that soon gives up."""
    gateway = TwilioGateway(
        ACCOUNT, SecretStr(TOKEN), api_base=parts.base, call_bound=timedelta(seconds=0.5)
    )
    yield gateway
    await gateway.close()


async def test_a_text_goes_once_with_callback_validity_and_sender(parts: Parts) -> None:
    text = parts.text("四 & 5", valid_for=timedelta(minutes=10))
    accepted = await parts.gateway.send(text)
    (taken,) = parts.fake.taken
    assert taken.sid == accepted.provider_id
    assert (taken.to, taken.from_, taken.body) == (THEIRS, OURS, "四 & 5")
    assert (taken.validity, taken.reference) == (600, str(text.message_id))
    assert (taken.callback, taken.service) == (text.status_callback, None)


async def test_a_messaging_service_chooses_the_number(parts: Parts) -> None:
    text = parts.text(our_address=SERVICE)
    await parts.gateway.send(text)
    (taken,) = parts.fake.taken
    assert (taken.service, taken.from_) == (SERVICE, parts.fake.pool_number)
    assert await parts.find(text) == [taken.sid]


async def test_two_hundred_sends_at_once_get_their_own_ids(parts: Parts) -> None:
    parts.fake.faults.rate, parts.fake.faults.kinds = 1.0, ("slow",)
    texts = [parts.text(f"text {n}") for n in range(200)]
    accepted = await asyncio.gather(*(parts.gateway.send(text) for text in texts))
    by_sid = {taken.sid: taken.reference for taken in parts.fake.taken}
    assert [by_sid[one.provider_id] for one in accepted] == [str(t.message_id) for t in texts]


@pytest.mark.parametrize(
    "fault",
    [
        "timeout after accepting",
        "error after accepting",
        "reset after accepting",
        "nonsense",
    ],
)
async def test_a_text_accepted_in_a_broken_call_is_ambiguous_and_found(
    parts: Parts, hasty: TwilioGateway, fault: Fault
) -> None:
    parts.fake.faults.next_sends.append(fault)
    text = parts.text()
    with pytest.raises(AmbiguousError) as caught:
        await hasty.send(text)
    assert not caught.value.retryable
    assert parts.fake.calls == 1
    assert await parts.find(text) == [parts.fake.taken[0].sid]


@pytest.mark.parametrize("fault", ["error", "reset"])
async def test_a_broken_call_is_ambiguous_and_made_once_though_nothing_was_taken(
    parts: Parts, fault: Fault
) -> None:
    await parts.gateway.send(parts.text("first"))  # so that a kept connection is what breaks
    parts.fake.faults.next_sends.append(fault)
    text = parts.text()
    with pytest.raises(AmbiguousError):
        await parts.gateway.send(text)
    assert parts.fake.calls == 2
    assert await parts.find(text) == []


async def test_429_is_definite_and_may_be_tried_again(parts: Parts) -> None:
    parts.fake.faults.next_sends.append("429")
    with pytest.raises(NotAcceptedError) as caught:
        await parts.gateway.send(parts.text())
    assert caught.value.retryable
    assert parts.fake.taken == []


async def test_nobody_listening_is_definite_and_may_be_tried_again() -> None:
    gateway = TwilioGateway(ACCOUNT, SecretStr(TOKEN), api_base=f"http://127.0.0.1:{unused_port()}")
    text = Parts(TwilioFake(), gateway, "").text()
    try:
        with pytest.raises(NotAcceptedError) as caught:
            await gateway.send(text)
        with pytest.raises(LookupFailedError):
            await gateway.find(text, earliest=datetime.now(UTC), latest=None)
    finally:
        await gateway.close()
    assert THEIRS not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "code", "effect"),
    [(400, 21610, "opted_out"), (400, 21211, "bad_number"), (403, 21408, "hold")],
)
async def test_a_refusal_for_good_says_what_follows(
    parts: Parts, status: int, code: int, effect: str
) -> None:
    parts.fake.faults.refused[THEIRS] = (status, code)
    with pytest.raises(RejectedError) as caught:
        await parts.gateway.send(parts.text())
    assert (caught.value.code, caught.value.effect) == (str(code), effect)


async def test_a_wrong_token_holds_the_text_for_a_person(parts: Parts) -> None:
    stranger = TwilioGateway(ACCOUNT, SecretStr("wrong"), api_base=parts.base)
    try:
        with pytest.raises(RejectedError) as caught:
            await stranger.send(parts.text())
        with pytest.raises(LookupFailedError):
            await stranger.find(parts.text(), earliest=datetime.now(UTC), latest=None)
    finally:
        await stranger.close()
    assert (caught.value.code, caught.value.effect) == ("20003", "hold")


async def test_the_list_does_not_show_a_reply_or_what_another_text_says(parts: Parts) -> None:
    await parts.gateway.send(parts.text("other words"))
    assert await parts.find(parts.text()) == []


async def test_the_process_environment_does_not_move_the_calls(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_REGION", "ie1")
    monkeypatch.setenv("TWILIO_EDGE", "dublin")
    await parts.gateway.send(parts.text())
    assert len(parts.fake.taken) == 1


async def test_no_log_line_carries_a_number_or_a_text(
    parts: Parts, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    text = parts.text()
    await parts.gateway.send(text)
    await parts.find(text)
    ours = [r for r in caplog.records if not r.name.startswith(("asyncio", "aiohttp"))]
    assert [r.getMessage() for r in ours if THEIRS[1:] in r.getMessage()] == []
    assert [r.name for r in ours if "twilio" in r.name] == []


async def test_a_closed_gateway_can_be_used_again(parts: Parts) -> None:
    await parts.gateway.send(parts.text())
    await parts.gateway.close()
    await parts.gateway.send(parts.text())
    assert len(parts.fake.taken) == 2


class Seen:
    """A request as openapi-core wants it."""

    def __init__(self, request: web.Request, body: bytes) -> None:
        self.host_url = str(request.url.origin())
        self.path = request.path
        self.method = request.method.lower()
        self.content_type = request.headers.get("Content-Type", "")
        self.body = body
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(list(request.query.items())),
            header=Headers(list(request.headers.items())),
            cookie=ImmutableMultiDict(),
        )


class Answered:
    """A response as openapi-core wants it."""

    def __init__(self, response: web.Response) -> None:
        self.status_code = response.status
        self.content_type = "application/json"
        self.headers = Headers(list(response.headers.items()))
        self.data = response.body if isinstance(response.body, bytes) else b""


@pytest.mark.skipif(
    not DESCRIPTION.is_file(), reason="Twilio's OpenAPI description is not beside the checkout"
)
async def test_what_the_sdk_sends_and_the_fake_answers_fits_twilios_description(
    parts: Parts,
) -> None:
    exchanges: list[tuple[Seen, Answered]] = []

    def watch(request: web.Request, body: bytes, response: web.Response | None) -> None:
        assert response is not None
        exchanges.append((Seen(request, body), Answered(response)))

    parts.fake.watch = watch
    text = parts.text(valid_for=timedelta(minutes=5))
    await parts.gateway.send(text)
    await parts.gateway.send(parts.text(our_address=SERVICE))
    await parts.find(text)

    document = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
    for path in document["paths"].values():
        path["servers"] = [{"url": parts.base}]
    api = OpenAPI.from_dict(document)
    for request, response in exchanges:
        api.validate_request(request)
        api.validate_response(request, response)
    assert [request.method for request, _ in exchanges] == ["post", "post", "get"]

    request, response = exchanges[0]
    request.body += b"&ScheduleType=soon"
    with pytest.raises(OpenAPIError):  # the description does refuse something
        api.validate_request(request)
    response.data = b'{"sid": 5}'
    with pytest.raises(OpenAPIError):
        api.validate_response(request, response)
