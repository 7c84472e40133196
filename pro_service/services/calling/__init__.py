"""Whom somebody must call, and who is told: silence, alerts nobody has seen, notices to staff."""

from __future__ import annotations

from pro_service.services.calling.escalation import escalate
from pro_service.services.calling.silence import ToCall, call_for, look_for_silence
from pro_service.services.calling.telling import CLAIM_LEASE, tell_of

__all__ = [
    "CLAIM_LEASE",
    "ToCall",
    "call_for",
    "escalate",
    "look_for_silence",
    "tell_of",
]
