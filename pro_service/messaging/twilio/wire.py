"""Twilio's wire format: what is asked of the API, how webhooks are signed, what we answer. No I/O.

A webhook carries `X-Twilio-Signature`: base64 of HMAC-SHA-1 under the account's token over the
public URL followed by every parameter's name and value, sorted. It has no time stamp: an old
request can be sent again, so the message's own id is the defence against copies; `forms` says what
keeps an old request from being cut anew.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qs, parse_qsl, urlsplit

from pydantic import SecretStr

from pro_service.domain.delivery.states import MessageState
from pro_service.messaging.gateway import (
    AmbiguousError,
    DeliveryReceipt,
    Effect,
    ForgedWebhookError,
    GatewayError,
    InboundText,
    NotAcceptedError,
    OutboundText,
    RecutWebhookError,
    RejectedError,
    ReplyBody,
    UnreadableWebhookError,
    WebhookRequest,
    media_count_of,
    message_id_of,
    verdict_of,
)
from pro_service.messaging.twilio.forms import INBOUND, STATUS, check_genuine

NAME: Final = "twilio"
SIGNATURE_HEADER: Final = "X-Twilio-Signature"
FORM: Final = "application/x-www-form-urlencoded"
MOST_FIELDS: Final = 200
LONGEST_VALIDITY: Final = timedelta(hours=10)
"""The API takes 1 to 36,000 seconds."""
CLOCK_MARGIN: Final = timedelta(minutes=2)
"""How far Twilio's clock may differ from ours; its `date_created` has whole seconds."""

_PORTS: Final = {"https": 443, "http": 80}
_SERVICE: Final = re.compile(r"MG[0-9a-fA-F]{32}")

_STATES: Final[dict[str, MessageState]] = {
    "accepted": MessageState.accepted,
    "scheduled": MessageState.accepted,
    "queued": MessageState.accepted,
    "sending": MessageState.accepted,
    "sent": MessageState.sent,
    # Some of its segments arrived: it is with the network, and nobody knows more.
    "partially_delivered": MessageState.sent,
    "delivered": MessageState.delivered,
    "read": MessageState.delivered,
    "undelivered": MessageState.undelivered,
    "failed": MessageState.failed,
    "canceled": MessageState.failed,
}

# What an error code means, in an answer to a send as in a receipt. An unknown one holds the
# message for a person.
_EFFECTS: Final[dict[int, Effect]] = {
    21610: "opted_out",
    21211: "bad_number",
    21614: "bad_number",
    30005: "bad_number",
    30006: "bad_number",
    20003: "hold",
    21408: "hold",
    30004: "hold",
    30007: "hold",
}
_LATER: Final = frozenset({20429, 30001, 30003, 30008})
"""Not taken now, or not reached now: no lasting fault of the number or of the text."""


@dataclass(frozen=True)
class Listed:
    """One row of the provider's list, as far as it can be compared."""

    sid: str
    body: str
    direction: str
    to: str
    from_: str | None
    service: str | None
    created_at: datetime | None


def send_arguments(text: OutboundText) -> dict[str, object]:
    """The arguments of the SDK's `messages.create_async`."""
    arguments: dict[str, object] = {
        "to": text.their_address,
        "body": text.body,
        # A Messaging Service may swap characters unless told not to; then neither the counted
        # segments nor the search by body would fit what was sent.
        "smart_encoded": False,
    }
    if text.status_callback is not None:
        arguments["status_callback"] = text.status_callback
    sender = "messaging_service_sid" if is_service(text.our_address) else "from_"
    arguments[sender] = text.our_address
    if text.valid_for is not None:
        period = min(max(text.valid_for, timedelta(seconds=1)), LONGEST_VALIDITY)
        arguments["validity_period"] = int(period.total_seconds())
    return arguments


def is_service(our_address: str) -> bool:
    """Whether one of our addresses is a Messaging Service instead of a number."""
    return _SERVICE.fullmatch(our_address) is not None


