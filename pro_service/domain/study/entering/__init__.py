"""Answers told by telephone or on paper and typed in by staff: who may, what, and since when."""

from __future__ import annotations

from pro_service.domain.study.entering.belonging import (
    Belonging,
    PlaceName,
    check_belonging,
    places_of,
)
from pro_service.domain.study.entering.blanks import printable, printable_on
from pro_service.domain.study.entering.correcting import (
    CorrectionKind,
    CorrectionRefusal,
    CorrectionRefusedError,
    Standing,
    Wish,
    check_wish,
    may_decide,
)
from pro_service.domain.study.entering.rights import Duty, may_enter
from pro_service.domain.study.entering.telling import (
    ApartWhat,
    Enterable,
    EntryRefusal,
    EntryRefusedError,
    Told,
    check_told,
    enterable,
    kept_apart,
)
from pro_service.domain.study.entering.twice import Marked, differs, may_type_again
from pro_service.domain.study.entering.typing import as_sent, for_entry, sent_when_told

__all__ = [
    "ApartWhat",
    "Belonging",
    "CorrectionKind",
    "CorrectionRefusal",
    "CorrectionRefusedError",
    "Duty",
    "Enterable",
    "EntryRefusal",
    "EntryRefusedError",
    "Marked",
    "PlaceName",
    "Standing",
    "Told",
    "Wish",
    "as_sent",
    "check_belonging",
    "check_told",
    "check_wish",
    "differs",
    "enterable",
    "for_entry",
    "kept_apart",
    "may_decide",
    "may_enter",
    "may_type_again",
    "places_of",
    "printable",
    "printable_on",
    "sent_when_told",
]
