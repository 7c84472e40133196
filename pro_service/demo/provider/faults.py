"""What the fake provider does wrong on purpose, and to whom. Nothing unless a test asks for it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Literal

SendFault = Literal["429", "500", "hang", "reset", "accepted_then_500", "accepted_then_hang"]


@dataclass(slots=True)
class Faults:
    """Switches that hold until changed; numbers are matched whole."""

    next_sends: deque[SendFault | None] = field(default_factory=deque)
    """What happens to the next requests to send, one each; None lets one pass."""
    bad_numbers: set[str] = field(default_factory=set)
    """Refused at once as numbers that cannot be texted."""
    opted_out: set[str] = field(default_factory=set)
    """Refused at once because the phone told the provider to stop."""
    unreachable: set[str] = field(default_factory=set)
    """Accepted, then reported `undelivered` (30003)."""
    withhold_statuses: bool = False
    """Texts accepted now will never cause a status webhook."""
    copies: int = 1
    """How often each webhook is posted: 2 posts every one twice."""

    def take(self) -> SendFault | None:
        """The fault of this request to send, if any."""
        return self.next_sends.popleft() if self.next_sends else None
