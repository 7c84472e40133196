"""Texts that come in: whose they are, what they say, and the reply."""

from __future__ import annotations

from pro_service.services.receiving.letters import (
    Letter,
    open_letter,
    prove_address,
    stop_letters,
)
from pro_service.services.receiving.pushes import (
    Inbox,
    close_kept,
    list_kept,
    read_kept,
    work_off,
)
from pro_service.services.receiving.receipts import UnknownMessageError
from pro_service.services.receiving.sweep import sweep_inbound

__all__ = [
    "Inbox",
    "Letter",
    "UnknownMessageError",
    "close_kept",
    "list_kept",
    "open_letter",
    "prove_address",
    "read_kept",
    "stop_letters",
    "sweep_inbound",
    "work_off",
]
