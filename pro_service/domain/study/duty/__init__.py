"""Who is told of an urgent matter, on which day, in which hours (R10): rota, duty, gaps."""

from pro_service.domain.study.duty.coverage import (
    AHEAD,
    Gap,
    Stretch,
    Watch,
    find_gaps,
    find_watches,
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
from pro_service.domain.study.duty.telling import (
    AlertClock,
    DueNotice,
    NoticeState,
    Reachable,
    Told,
    notices_due,
    people_of_step,
)

__all__ = [
    "AHEAD",
    "WEEKDAYS",
    "AlertClock",
    "DueNotice",
    "EntryKind",
    "Gap",
    "NoticeState",
    "Reachable",
    "RotaEntry",
    "RotaRefusedError",
    "Stretch",
    "Told",
    "Watch",
    "check_entry",
    "find_gaps",
    "find_watches",
    "notices_due",
    "on_duty",
    "people_of_step",
    "stretches",
]
