"""What goes wrong at the stand-in for Twilio: asked for one by one, or on a seed."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field
from typing import Final, Literal

Fault = Literal[
    "timeout after accepting",
    "error after accepting",
    "reset after accepting",
    "error",
    "reset",
    "429",
    "slow",
    "callback first",
    "nonsense",
]
EVERY_FAULT: Final[tuple[Fault, ...]] = (
    "timeout after accepting",
    "error after accepting",
    "reset after accepting",
    "error",
    "reset",
    "429",
    "slow",
    "callback first",
)


@dataclass
class Faults:
    """What goes wrong: asked for one by one, or drawn at `rate` from a seed."""

    seed: int = 0
    rate: float = 0.0
    kinds: tuple[Fault, ...] = EVERY_FAULT
    next_sends: deque[Fault | None] = field(default_factory=deque)
    refused: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Number to (HTTP status, error code): refused at once."""
    undelivered: dict[str, int] = field(default_factory=dict)
    """Number to error code: accepted, then reported undelivered."""
    lost_callbacks: float = 0.0
    shuffled_callbacks: float = 0.0
    burst: int = 3
    """How many calls in a row a 429 lasts."""
    slow_seconds: float = 0.05
    hidden: int = 0
    """How many of the newest messages the list does not show yet."""

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def take(self) -> Fault | None:
        """The fault of this call."""
        if self.next_sends:
            return self.next_sends.popleft()
        if self.random.random() >= self.rate:
            return None
        kind = self.random.choice(self.kinds)
        if kind == "429":
            self.next_sends.extend(["429"] * (self.burst - 1))
        return kind
