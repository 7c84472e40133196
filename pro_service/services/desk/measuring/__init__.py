"""Measures at the desk: a participant's clinic measures, typed, and files of values."""

from __future__ import annotations

from pro_service.services.desk.measuring import handing_out
from pro_service.services.desk.measuring.files import MOST_ROWS, TooManyValuesError, bring, look
from pro_service.services.desk.measuring.sheet import MeasureSheet, keep_values, look_at_sheet

__all__ = [
    "MOST_ROWS",
    "MeasureSheet",
    "TooManyValuesError",
    "bring",
    "handing_out",
    "keep_values",
    "look",
    "look_at_sheet",
]
