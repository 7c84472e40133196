"""Where an outbound message stands, and what a receipt from the provider makes of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class MessageState(StrEnum):
    """The states of one outbound message."""

    queued = "queued"
    """It is due and waits for a worker to claim it."""
    sending = "sending"
    """A worker has claimed it and is calling the provider."""
    accepted = "accepted"
    """The provider has taken it and given it an id."""
    sent = "sent"
    """The provider has handed it to the network."""
    delivered = "delivered"
    """The network says that it reached the phone."""
    undelivered = "undelivered"
    """The network says that it could not reach the phone."""
    failed = "failed"
    """The provider refused it for good, or gave it up before the network."""
    suppressed = "suppressed"
    """It was not sent, because its reason had gone or it was not allowed."""
    expired = "expired"
    """It was not sent, because its time had passed."""
    ambiguous = "ambiguous"
    """The call to the provider broke off; it may have been sent."""
    unconfirmed = "unconfirmed"
    """Whether it was sent never became known; it is not sent again."""


RECEIPT_STATES: Final = frozenset(
    {
        MessageState.accepted,
        MessageState.sent,
        MessageState.delivered,
        MessageState.undelivered,
        MessageState.failed,
    }
)
"""The states a provider's receipt can report."""

NEVER_SENT: Final = frozenset({MessageState.suppressed, MessageState.expired})
"""The states of messages that were never handed to a provider."""

# A receipt moves a message upwards only. `delivered` is above `undelivered` because a phone that
# has the text has it, whatever was said before; equal ranks keep the word that came first.
_RANK: Final[dict[MessageState, int]] = {
    MessageState.queued: 0,
    MessageState.sending: 0,
    MessageState.ambiguous: 0,
    MessageState.unconfirmed: 0,
    MessageState.accepted: 1,
    MessageState.sent: 2,
    MessageState.failed: 3,
    MessageState.undelivered: 3,
    MessageState.delivered: 4,
}


def apply_receipt(current: MessageState, reported: MessageState) -> MessageState:
    """The state after a receipt, in whatever order receipts arrive.

    A late `sent` never undoes `delivered`. Any receipt binds an `ambiguous` or `unconfirmed`
    message. A message that never left us is not changed by one. Raises ValueError for a reported
    state that no provider can report.
    """
    if reported not in RECEIPT_STATES:
        raise ValueError(f"A receipt cannot report {reported}.")
    if current in NEVER_SENT:
        return current
    return reported if _RANK[reported] > _RANK[current] else current
