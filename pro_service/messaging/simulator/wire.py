"""The simulator's wire format: what is posted, how it is signed, what is answered. No I/O.

Requests are form-encoded. A webhook carries `X-Simulator-Signature`: hex HMAC-SHA-256 over the
public URL, a line feed, and the parameters sorted and form-encoded. Both ends use this module.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from pydantic import SecretStr

from pro_service.domain.delivery.states import MessageState
from pro_service.domain.tables.characters import has_control
from pro_service.messaging.gateway import (
    DeliveryReceipt,
    Effect,
    ForgedWebhookError,
    InboundText,
    OutboundText,
    RecutWebhookError,
    ReplyBody,
    UnreadableWebhookError,
    WebhookRequest,
    media_count_of,
    message_id_of,
    verdict_of,
)

NAME: Final = "simulator"
SIGNATURE_HEADER: Final = "X-Simulator-Signature"
FORM: Final = "application/x-www-form-urlencoded"
INBOUND_PATH: Final = "/hooks/simulator/inbound"
STATUS_PATH: Final = "/hooks/simulator/status"
MOST_FIELDS: Final = 50
_ID: Final = re.compile("[A-Za-z0-9-]{1,64}")
_INBOUND: Final = frozenset({"id", "from", "to", "body", "media_count"})
_STATUS: Final = frozenset({"id", "status"})
"""What every webhook of a kind has."""

_STATES: Final[dict[str, MessageState]] = {
    "queued": MessageState.accepted,
    "accepted": MessageState.accepted,
    "sent": MessageState.sent,
    "delivered": MessageState.delivered,
    "undelivered": MessageState.undelivered,
    "failed": MessageState.failed,
}
_EFFECTS: Final[dict[str, Effect]] = {"bad_number": "bad_number", "opted_out": "opted_out"}


def sign(secret: SecretStr, url: str, parameters: Mapping[str, str]) -> str:
    """The signature of a webhook to `url` with these parameters."""
    signed = f"{url}\n{urlencode(sorted(parameters.items()))}"
    return hmac.new(
        secret.get_secret_value().encode("utf-8"), signed.encode("utf-8"), "sha256"
    ).hexdigest()


def encode_form(parameters: Mapping[str, str]) -> bytes:
    """The parameters as a form body."""
    return urlencode(parameters).encode("ascii")


def decode_form(body: bytes) -> dict[str, str]:
    """The parameters of a form body; values are not trimmed. Raises UnreadableWebhookError."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        raise UnreadableWebhookError("A webhook's body is not a form.") from None
    parameters = dict(pairs)
    if len(parameters) != len(pairs):
        raise UnreadableWebhookError("A webhook names a parameter twice.")
    return parameters


def encode_send(text: OutboundText) -> dict[str, str]:
    """The parameters of a request to send."""
    parameters = {
        "from": text.our_address,
        "to": text.their_address,
        "body": text.body,
        "reference": str(text.message_id),
        "status_callback": text.status_callback or "",
    }
    if text.valid_for is not None:
        parameters["valid_for_s"] = str(int(text.valid_for.total_seconds()))
    return parameters


def parse_send(body: bytes) -> OutboundText:
    """A request to send, as the provider reads it. Raises UnreadableWebhookError."""
    parameters = decode_form(body)
    try:
        valid_for = parameters.get("valid_for_s")
        return OutboundText(
            message_id=UUID(parameters["reference"]),
            our_address=parameters["from"],
            their_address=parameters["to"],
            body=parameters["body"],
            status_callback=parameters["status_callback"] or None,
            valid_for=None if valid_for is None else timedelta(seconds=int(valid_for)),
        )
    except (KeyError, ValueError, OverflowError):
        raise UnreadableWebhookError("A request to send lacks a field or spoils one.") from None


def parse_accepted(body: bytes) -> str | None:
    """The id in the provider's answer `{"id": ...}`; None if it cannot be read."""
    return _text_of(_json_of(body), "id")