def refusal(status: int, code: object) -> GatewayError:
    """The error that an unsuccessful answer to a send is: HTTP status, and Twilio's own code.

    429 and overload are definite: not accepted. 5xx and 408 leave open whether it was taken.
    """
    number = code if isinstance(code, int) else None
    effect = None if number is None else _EFFECTS.get(number)
    if status >= 500 or status == 408:
        return AmbiguousError()
    if status == 429 or number in _LATER:
        return NotAcceptedError()
    return RejectedError(str(number or status), effect or "hold")


def effect_of(error_code: str | None) -> Effect | None:
    """What the error code of a receipt asks for; None for none, or one that passes by itself."""
    if error_code is None or re.fullmatch(r"[0-9]{1,9}", error_code) is None:
        return None
    number = int(error_code)
    return None if number in _LATER else _EFFECTS.get(number)


def matching(
    rows: Sequence[Listed], text: OutboundText, earliest: datetime, latest: datetime | None
) -> list[str]:
    """The ids of the listed messages that can be `text`, in the order they were made.

    The list returns neither our callback nor any reference of ours. What it does return and what a
    message of ours cannot lack is compared: made as ours was, the same body to the character,
    the same two addresses, made while our call can have been under way. A row without a date
    proves nothing and is left out. The caller drops ids it knows to be other messages'.
    """
    service = text.our_address if is_service(text.our_address) else None
    direction = "outbound-reply" if text.in_answer else "outbound-api"
    found = [
        row
        for row in rows
        if row.direction == direction
        and row.to == text.their_address
        and (row.body == text.body or not text.words_known)
        and (row.service == service if service else row.from_ == text.our_address)
        and row.created_at is not None
        and row.created_at >= earliest - CLOCK_MARGIN
        and (latest is None or row.created_at <= latest + CLOCK_MARGIN)
    ]
    return [row.sid for row in sorted(found, key=lambda row: (row.created_at, row.sid))]


def signature(token: SecretStr, url: str, parameters: Mapping[str, Sequence[str]]) -> str:
    """The signature of a webhook to exactly `url` with these parameters."""
    signed = [url]
    for name in sorted(parameters):
        signed += (name + value for value in sorted(set(parameters[name])))
    key = token.get_secret_value().encode("utf-8")
    # SHA-1 is what Twilio signs with; as a keyed hash it is still sound.
    digest = hmac.new(key, "".join(signed).encode("utf-8", "surrogatepass"), hashlib.sha1)
    return base64.b64encode(digest.digest()).decode("ascii")


def parse_inbound(request: WebhookRequest, token: SecretStr, account: str) -> InboundText:
    """Check and read an inbound webhook about our account.

    Raises ForgedWebhookError, RecutWebhookError, UnreadableWebhookError.
    """
    parameters = _verified(request, token)
    check_genuine(parameters, INBOUND, account)
    try:
        return InboundText(
            provider_id=_only(parameters, "MessageSid"),
            our_address=_only(parameters, "To"),
            their_address=_only(parameters, "From"),
            body=_first(parameters, "Body") or "",
            media_count=media_count_of(_first(parameters, "NumMedia") or "0"),
            service_address=_first(parameters, "MessagingServiceSid"),
            verdict=verdict_of(_first(parameters, "OptOutType")),
        )
    except ValueError:
        raise UnreadableWebhookError("An inbound text lacks a field or spoils one.") from None


def parse_status(request: WebhookRequest, token: SecretStr, account: str) -> DeliveryReceipt:
    """Check and read a status webhook about our account.

    Raises ForgedWebhookError, RecutWebhookError, UnreadableWebhookError.
    """
    parameters = _verified(request, token)
    check_genuine(parameters, STATUS, account)
    try:
        provider_id = _only(parameters, "MessageSid")
        status = _first(parameters, "MessageStatus") or _only(parameters, "SmsStatus")
    except ValueError:
        raise RecutWebhookError("A signed receipt lacks its status.") from None
    error_code = _first(parameters, "ErrorCode")
    if error_code in ("", "0"):
        error_code = None
    try:
        return DeliveryReceipt(
            provider_id=provider_id,
            message_id=message_id_of(request.url),
            status=_STATES.get(status),
            provider_status=status,
            error_code=error_code,
            effect=effect_of(error_code),
        )
    except ValueError:
        raise UnreadableWebhookError("A receipt spoils a field.") from None


