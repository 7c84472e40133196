"""Small rules of delivery: quiet hours, when to try again, what counts as sent."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Final

from pro_service.domain.delivery.states import MessageState

FIRST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(minutes=15)

TEXTS_A_SECOND: Final[dict[str, float]] = {"twilio": 1.0}
"""What one address of a provider may send where it has no pace of its own: a long code's one text
a second. A provider not named sets no pace."""

_COUNTED: Final = frozenset(
    {
        MessageState.sending,
        MessageState.accepted,
        MessageState.sent,
        MessageState.delivered,
        MessageState.undelivered,
        MessageState.ambiguous,
        MessageState.unconfirmed,
    }
)


def is_quiet(local_time: time, quiet_from: time, quiet_until: time) -> bool:
    """Whether a local time lies in [quiet_from, quiet_until), which may span midnight.

    Equal bounds mean that there are no quiet hours.
    """
    if quiet_from <= quiet_until:
        return quiet_from <= local_time < quiet_until
    return local_time >= quiet_from or local_time < quiet_until


def retry_pause(attempt: int) -> timedelta:
    """How long to wait (machine time) after the `attempt`-th (from 1) definite refusal.

    Pauses double from half a minute to a quarter of an hour. Only for calls that certainly sent
    nothing; the caller checks that the visit's window is still open then.
    """
    if attempt < 1:
        raise ValueError("Attempts are counted from 1.")
    pause: timedelta = FIRST_PAUSE * int(2 ** min(attempt - 1, 10))  # the longest is long reached
    return min(pause, LONGEST_PAUSE)


def counts_as_sent(state: MessageState) -> bool:
    """Whether daily limits and 'never twice' must take the message for sent.

    What may have gone out counts: `sending`, `ambiguous` and `unconfirmed` included.
    """
    return state in _COUNTED
