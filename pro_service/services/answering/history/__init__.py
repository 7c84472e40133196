"""Answers of an earlier study, brought in by a file: looked at row by row, kept all or none."""

from pro_service.services.answering.history.bringing import (
    HistoryRefusedError,
    LookedHistory,
    PastFile,
    bring_history,
    look_at_history,
)
from pro_service.services.answering.history.cells import past_rows_of

__all__ = [
    "HistoryRefusedError",
    "LookedHistory",
    "PastFile",
    "bring_history",
    "look_at_history",
    "past_rows_of",
]
