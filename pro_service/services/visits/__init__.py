"""Enrolment, events, and the schedule that follows from them."""

from __future__ import annotations

from pro_service.services.visits.closing import close_participant

__all__ = ["close_participant"]
