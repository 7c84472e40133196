"""Letters to participants as they are sent, and what comes back where they did not arrive. No I/O.

Every letter has a return address of its own (VERP): our message's id and a mark that only we can
make. What comes to that address is believed because of the mark, whoever hands it in. Mail servers
report in the form of RFC 3464; an answer of a holiday or a person is no report.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.utils import format_datetime, getaddresses
from typing import Final
from uuid import UUID

from pydantic import SecretStr

from pro_service.domain.delivery.states import MessageState
from pro_service.messaging.gateway import (
    Batch,
    DeliveryReceipt,
    Effect,
    ForgedWebhookError,
    OutboundText,
    RejectedError,
    UnreadableWebhookError,
)
from pro_service.messaging.smtp.transport import Envelope, LetterTurnedAwayError

NAME: Final = "email"
_ID_BYTES: Final = 16
_MARK_BYTES: Final = 10
LONGEST_LOCAL: Final = 64 - 1 - 42
"""Characters before the @ of the address for returns: our id and mark stand after them, and the
whole may have 64."""
_RETURNED_TO: Final = ("to", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to")
"""Headers in which a mail server says whom what came back was for."""
_ACTIONS: Final[dict[str, MessageState]] = {
    "failed": MessageState.undelivered,
    "delivered": MessageState.delivered,
    "relayed": MessageState.sent,
    "expanded": MessageState.sent,
}
"""What a report says was done, by RFC 3464; `delayed` moves nothing."""
_ENHANCED: Final = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_NO_MAILBOX: Final = frozenset({"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
"""Codes of RFC 3463 which say that nobody is reached at an address, and nobody will be."""
_BARE_NO_MAILBOX: Final = frozenset({550, 551, 553})
"""What a server says of a recipient without such a code, meaning the same."""


class Returns:
    """The addresses letters are returned to: `base` with an id and a mark after a plus."""

    def __init__(self, base: str, secret: SecretStr) -> None:
        """Keep both."""
        self._local, _, self._domain = base.lower().rpartition("@")
        self._secret = secret

    def address_of(self, message_id: UUID) -> str:
        """Where the letter of a message is returned to."""
        return f"{self._local}+{self._given(message_id)}@{self._domain}"

    def message_of(self, address: str) -> UUID | None:
        """Of which message an address is; None for what is none of ours, or not as we spell it."""
        local, _, domain = address.strip().lower().rpartition("@")
        base, _, given = local.rpartition("+")
        if (base, domain) != (self._local, self._domain):
            return None
        try:
            typed = given.encode("ascii")
            read = base64.b32decode(typed.upper() + b"=" * (-len(typed) % 8))
        except ValueError:
            return None
        if len(read) != _ID_BYTES + _MARK_BYTES:
            return None
        message_id = UUID(bytes=read[:_ID_BYTES])
        right = hmac.compare_digest(typed, self._given(message_id).encode())
        return message_id if right else None

    def _given(self, message_id: UUID) -> str:
        key = self._secret.get_secret_value().encode()
        mark = hmac.digest(key, b"returned:" + message_id.bytes, "sha256")[:_MARK_BYTES]
        return base64.b32encode(message_id.bytes + mark).decode("ascii").rstrip("=").lower()


def composed(text: OutboundText, now: datetime) -> EmailMessage:
    """A letter: the first line of the words is its title, the rest is what it says."""
    title, _, said = text.body.partition("\n")
    mail = EmailMessage()
    mail["From"] = text.our_address
    mail["To"] = text.their_address
    mail["Subject"] = title
    mail["Date"] = format_datetime(now.astimezone(UTC))
    mail["Message-ID"] = f"<{text.message_id.hex}@{text.our_address.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    if text.stop_address is not None:
        mail["List-Unsubscribe"] = f"<{text.stop_address}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(f"{said}\n")
    return mail


def envelope(text: OutboundText, returns: Returns) -> Envelope:
    """From where and to whom. Raises RejectedError for an address that letters cannot go to."""
    if not text.their_address.isascii():
        raise RejectedError("not ASCII", "hold")
    return Envelope(returns.address_of(text.message_id), text.their_address)


def rejection(error: LetterTurnedAwayError) -> RejectedError:
    """What a refusal for good means: nobody is there, or somebody must look into it."""
    found = _ENHANCED.search(error.said)
    code = found[0] if found else str(error.code)
    if error.step != "recipient":
        return RejectedError(code, "hold")
    gone = code in _NO_MAILBOX if found else error.code in _BARE_NO_MAILBOX
    return RejectedError(code, "bad_number" if gone else "hold")


def read_returned(body: bytes, returns: Returns) -> Batch[DeliveryReceipt]:
    """What came back to one of our return addresses: what a report says; nothing of other letters.

    Raises ForgedWebhookError where no address in it is ours, UnreadableWebhookError for no letter.
    """
    try:
        mail = message_from_bytes(body, policy=policy.compat32)
        message_id = _message_returned(mail, returns)
    except (ValueError, RecursionError):
        raise UnreadableWebhookError("This is no letter.") from None
    if message_id is None:
        raise ForgedWebhookError
    return Batch(items=tuple(_receipts(mail, message_id)))


def _message_returned(mail: Message, returns: Returns) -> UUID | None:
    named = [str(value) for name in _RETURNED_TO for value in mail.get_all(name, [])]
    found = (returns.message_of(address) for _, address in getaddresses(named))
    return next((one for one in found if one is not None), None)


def _receipts(mail: Message, message_id: UUID) -> Iterator[DeliveryReceipt]:
    for part in mail.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        # Its first block is about the letter, each further one about a recipient: ours has one.
        blocks = part.get_payload()
        for block in blocks if isinstance(blocks, list) else []:
            if not isinstance(block, Message):
                continue
            action = str(block.get("Action", "")).strip().lower()
            if action:
                yield _receipt(message_id, action, str(block.get("Status", "")))


def _receipt(message_id: UUID, action: str, status: str) -> DeliveryReceipt:
    found = _ENHANCED.search(status)
    code = found[0] if found else None
    effect: Effect | None = "bad_number" if action == "failed" and code in _NO_MAILBOX else None
    known = action if action in _ACTIONS or action == "delayed" else "unknown"
    return DeliveryReceipt(
        provider_id=message_id.hex,
        message_id=message_id,
        status=_ACTIONS.get(action),
        provider_status=known,
        error_code=code if action == "failed" else None,
        effect=effect,
    )
