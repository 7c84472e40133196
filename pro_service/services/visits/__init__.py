"""Enrolment, events, and the schedule that follows from them."""

from __future__ import annotations

from pro_service.services.visits.closing import close_participant
from pro_service.services.visits.events import record_event, record_status

__all__ = ["close_participant", "record_event", "record_status"]
