"""The simulator's wire format: round trips, forgeries, refusals."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from pro_service.domain.delivery.states import MessageState
from pro_service.domain.tables.characters import is_control, without_controls
from pro_service.messaging.gateway import (
    ForgedWebhookError,
    InboundText,
    OutboundText,
    RecutWebhookError,
    UnreadableWebhookError,
    WebhookRequest,
    message_id_of,
    status_callback_url,
)
from pro_service.messaging.simulator import wire

SECRET = SecretStr("a secret of the tests")
URL = "https://pro.example/hooks/simulator/inbound"
MESSAGE = UUID("01890000-0000-7000-8000-000000000001")
STATUS_URL = status_callback_url("https://pro.example/", "simulator", MESSAGE)
INBOUND = InboundText(
    provider_id="p1",
    our_address="+12025550100",
    their_address="+12025550143",
    body=" 4 & 5 = ９%\n",
    media_count=1,
)


def signed(parameters: dict[str, str], url: str = URL, **changed: str) -> WebhookRequest:
    """A webhook signed over `parameters`, with some of them changed after signing."""
    return WebhookRequest(
        url=url,
        headers={wire.SIGNATURE_HEADER.lower(): wire.sign(SECRET, url, parameters)},
        body=wire.encode_form({**parameters, **changed}),
    )


def test_inbound_text_comes_through_unchanged() -> None:
    assert wire.parse_inbound(signed(wire.encode_inbound(INBOUND)), SECRET) == INBOUND


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_any_body_comes_through_unchanged_but_for_control_characters(body: str) -> None:
    sent = INBOUND.model_copy(update={"body": body})
    read = wire.parse_inbound(signed(wire.encode_inbound(sent)), SECRET).body
    assert read == without_controls(body)
    assert read == body or any(is_control(one) for one in body)


@pytest.mark.parametrize(
    "changed", [{"body": "5"}, {"from": "+12025550144"}, {"to": "+12025550101"}, {"extra": "1"}]
)
def test_webhook_changed_after_signing_is_a_forgery(changed: dict[str, str]) -> None:
    with pytest.raises(ForgedWebhookError):
        wire.parse_inbound(signed(wire.encode_inbound(INBOUND), **changed), SECRET)


def test_webhook_signed_for_another_address_is_a_forgery() -> None:
    request = signed(wire.encode_inbound(INBOUND)).model_copy(update={"url": URL + "?x=1"})
    with pytest.raises(ForgedWebhookError):
        wire.parse_inbound(request, SECRET)


@pytest.mark.parametrize(
    "headers", [{}, {"x-simulator-signature": "é"}, {"x-simulator-signature": ""}]
)
def test_webhook_without_a_right_signature_is_a_forgery(headers: dict[str, str]) -> None:
    request = signed(wire.encode_inbound(INBOUND)).model_copy(update={"headers": headers})
    with pytest.raises(ForgedWebhookError):
        wire.parse_inbound(request, SECRET)


@pytest.mark.parametrize("body", [b"", b"\xff", b"{}", b"a=1&a=2", b"a=%ff", b"a=1&" * 60])
def test_body_that_is_no_form_is_unreadable(body: bytes) -> None:
    request = signed({}).model_copy(update={"body": body})
    with pytest.raises(UnreadableWebhookError):
        wire.parse_inbound(request, SECRET)


@pytest.mark.parametrize(
    "parameters", [{"id": "p1"}, {**wire.encode_inbound(INBOUND), "media_count": "x"}]
)
def test_signed_inbound_lacking_fields_is_unreadable(parameters: dict[str, str]) -> None:
    with pytest.raises(UnreadableWebhookError):
        wire.parse_inbound(signed(parameters), SECRET)


def test_receipt_names_our_message_from_the_callback_address() -> None:
    request = signed(wire.encode_status("p1", "undelivered", "30003"), url=STATUS_URL)
    receipt = wire.parse_status(request, SECRET)
    assert receipt.message_id == MESSAGE
    assert receipt.status is MessageState.undelivered
    assert receipt.error_code == "30003"


def test_unknown_status_is_kept_in_the_providers_words() -> None:
    receipt = wire.parse_status(signed(wire.encode_status("p1", "pondering", None)), SECRET)
    assert receipt.status is None
    assert receipt.provider_status == "pondering"
    assert receipt.message_id is None


@pytest.mark.parametrize(
    "changed",
    [
        {"id": ""},
        {"id": "p1\nbody"},
        {"id": "p 1"},
        {"id": "x" * 65},
        {"body": None},
        {"from": None},
    ],
)
def test_m14_a_signed_webhook_not_of_the_exact_form_is_refused(
    changed: dict[str, str | None],
) -> None:
    made = wire.encode_inbound(INBOUND) | changed
    parameters = {name: value for name, value in made.items() if value is not None}
    with pytest.raises(RecutWebhookError):
        wire.parse_inbound(signed(parameters), SECRET)
    with pytest.raises(RecutWebhookError):
        wire.parse_status(signed({"id": "p1 ", "status": "sent"}), SECRET)


def test_signed_receipt_without_a_status_is_unreadable() -> None:
    with pytest.raises(UnreadableWebhookError):
        wire.parse_status(signed({"id": "p1"}), SECRET)


@pytest.mark.parametrize("url", ["https://a.example/?message=nonsense", "https://a.example/", "x"])
def test_address_without_our_id_names_no_message(url: str) -> None:
    assert message_id_of(url) is None


@pytest.mark.parametrize("valid_for", [None, timedelta(hours=2)])
def test_request_to_send_comes_through_unchanged(valid_for: timedelta | None) -> None:
    text = OutboundText(
        message_id=MESSAGE,
        our_address="+12025550100",
        their_address="+12025550143",
        body="疼痛 0-10?",
        status_callback=STATUS_URL,
        valid_for=valid_for,
    )
    assert wire.parse_send(wire.encode_form(wire.encode_send(text))) == text


@pytest.mark.parametrize("body", [b"to=1", b"reference=x&from=a&to=b&body=c&status_callback=d"])
def test_request_to_send_lacking_fields_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableWebhookError):
        wire.parse_send(body)


def test_reply_comes_through_and_silence_stays_silence() -> None:
    body = wire.encode_reply("谢谢", STATUS_URL)
    assert body.content_type == "application/json"
    assert wire.parse_reply(body.body.encode()) == ("谢谢", STATUS_URL)
    assert wire.encode_reply(None, None).body == "{}"
    assert wire.parse_reply(b"{}") is None
    assert wire.parse_reply(b"<html>") is None
    assert wire.parse_reply(b'{"reply": {"text": ""}}') is None


def test_unknown_refusal_holds_the_message_for_a_person() -> None:
    assert wire.rejection_of(b'{"code": "bad_number"}', 400) == ("bad_number", "bad_number")
    assert wire.rejection_of(b'{"code": "opted_out"}', 400) == ("opted_out", "opted_out")
    assert wire.rejection_of(b'{"code": "30007"}', 400) == ("30007", "hold")
    assert wire.rejection_of(b"oops", 404) == ("http_404", "hold")


def test_records_show_neither_numbers_nor_bodies_nor_signatures() -> None:
    text = OutboundText(
        message_id=MESSAGE,
        our_address="+12025550100",
        their_address="+12025550143",
        body="secret words",
        status_callback=STATUS_URL,
    )
    request = signed(wire.encode_inbound(INBOUND))
    shown = f"{text!r} {text} {INBOUND!r} {INBOUND} {request!r} {request}"
    signature = request.headers[wire.SIGNATURE_HEADER.lower()]
    for hidden in ("202555", "secret words", "９", "%EF", signature):
        assert hidden not in shown
