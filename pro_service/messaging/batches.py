"""Pushes that are not signed, of many elements: each is read by itself, none refuses the others."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar
from uuid import UUID

from pydantic import SecretStr

from pro_service.messaging.gateway import (
    Batch,
    DeliveryReceipt,
    InboundText,
    ReplyBody,
    UnreadableWebhookError,
    WebhookRequest,
)

_Item = TypeVar("_Item", InboundText, DeliveryReceipt)


def read_batch(body: bytes, read: Callable[[Mapping[str, object]], _Item]) -> Batch[_Item]:
    """Read a JSON array, or a single object as an array of one, element by element.

    `read` raises ValueError for an element it cannot read. Raises UnreadableWebhookError for a
    body that is neither.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise UnreadableWebhookError("A push is no JSON.") from None
    elements = [document] if isinstance(document, dict) else document
    if not isinstance(elements, list):
        raise UnreadableWebhookError("A push is no array.")
    items: list[_Item] = []
    broken = 0
    for element in elements:
        try:
            if not isinstance(element, dict):
                raise ValueError("element")
            items.append(read(element))
        except ValueError:
            broken += 1
    return Batch(items=tuple(items), broken=broken)


def our_id(text: object) -> UUID | None:
    """Our message's id, as a push repeats it; None where it is absent or somebody else's."""
    try:
        return UUID(text) if isinstance(text, str) else None
    except ValueError:
        return None


def fingerprint(secret: SecretStr, *parts: str) -> str:
    """What tells a copy of a text from another, without the number that is part of it."""
    said = json.dumps(parts, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return hmac.new(secret.get_secret_value().encode(), said, "sha256").hexdigest()


class Reading(NamedTuple):
    """How a provider's pushes are read, and what says that one came."""

    receipts: Callable[[bytes], Batch[DeliveryReceipt]]
    inbound: Callable[[bytes, SecretStr], Batch[InboundText]]
    received: ReplyBody


class PushedBatches:
    """The half of a gateway that takes unsigned pushes; `secret` is a part of their address."""

    def __init__(self, secret: SecretStr, reading: Reading) -> None:
        """Keep both."""
        self._secret = secret
        self._reading = reading

    def parse_inbound(self, request: WebhookRequest) -> Batch[InboundText]:
        """The texts of a push. Raises UnreadableWebhookError for what is no batch."""
        return self._reading.inbound(request.body, self._secret)

    def parse_receipts(self, request: WebhookRequest) -> Batch[DeliveryReceipt]:
        """The receipts of a push. Raises UnreadableWebhookError for what is no batch."""
        return self._reading.receipts(request.body)

    def knows(self, secret: str) -> bool:
        """Whether an address that was called holds our secret; in constant time."""
        given = secret.encode("utf-8", "surrogatepass")
        return hmac.compare_digest(given, self._secret.get_secret_value().encode())

    def acknowledge(self) -> ReplyBody:
        """What a push is answered with, once it is stored."""
        return self._reading.received

    def reply(self, text: str | None, status_callback: str | None = None) -> ReplyBody:
        """No text goes out in an answer here: a push is acknowledged, whatever it led to."""
        return self._reading.received
