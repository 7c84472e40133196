"""Small rules of delivery: how fast, and when to try again."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

FIRST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(minutes=15)

TEXTS_A_SECOND: Final[dict[str, float]] = {"twilio": 1.0}
"""What one address of a provider may send where it has no pace of its own: a long code's one text
a second. A provider not named sets no pace."""


def retry_pause(attempt: int) -> timedelta:
    """How long to wait (machine time) after the `attempt`-th (from 1) definite refusal.

    Pauses double from half a minute to a quarter of an hour. Only for calls that certainly sent
    nothing; the caller checks that the visit's window is still open then.
    """
    if attempt < 1:
        raise ValueError("Attempts are counted from 1.")
    pause: timedelta = FIRST_PAUSE * int(2 ** min(attempt - 1, 10))  # the longest is long reached
    return min(pause, LONGEST_PAUSE)
