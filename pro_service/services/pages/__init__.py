"""Participants' pages. The face is for the desk and the worker; the web uses the modules."""

from __future__ import annotations

from pro_service.services.pages.handover import end_idle, list_idle
from pro_service.services.pages.tablets import (
    CODE_PATH,
    VALID,
    code_of,
    code_sha256,
    grouped,
    pin_of,
)

__all__ = [
    "CODE_PATH",
    "VALID",
    "code_of",
    "code_sha256",
    "end_idle",
    "grouped",
    "list_idle",
    "pin_of",
]
