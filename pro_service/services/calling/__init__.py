"""Whom somebody must call: who has fallen silent, and alerts nobody has seen."""

from __future__ import annotations

from pro_service.services.calling.escalation import escalate
from pro_service.services.calling.silence import ToCall, call_for, look_for_silence

__all__ = ["ToCall", "call_for", "escalate", "look_for_silence"]
