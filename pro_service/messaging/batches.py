"""Pushes that are not signed, of many elements: each is read by itself, none refuses the others."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from typing import TypeVar
from uuid import UUID

from pydantic import SecretStr

from pro_service.messaging.gateway import (
    Batch,
    DeliveryReceipt,
    InboundText,
    UnreadableWebhookError,
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


def same_secret(given: str, secret: SecretStr) -> bool:
    """Whether a part of an address is the secret; in constant time, whatever was given."""
    said = given.encode("utf-8", "surrogatepass")
    return hmac.compare_digest(said, secret.get_secret_value().encode())
