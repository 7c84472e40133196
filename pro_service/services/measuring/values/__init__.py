"""Values of measures: typed at the desk, or brought in by a file."""

from __future__ import annotations

from pro_service.services.measuring.values.bringing import (
    Bringer,
    BroughtFile,
    FileEmptyError,
    LookedFile,
    LookedRow,
    ValuesRefusedError,
    bring_values,
    look_at_file,
)
from pro_service.services.measuring.values.cells import measure_rows_of
from pro_service.services.measuring.values.typing import (
    Kept,
    NothingTypedError,
    TypedValue,
    ValuesTypedError,
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
    "measure_rows_of",
    "record_values",
]
