"""Measures: their values, who reads and sees them, and what they have to do with scores."""

from __future__ import annotations

from pro_service.services.measuring.together import may_see_measures, may_see_together
from pro_service.services.measuring.values import (
    Bringer,
    BroughtFile,
    FileEmptyError,
    Kept,
    LookedFile,
    LookedRow,
    NothingTypedError,
    TypedValue,
    ValuesRefusedError,
    ValuesTypedError,
    bring_values,
    look_at_file,
    measure_rows_of,
    record_values,
)

__all__ = [
    "Bringer",
    "BroughtFile",
    "FileEmptyError",
    "Kept",
    "LookedFile",
    "LookedRow",
    "NothingTypedError",
    "TypedValue",
    "ValuesRefusedError",
    "ValuesTypedError",
    "bring_values",
    "look_at_file",
    "may_see_measures",
    "may_see_together",
    "measure_rows_of",
    "record_values",
]
