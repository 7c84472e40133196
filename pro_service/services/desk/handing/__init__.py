"""A tablet handed over to a participant at the site, and taken back (rule R12 of the trial)."""

from __future__ import annotations

from pro_service.services.desk.handing.handover import (
    HandingRoom,
    HandoverRefusedError,
    code_shown,
    hand_over,
    look_at_handing,
    pin_shown,
    take_back,
)

__all__ = [
    "HandingRoom",
    "HandoverRefusedError",
    "code_shown",
    "hand_over",
    "look_at_handing",
    "pin_shown",
    "take_back",
]
