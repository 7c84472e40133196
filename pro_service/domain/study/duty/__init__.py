"""Who is told of an urgent matter, on which day, in which hours (R10): rota, duty, gaps."""

from pro_service.domain.study.duty.coverage import (
    AHEAD,
    Gap,
    Stretch,
    find_gaps,
    on_duty,
    stretches,
)
from pro_service.domain.study.duty.rota import (
    WEEKDAYS,
    EntryKind,
    RotaEntry,
    RotaRefusedError,
    check_entry,
)

__all__ = [
    "AHEAD",
    "WEEKDAYS",
    "EntryKind",
    "Gap",
    "RotaEntry",
    "RotaRefusedError",
    "Stretch",
    "check_entry",
    "find_gaps",
    "on_duty",
    "stretches",
]