def rejection_of(body: bytes, status: int) -> tuple[str, Effect]:
    """The code and effect of a refusal; what is not known holds the message for a person."""
    code = _text_of(_json_of(body), "code") or f"http_{status}"
    return code, _EFFECTS.get(code, "hold")


def encode_inbound(text: InboundText) -> dict[str, str]:
    """The parameters of an inbound webhook."""
    parameters = {
        "id": text.provider_id,
        "from": text.their_address,
        "to": text.our_address or "",
        "body": text.body,
        "media_count": str(text.media_count),
    }
    return parameters if text.verdict is None else {**parameters, "verdict": text.verdict}


def parse_inbound(request: WebhookRequest, secret: SecretStr) -> InboundText:
    """Check and read an inbound webhook. Raises ForgedWebhookError, UnreadableWebhookError."""
    parameters = _verified(request, secret, _INBOUND)
    try:
        return InboundText(
            provider_id=parameters["id"],
            our_address=parameters["to"],
            their_address=parameters["from"],
            body=parameters["body"],
            media_count=media_count_of(parameters["media_count"]),
            verdict=verdict_of(parameters.get("verdict")),
        )
    except ValueError:
        raise UnreadableWebhookError("An inbound text lacks a field or spoils one.") from None


def encode_status(provider_id: str, status: str, error_code: str | None) -> dict[str, str]:
    """The parameters of a status webhook."""
    parameters = {"id": provider_id, "status": status}
    return parameters if error_code is None else {**parameters, "error_code": error_code}


def parse_status(request: WebhookRequest, secret: SecretStr) -> DeliveryReceipt:
    """Check and read a status webhook. Raises ForgedWebhookError, UnreadableWebhookError."""
    parameters = _verified(request, secret, _STATUS)
    status = parameters["status"]
    try:
        return DeliveryReceipt(
            provider_id=parameters["id"],
            message_id=message_id_of(request.url),
            status=_STATES.get(status),
            provider_status=status,
            error_code=parameters.get("error_code"),
        )
    except ValueError:
        raise UnreadableWebhookError("A receipt spoils a field.") from None


def encode_reply(text: str | None, status_callback: str | None) -> ReplyBody:
    """Our answer to an inbound webhook: `{"reply": {...}}`, or `{}` for silence."""
    answer: dict[str, object] = {}
    if text is not None:
        answer["reply"] = {"text": text, "status_callback": status_callback}
    return ReplyBody(content_type="application/json", body=json.dumps(answer, ensure_ascii=False))


def parse_reply(body: bytes) -> tuple[str, str | None] | None:
    """The text and status callback in our answer, as the provider reads it; None for silence."""
    reply = _json_of(body).get("reply")
    if not isinstance(reply, dict):
        return None
    text = _text_of(reply, "text")
    return None if text is None else (text, _text_of(reply, "status_callback"))


def _verified(request: WebhookRequest, secret: SecretStr, needed: frozenset[str]) -> dict[str, str]:
    """The parameters of a signed webhook that has all it needs, and an id of the exact form."""
    given = request.header(SIGNATURE_HEADER)
    if given is None:
        raise ForgedWebhookError
    parameters = decode_form(request.body)
    expected = sign(secret, request.url, parameters)
    # Compared as bytes: compare_digest refuses a str outside ASCII, which anyone may send.
    if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode("ascii")):
        raise ForgedWebhookError
    if not needed <= parameters.keys():
        raise RecutWebhookError
    # What no text can hold spoils the field it is in, and is said by whoever reads that.
    if not has_control(parameters["id"]) and _ID.fullmatch(parameters["id"]) is None:
        raise RecutWebhookError
    return parameters


def _json_of(body: bytes) -> dict[str, object]:
    """A JSON object; an empty one for anything else."""
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _text_of(mapping: Mapping[str, object], name: str) -> str | None:
    found = mapping.get(name)
    return found if isinstance(found, str) and found else None
