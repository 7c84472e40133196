"""Whom somebody must call: who has fallen silent, and alerts nobody has seen."""

from __future__ import annotations

from pro_service.services.calling.escalation import escalate
from pro_service.services.calling.silence import call_for, list_silent

__all__ = ["call_for", "escalate", "list_silent"]
