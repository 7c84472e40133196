"""Twilio's wire format: signatures and replies as the SDK's own, what codes mean, forgeries."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from multidict import MultiDict
from pydantic import SecretStr
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse

from pro_service.domain.delivery.states import MessageState
from pro_service.messaging.gateway import (
    AmbiguousError,
    ForgedWebhookError,
    GatewayError,
    NotAcceptedError,
    OutboundText,
    RejectedError,
    UnreadableWebhookError,
    WebhookRequest,
    status_callback_url,
)
from pro_service.messaging.twilio import wire

TOKEN = SecretStr("0123456789abcdef0123456789abcdef")
SDK = RequestValidator(TOKEN.get_secret_value())
ACCOUNT = "AC" + "2" * 32
SID = "SM" + "1" * 32
BASE = "https://pro.example/hooks/twilio"
MESSAGE = UUID("01890000-0000-7000-8000-000000000001")
SERVICE = "MG" + "0" * 32
AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
TEXT = OutboundText(
    message_id=MESSAGE,
    our_address="+12025550100",
    their_address="+12025550143",
    body="How is your left knee?",
    status_callback=status_callback_url("https://pro.example", "twilio", MESSAGE),
)
INBOUND = {
    "MessageSid": SID,
    "AccountSid": ACCOUNT,
    "MessagingServiceSid": SERVICE,
    "From": "+12025550143",
    "To": "+12025550100",
    "Body": " 4 & 5 = ９%\n",
    "NumMedia": "1",
    "NumSegments": "1",
}

RECEIPT = [("AccountSid", ACCOUNT), ("MessageSid", SID)]


def posted(
    url: str,
    parameters: list[tuple[str, str]],
    *,
    sign: str | None = "",
    content_type: str | None = wire.FORM,
) -> WebhookRequest:
    """A webhook as Twilio posts it; `sign` None leaves the signature out, a text replaces it."""
    headers = {} if content_type is None else {"content-type": content_type}
    if sign == "":
        sign = SDK.compute_signature(url, MultiDict(parameters))
    if sign is not None:
        headers["x-twilio-signature"] = sign
    return WebhookRequest(url=url, headers=headers, body=urlencode(parameters).encode())


def ours_accepts(request: WebhookRequest) -> bool:
    """Whether our check takes the webhook for signed, whatever its content."""
    try:
        wire.parse_inbound(request, TOKEN, ACCOUNT)
    except ForgedWebhookError:
        return False
    except UnreadableWebhookError:
        return True
    return True


words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
names = st.text(st.sampled_from("ABCabc_1é"), min_size=1, max_size=6)
hosts = st.sampled_from(["pro.example", "127.0.0.1", "a-b.pro.example"])
ports = st.sampled_from(["", ":443", ":80", ":8080"])
queries = st.sampled_from(
    ["", "?message=1", "?b=2&a=1", "?a=%20x&a=%E5%9B%9B", "?", "?bodySHA256=00", "?a=b;c&x=/?"]
)
urls = st.builds(
    lambda scheme, host, port, query: f"{scheme}://{host}{port}/hooks/twilio/inbound{query}",
    st.sampled_from(["https", "http"]),
    hosts,
    ports,
    queries,
)


@given(urls, st.lists(st.tuples(names, words), max_size=6), urls, st.booleans())
@example(f"{BASE}/inbound", [("A", "2"), ("A", "1"), ("A", "2")], f"{BASE}/inbound", False)
@example("http://h:8080/x", [], "http://h/x", False)
@example("https://h/x", [("a", " ")], "https://h:443/x", False)
def test_our_signature_check_says_what_the_sdks_says(
    url: str, parameters: list[tuple[str, str]], signed_url: str, tampered: bool
) -> None:
    given_signature = SDK.compute_signature(signed_url, MultiDict(parameters))
    sent = [*parameters, ("extra", "1")] if tampered else parameters
    theirs = SDK.validate(url, MultiDict(sent), given_signature)
    assert ours_accepts(posted(url, sent, sign=given_signature)) is bool(theirs)


@given(st.text(st.characters(codec="ascii"), max_size=60), st.booleans(), st.booleans())
def test_our_check_of_a_json_body_says_what_the_sdks_says(
    body: str, true_hash: bool, changed: bool
) -> None:
    digest = hashlib.sha256(body.encode()).hexdigest() if true_hash else "0" * 64
    url = f"{BASE}/inbound?bodySHA256={digest}"
    given_signature = SDK.compute_signature(url, {})
    came = body + "x" if changed else body
    request = WebhookRequest(
        url=url,
        headers={"X-Twilio-Signature": given_signature, "Content-Type": "application/json"},
        body=came.encode(),
    )
    assert ours_accepts(request) is bool(SDK.validate(url, came, given_signature))


def test_a_json_body_without_its_hash_is_refused_where_the_sdk_would_crash() -> None:
    url = f"{BASE}/inbound"
    body = '{"MessageSid": "SM1"}'
    with pytest.raises(TypeError):
        SDK.validate(url, body, SDK.compute_signature(url, {}))
    request = WebhookRequest(
        url=url,
        headers={
            "X-Twilio-Signature": SDK.compute_signature(url, {}),
            "Content-Type": "application/json",
        },
        body=body.encode(),
    )
    with pytest.raises(ForgedWebhookError):
        wire.parse_inbound(request, TOKEN, ACCOUNT)


def test_a_signed_json_body_is_genuine_but_not_read() -> None:
    body = b"{}"
    url = f"{BASE}/inbound?bodySHA256={hashlib.sha256(body).hexdigest()}"
    headers = {
        "X-Twilio-Signature": SDK.compute_signature(url, {}),
        "Content-Type": "application/json",
    }
    with pytest.raises(UnreadableWebhookError):
        wire.parse_inbound(WebhookRequest(url=url, headers=headers, body=body), TOKEN, ACCOUNT)


@pytest.mark.parametrize("signature", [None, "x", "é", "=" * 28])
def test_a_missing_or_wrong_signature_is_a_forgery(signature: str | None) -> None:
    request = posted(f"{BASE}/inbound", list(INBOUND.items()), sign=signature)
    with pytest.raises(ForgedWebhookError):
        wire.parse_inbound(request, TOKEN, ACCOUNT)


def test_a_form_without_its_content_type_is_a_forgery() -> None:
    request = posted(f"{BASE}/inbound", list(INBOUND.items()), content_type=None)
    with pytest.raises(ForgedWebhookError):
        wire.parse_inbound(request, TOKEN, ACCOUNT)


def test_a_body_that_is_not_text_is_a_forgery() -> None:
    request = WebhookRequest(
        url=f"{BASE}/inbound",
        headers={"X-Twilio-Signature": "x", "Content-Type": wire.FORM},
        body=b"Body=%ff\xff",
    )
    with pytest.raises(ForgedWebhookError):
        wire.parse_inbound(request, TOKEN, ACCOUNT)


def test_an_inbound_text_comes_through_untrimmed() -> None:
    text = wire.parse_inbound(posted(f"{BASE}/inbound", list(INBOUND.items())), TOKEN, ACCOUNT)
    assert text.body == INBOUND["Body"]
    assert (text.provider_id, text.media_count) == (INBOUND["MessageSid"], 1)
    assert (text.our_address, text.service_address) == ("+12025550100", SERVICE)


@pytest.mark.parametrize(
    "changed",
    [[("MessageSid", "")], [("From", "+1")], [("To", "+12025550109")], [("NumMedia", "many")]],
)
def test_an_inbound_text_that_says_two_things_or_nothing_is_unreadable(
    changed: list[tuple[str, str]],
) -> None:
    names_changed = {name for name, value in changed if value == "" or name == "NumMedia"}
    kept = [pair for pair in INBOUND.items() if pair[0] not in names_changed]
    with pytest.raises(UnreadableWebhookError):
        wire.parse_inbound(posted(f"{BASE}/inbound", [*kept, *changed]), TOKEN, ACCOUNT)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("accepted", MessageState.accepted),
        ("scheduled", MessageState.accepted),
        ("queued", MessageState.accepted),
        ("sending", MessageState.accepted),
        ("sent", MessageState.sent),
        ("partially_delivered", MessageState.sent),
        ("delivered", MessageState.delivered),
        ("read", MessageState.delivered),
        ("undelivered", MessageState.undelivered),
        ("failed", MessageState.failed),
        ("canceled", MessageState.failed),
        ("receiving", None),
        ("received", None),
        ("teleported", None),
    ],
)
def test_every_status_has_its_state_and_an_unknown_one_is_kept(
    status: str, state: MessageState | None
) -> None:
    parameters = [*RECEIPT, ("MessageStatus", status), ("ErrorCode", "0")]
    receipt = wire.parse_status(posted(TEXT.status_callback or "", parameters), TOKEN, ACCOUNT)
    assert (receipt.status, receipt.provider_status) == (state, status)
    assert (receipt.message_id, receipt.error_code, receipt.effect) == (MESSAGE, None, None)


@pytest.mark.parametrize(
    ("code", "effect"),
    [
        ("21610", "opted_out"),
        ("30005", "bad_number"),
        ("30006", "bad_number"),
        ("30007", "hold"),
        ("30003", None),
        ("30008", None),
        ("99999", None),
        ("x", None),
    ],
)
def test_the_error_of_a_receipt_says_what_follows(code: str, effect: str | None) -> None:
    parameters = [*RECEIPT, ("SmsStatus", "undelivered"), ("ErrorCode", code)]
    receipt = wire.parse_status(posted(TEXT.status_callback or "", parameters), TOKEN, ACCOUNT)
    assert (receipt.error_code, receipt.effect) == (code, effect)


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (400, 21610, RejectedError("21610", "opted_out")),
        (400, 21211, RejectedError("21211", "bad_number")),
        (400, 21614, RejectedError("21614", "bad_number")),
        (401, 20003, RejectedError("20003", "hold")),
        (400, 21408, RejectedError("21408", "hold")),
        (400, 11111, RejectedError("11111", "hold")),
        (404, None, RejectedError("404", "hold")),
        (307, None, RejectedError("307", "hold")),
        (429, 20429, NotAcceptedError()),
        (429, None, NotAcceptedError()),
        (400, 30001, NotAcceptedError()),
        (408, None, AmbiguousError()),
        (500, 20500, AmbiguousError()),
        (503, 21610, AmbiguousError()),
    ],
)
def test_every_refusal_is_told_apart(status: int, code: int | None, error: GatewayError) -> None:
    found = wire.refusal(status, code)
    assert type(found) is type(error)
    assert str(found) == str(error)


xml_text = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cn"]) | st.sampled_from("\n\t\r"),
    max_size=60,
)


@given(xml_text, st.none() | xml_text.filter(bool))
@example("", 'https://x/?a=1&b="2"')
@example("<&>'\"]]>", None)
def test_our_reply_is_the_sdks_to_the_character(text: str, action: str | None) -> None:
    sdk = MessagingResponse()
    sdk.message(text, action=action, method=None if action is None else "POST")
    assert wire.encode_reply(text, action).body == str(sdk)


def test_silence_is_an_empty_response() -> None:
    assert wire.encode_reply(None, None).body == str(MessagingResponse())


def test_what_xml_cannot_carry_is_left_out_of_a_reply() -> None:
    assert "<Message>ab\nc</Message>" in wire.encode_reply("a\x00b\nc\ud800\uffff", None).body


def test_a_number_sends_as_from_and_a_service_as_a_service() -> None:
    assert wire.send_arguments(TEXT) == {
        "to": TEXT.their_address,
        "body": TEXT.body,
        "status_callback": TEXT.status_callback,
        "smart_encoded": False,
        "from_": TEXT.our_address,
    }
    by_service = wire.send_arguments(TEXT.model_copy(update={"our_address": SERVICE}))
    assert by_service["messaging_service_sid"] == SERVICE
    assert "from_" not in by_service


@pytest.mark.parametrize(
    ("valid_for", "seconds"),
    [
        (timedelta(minutes=90, microseconds=9), 5400),
        (timedelta(days=3), 36000),
        (timedelta(seconds=-5), 1),
    ],
)
def test_validity_is_whole_seconds_within_what_the_api_takes(
    valid_for: timedelta, seconds: int
) -> None:
    arguments = wire.send_arguments(TEXT.model_copy(update={"valid_for": valid_for}))
    assert arguments["validity_period"] == seconds


def listed(sid: str, **changed: Any) -> wire.Listed:
    fields: dict[str, Any] = {
        "sid": sid,
        "body": TEXT.body,
        "direction": "outbound-api",
        "to": TEXT.their_address,
        "from_": TEXT.our_address,
        "service": None,
        "created_at": AT,
    }
    return wire.Listed(**(fields | changed))


def test_a_listed_message_matches_by_body_addresses_and_time_only() -> None:
    latest = AT + timedelta(seconds=30)
    rows = [
        listed("late", created_at=AT + timedelta(seconds=20)),
        listed("ours"),
        listed("other body", body="How is your right knee?"),
        listed("a reply", direction="outbound-reply"),
        listed("to another", to="+12025550144"),
        listed("from another", from_="+12025550101"),
        listed("too early", created_at=AT - timedelta(minutes=3)),
        listed("too late", created_at=latest + timedelta(minutes=3)),
        listed("no date", created_at=None),
    ]
    assert wire.matching(rows, TEXT, AT, latest) == ["ours", "late"]
    assert "too late" in wire.matching(rows, TEXT, AT, None)


def test_a_message_whose_words_are_lost_matches_by_the_rest() -> None:
    lost = TEXT.model_copy(update={"words_known": False, "body": "(lost)"})
    rows = [listed("ours"), listed("to another", to="+12025550144")]
    assert wire.matching(rows, lost, AT, AT + timedelta(seconds=30)) == ["ours"]


def test_a_message_of_a_service_matches_by_the_service() -> None:
    text = TEXT.model_copy(update={"our_address": SERVICE})
    rows = [listed("ours", service=SERVICE, from_="+12025550177"), listed("not of it")]
    assert wire.matching(rows, text, AT, None) == ["ours"]


def test_the_signature_check_reads_nothing_from_request_headers() -> None:
    request = posted(f"{BASE}/inbound", list(INBOUND.items()))
    headers = {**request.headers, "host": "evil.example", "x-forwarded-host": "evil.example"}
    moved = request.model_copy(update={"headers": headers})
    assert wire.parse_inbound(moved, TOKEN, ACCOUNT).body == INBOUND["Body"]
    assert parse_qs(urlsplit(moved.url).query) == {}
