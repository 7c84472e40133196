"""Protocols, sites, staff and wording: what stands before the first participant."""

from __future__ import annotations

from pro_service.services.study.administration import UnknownNameError, add_staff

__all__ = ["UnknownNameError", "add_staff"]
