"""The trial's own question: whether scores and measures move together (R19, R20)."""

from __future__ import annotations

from pro_service.services.measuring.correlating.files import pairs_csv, points_csv
from pro_service.services.measuring.correlating.question import (
    Asked,
    QuestionError,
    Terms,
    read_question,
)
from pro_service.services.measuring.correlating.running import (
    Found,
    Looking,
    NoPairingError,
    NotOpenError,
    Wish,
    find,
    find_again,
    list_runs,
    read_openings,
    record,
)

__all__ = [
    "Asked",
    "Found",
    "Looking",
    "NoPairingError",
    "NotOpenError",
    "QuestionError",
    "Terms",
    "Wish",
    "find",
    "find_again",
    "list_runs",
    "pairs_csv",
    "points_csv",
    "read_openings",
    "read_question",
    "record",
]
