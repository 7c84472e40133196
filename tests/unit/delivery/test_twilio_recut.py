"""A signed webhook of Twilio, cut anew so that its signature still fits, says nothing new (M14)."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from pro_service.messaging.gateway import (
    DeliveryReceipt,
    ForgedWebhookError,
    InboundText,
    RecutWebhookError,
    UnreadableWebhookError,
    WebhookRequest,
)
from pro_service.messaging.twilio import wire
from pro_service.messaging.twilio.forms import EXACT, INBOUND

TOKEN = SecretStr("0123456789abcdef0123456789abcdef")
ACCOUNT = "AC" + "2" * 32
SID = "SM" + "1" * 32
URL = "https://pro.example/hooks/twilio/inbound"
STATUS_URL = "https://pro.example/hooks/twilio/status?message=01890000-0000-7000-8000-000000000001"
TEXT = {
    "AccountSid": ACCOUNT,
    "ApiVersion": "2010-04-01",
    "Body": "4",
    "From": "+12025550143",
    "FromCity": "",
    "FromCountry": "US",
    "FromState": "CA",
    "FromZip": "",
    "MessageSid": SID,
    "MessagingServiceSid": "MG" + "3" * 32,
    "NumMedia": "0",
    "NumSegments": "1",
    "SmsMessageSid": SID,
    "SmsSid": SID,
    "SmsStatus": "received",
    "To": "+12025550100",
    "ToCity": "",
    "ToCountry": "US",
}
RECEIPT = {
    "AccountSid": ACCOUNT,
    "ApiVersion": "2010-04-01",
    "ErrorCode": "30005",
    "From": "+12025550100",
    "MessageSid": SID,
    "MessageStatus": "undelivered",
    "SmsSid": SID,
    "SmsStatus": "undelivered",
    "To": "+12025550143",
}
Pairs = list[tuple[str, str]]


def posted(url: str, pairs: Pairs, signature: str) -> WebhookRequest:
    """A webhook with these parameters under a signature made for others."""
    headers = {wire.SIGNATURE_HEADER: signature, "Content-Type": wire.FORM}
    return WebhookRequest(url=url, headers=headers, body=urlencode(pairs).encode())


def signature_of(url: str, pairs: Pairs) -> str:
    """What Twilio signs."""
    parameters: dict[str, list[str]] = {}
    for name, value in pairs:
        parameters.setdefault(name, []).append(value)
    return wire.signature(TOKEN, url, parameters)


def cuts(parameters: dict[str, str]) -> Iterator[Pairs]:
    """The parameters with one boundary moved, with neighbours folded, or with one split in two."""
    pairs = sorted(parameters.items())
    for place, (name, value) in enumerate(pairs):
        for last in range(place + 1, len(pairs)):
            folded = value + "".join(n + v for n, v in pairs[place + 1 : last + 1])
            yield [*pairs[:place], (name, folded), *pairs[last + 1 :]]
        whole = name + value
        for at in range(1, len(whole) + 1):
            yield [*pairs[:place], (whole[:at], whole[at:]), *pairs[place + 1 :]]
            for again in range(at + 1, len(whole) + 1):
                two = [(whole[:at], whole[at:again]), (whole[again:], "")]
                yield [*pairs[:place], *(one for one in two if one[0]), *pairs[place + 1 :]]


def read(url: str, pairs: Pairs, signature: str) -> InboundText | DeliveryReceipt | None:
    """What we take from a webhook; None for what is refused."""
    parse = wire.parse_inbound if "inbound" in url else wire.parse_status
    try:
        return parse(posted(url, pairs, signature), TOKEN, ACCOUNT)
    except (ForgedWebhookError, RecutWebhookError):
        return None


@pytest.mark.parametrize(
    ("url", "parameters"),
    [
        (URL, TEXT),
        (URL, TEXT | {"Body": "my knee Body 4"}),
        (URL, TEXT | {"Body": "STOP", "OptOutType": "STOP"}),
        (URL, {name: TEXT[name] for name in INBOUND}),
        (STATUS_URL, RECEIPT),
    ],
)
def test_m14_no_cut_whose_signature_fits_says_anything_else(
    url: str, parameters: dict[str, str]
) -> None:
    genuine = sorted(parameters.items())
    signature = signature_of(url, genuine)
    said = read(url, genuine, signature)
    assert said is not None
    fitting = [cut for cut in cuts(parameters) if signature_of(url, cut) == signature]
    assert len(fitting) > 100
    assert {read(url, cut, signature) for cut in fitting} <= {said, None}


@pytest.mark.parametrize(
    "changed",
    [
        # The three of the field case, word for word.
        {"MessageSid": SID + "NumMedia0", "NumMedia": None},
        {"Body": None, "Bod": "y4"},
        {"AccountSid": "AC" + "9" * 32},
        # Their neighbours.
        {"MessageSid": "SM1"},
        {"MessageSid": "XX" + "1" * 32},
        {"MessageSid": SID + "1"},
        {"MessageSid": SID + "\n"},
        {"MessageSid": ""},
        {"AccountSid": None},
        {"From": None},
        {"From": "+12025550143FromCityX"},
        {"To": ""},
        {"Body": None},
        {"NumMedia": None},
        {"NumMedia": "many"},
        {"SmsSid": "SM" + "9" * 32},
        {"MessagingServiceSid": "MG1"},
    ],
)
def test_m14_a_signed_text_that_is_not_of_the_exact_form_is_refused(
    changed: dict[str, str | None],
) -> None:
    made = {name: value for name, value in (TEXT | changed).items() if value is not None}
    pairs = sorted(made.items())
    request = posted(URL, pairs, signature_of(URL, pairs))
    with pytest.raises(RecutWebhookError):
        wire.parse_inbound(request, TOKEN, ACCOUNT)


@pytest.mark.parametrize(
    "changed",
    [
        {"MessageSid": "SM1"},
        {"MessageSid": SID + "MessageStatusdelivered", "MessageStatus": None},
        {"AccountSid": "AC" + "9" * 32},
        {"AccountSid": None},
        {"MessageStatus": None, "SmsStatus": None},
        {"MessageStatus": "deliveredSmsSid"},
        {"ErrorCode": "30005From+1"},
        {"ErrorCode": None, "ApiVersion": "2010-04-01ErrorCode30005"},
    ],
)
def test_m14_a_signed_receipt_that_is_not_of_the_exact_form_is_refused(
    changed: dict[str, str | None],
) -> None:
    made = {name: value for name, value in (RECEIPT | changed).items() if value is not None}
    pairs = sorted(made.items())
    with pytest.raises(RecutWebhookError):
        wire.parse_status(
            posted(STATUS_URL, pairs, signature_of(STATUS_URL, pairs)), TOKEN, ACCOUNT
        )


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40))
def test_m14_whatever_somebody_writes_comes_through(body: str) -> None:
    pairs = sorted((TEXT | {"Body": body}).items())
    try:
        text = wire.parse_inbound(posted(URL, pairs, signature_of(URL, pairs)), TOKEN, ACCOUNT)
    except UnreadableWebhookError as error:  # pragma: no cover - a failure's words
        raise AssertionError(body) from error
    assert text.provider_id == SID


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MessageSid", "MM" + "0123456789abcdef" * 2),
        ("From", "57801"),
        ("From", "whatsapp:+12025550143"),
        ("From", "Knee Team"),
        ("NumMedia", "10"),
        ("SmsStatus", "receiving"),
    ],
)
def test_m14_every_genuine_form_is_taken(name: str, value: str) -> None:
    assert EXACT[name].fullmatch(value)
