"""Answers told by telephone or on paper and typed in by staff: who may, what, and since when."""

from __future__ import annotations

from pro_service.domain.study.entering.belonging import (
    Belonging,
    PlaceName,
    check_belonging,
    places_of,
)
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
from pro_service.domain.study.entering.typing import for_entry, sent_when_told

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
    "PlaceName",
    "Standing",
    "Told",
    "Wish",
    "check_belonging",
    "check_told",
    "check_wish",
    "enterable",
    "for_entry",
    "kept_apart",
    "may_decide",
    "may_enter",
    "places_of",
    "sent_when_told",
]