def encode_reply(text: str | None, status_callback: str | None) -> ReplyBody:
    """Our answer to an inbound webhook as TwiML; `text` None says nothing to the participant.

    `action` is where Twilio reports what became of the reply (`statusCallback` is its older name).
    """
    if text is None:
        inner = "<Response />"
    else:
        attributes = (
            ""
            if status_callback is None
            else f' action="{_escape_attribute(status_callback)}" method="POST"'
        )
        body = _escape(text)
        message = f"<Message{attributes}>{body}</Message>" if body else f"<Message{attributes} />"
        inner = f"<Response>{message}</Response>"
    return ReplyBody(content_type="text/xml", body=f'<?xml version="1.0" encoding="UTF-8"?>{inner}')


# What XML 1.0 cannot carry in any form: a parser would refuse the whole answer for one of them.
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _escape(text: str) -> str:
    kept = _NOT_XML.sub("", text)
    return kept.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _escape_attribute(text: str) -> str:
    escaped = _escape(text).replace('"', "&quot;")
    return escaped.replace("\r", "&#13;").replace("\n", "&#10;").replace("\t", "&#09;")


def _verified(request: WebhookRequest, token: SecretStr) -> dict[str, list[str]]:
    """The parameters of a signed webhook; an unsigned body of another type is refused."""
    given = request.header(SIGNATURE_HEADER)
    if given is None:
        raise ForgedWebhookError
    content_type = (request.header("Content-Type") or "").partition(";")[0].strip().lower()
    parameters: dict[str, list[str]] = {}
    if content_type == FORM:
        parameters = _decode_form(request.body)
    else:
        _check_body_hash(request)
    wanted = given.encode("utf-8", "replace")
    # Twilio signs with or without the port, whatever the address it was given says.
    for url in _spellings(request.url):
        if hmac.compare_digest(wanted, signature(token, url, parameters).encode("ascii")):
            if content_type != FORM:
                raise UnreadableWebhookError("A webhook's body is not a form.")
            return parameters
    raise ForgedWebhookError


def _check_body_hash(request: WebhookRequest) -> None:
    """A body that is no form is covered by its hash in the signed URL, or by nothing at all."""
    stated = parse_qs(urlsplit(request.url).query).get("bodySHA256")
    found = hashlib.sha256(request.body).hexdigest().encode("ascii")
    if not stated or not hmac.compare_digest(stated[0].encode("utf-8", "replace"), found):
        raise ForgedWebhookError


def _spellings(url: str) -> tuple[str, str]:
    """The URL without and with its port."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        raise ForgedWebhookError from None
    if port:
        return parts._replace(netloc=parts.netloc.split(":")[0]).geturl(), parts.geturl()
    default = _PORTS.get(parts.scheme, 80)
    return parts.geturl(), parts._replace(netloc=f"{parts.netloc}:{default}").geturl()


def _decode_form(body: bytes) -> dict[str, list[str]]:
    """Parameters with all their values, untrimmed. What cannot be decoded was not signed."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        raise ForgedWebhookError from None
    parameters: dict[str, list[str]] = {}
    for name, value in pairs:
        parameters.setdefault(name, []).append(value)
    return parameters


def _first(parameters: Mapping[str, Sequence[str]], name: str) -> str | None:
    values = parameters.get(name)
    return values[0] if values else None


def _only(parameters: Mapping[str, Sequence[str]], name: str) -> str:
    """The one value of a parameter that says who or what this is. Raises ValueError."""
    values = set(parameters.get(name, ()))
    if len(values) != 1 or not (value := values.pop()):
        raise ValueError(name)
    return value
