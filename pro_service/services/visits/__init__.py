"""Enrolment, events, and the schedule that follows from them."""

from __future__ import annotations

from pro_service.services.visits.asking import ask_now
from pro_service.services.visits.closing import close_participant
from pro_service.services.visits.enrolment import PlannedEnrolment, plan_enrolment
from pro_service.services.visits.enrolment_rows import CheckedRows, Fence, check_rows
from pro_service.services.visits.erasing import (
    ErasureLook,
    ErasureWish,
    erase_again,
    look_at_erasure,
    sign_erasure,
)
from pro_service.services.visits.events import record_event, record_status
from pro_service.services.visits.outlooks import refresh_outlooks
from pro_service.services.visits.restricting import (
    RestrictionRefusedError,
    lift_restriction,
    restrict,
    status_of_restriction,
)
from pro_service.services.visits.safety_end import (
    NotInvestigatorError,
    SafetyEndRefusedError,
    end_safety_for,
    safety_end,
)
from pro_service.services.visits.scheduling import News, add_visit, plan_change, report_row

__all__ = [
    "CheckedRows",
    "ErasureLook",
    "ErasureWish",
    "Fence",
    "News",
    "NotInvestigatorError",
    "PlannedEnrolment",
    "RestrictionRefusedError",
    "SafetyEndRefusedError",
    "add_visit",
    "ask_now",
    "check_rows",
    "close_participant",
    "end_safety_for",
    "erase_again",
    "lift_restriction",
    "look_at_erasure",
    "plan_change",
    "plan_enrolment",
    "record_event",
    "record_status",
    "refresh_outlooks",
    "report_row",
    "restrict",
    "safety_end",
    "sign_erasure",
    "status_of_restriction",
]
