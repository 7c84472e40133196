"""What programs are told by webhooks: kinds, where they lead, how they are signed and tried.

A webhook carries an id and a kind, and nothing else (R22): what it is about, the program reads
over /api/v1 with its own key, as far as that may.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import json
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from pro_service.domain.errors import ProServiceError


class Kind(StrEnum):
    """What has happened, about somebody."""

    enrolled = "participant.enrolled"
    event = "event.recorded"
    status = "status.recorded"
    sent = "sitting.sent"
    alert = "alert.raised"
    measured = "measure.recorded"


NOTED: Final[Mapping[str, Kind]] = {
    "participants:INSERT": Kind.enrolled,
    "events:INSERT": Kind.event,
    "statuses:INSERT": Kind.status,
    "attempts:UPDATE": Kind.sent,
    "alerts:INSERT": Kind.alert,
    "measurements:INSERT": Kind.measured,
}
"""Which entries of the audit are told, by table and operation."""
WITHIN: Final[Mapping[Kind, str]] = {Kind.sent: "submitted_at"}
"""Of these kinds, only entries in which this column changed."""
SAFETY: Final = frozenset({Kind.alert})
"""Told also of somebody restricted: safety goes on (R17)."""
MOST_TRIES: Final = 14
_FIRST_WAIT: Final = timedelta(seconds=10)
_LONGEST_WAIT: Final = timedelta(hours=6)
LONGEST_URL: Final = 500
_EMBEDDING: Final = tuple(
    ipaddress.ip_network(one) for one in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "::/96")
)
"""IPv6 networks whose addresses stand for an IPv4 address, which may be a private one."""


class WebhookAddressError(ProServiceError):
    """A webhook cannot lead there."""


def again_after(tries: int) -> timedelta | None:
    """How long to wait after so many tries; None: it was tried often enough (a day and a half)."""
    if tries >= MOST_TRIES:
        return None
    return min(_FIRST_WAIT * (1 << (tries - 1)), _LONGEST_WAIT)


def body_of(kind: str, participant_id: UUID) -> bytes:
    """What is sent: an id and a kind."""
    return json.dumps({"kind": kind, "id": str(participant_id)}, separators=(",", ":")).encode()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """What proves that it is ours, as Standard Webhooks write it.

    Over id, time and body, so that none of them can be exchanged, nor an old one sent again unseen.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def check_address(url: str, *, private: bool) -> None:
    """Refuse what no webhook may lead to. Raises WebhookAddressError.

    A name is looked up when it is called, and what it then means is checked there once more.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise WebhookAddressError("This is no address.", mend="Write https://...") from None
    if not host or port == 0 or len(url) > LONGEST_URL or not url.isascii() or " " in url:
        raise WebhookAddressError("This is no address.", mend="Write https://host/path.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise WebhookAddressError(
            "An address holds no name, password or #part.",
            mend="What proves that it is us is the signature.",
        )
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        raise WebhookAddressError(
            f"{parts.scheme}:// is not encrypted.", mend="Use https://, or say --private."
        )
    if not private and is_literal(host) and not is_public(host):
        raise WebhookAddressError(
            f"{host} is an address of a network of one's own.", mend="Say --private if it is meant."
        )


def is_literal(host: str) -> bool:
    """Whether a host is an address and no name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_public(address: str) -> bool:
    """Whether an address leads out into the Internet, whatever form it is written in."""
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return is_public(str(parsed.ipv4_mapped))
        if any(parsed in one for one in _EMBEDDING):
            return False
    return parsed.is_global and not parsed.is_multicast
