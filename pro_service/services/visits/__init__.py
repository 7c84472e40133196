"""Enrolment, events, and the schedule that follows from them."""

from __future__ import annotations

from pro_service.services.visits.closing import close_participant
from pro_service.services.visits.events import news_of, record_event, record_status
from pro_service.services.visits.outlooks import refresh_outlooks
from pro_service.services.visits.safety_end import (
    NotInvestigatorError,
    SafetyEndRefusedError,
    end_safety_for,
    safety_end,
)
from pro_service.services.visits.scheduling import News, plan_change

__all__ = [
    "News",
    "NotInvestigatorError",
    "SafetyEndRefusedError",
    "close_participant",
    "end_safety_for",
    "news_of",
    "plan_change",
    "record_event",
    "record_status",
    "refresh_outlooks",
    "safety_end",
]
