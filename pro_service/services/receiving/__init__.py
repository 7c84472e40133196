"""Texts that come in: whose they are, what they say, and the reply."""

from __future__ import annotations

from pro_service.services.receiving.sweep import sweep_inbound

__all__ = ["sweep_inbound"]
