"""Answers told by telephone or on paper, typed in by staff: looked at, kept, sent in.

Nothing here hands out a value that is stored: a page shows which questions have an answer (R6).
"""

from __future__ import annotations

from pro_service.services.desk.entering.belonging import MoveWish, ask_move
from pro_service.services.desk.entering.correcting import (
    CorrectionLine,
    CorrectionRoom,
    CorrectionWish,
    WishLine,
    ask_correction,
    decide_correction,
    look_at_corrections,
)
from pro_service.services.desk.entering.counting import CorrectionFigures, count_corrections
from pro_service.services.desk.entering.heads import (
    DecidesAloneError,
    EntryHead,
    EntryWordsError,
    NothingTypedError,
    StillOpenError,
)
from pro_service.services.desk.entering.keeping import KeptEntry, keep_answers, send_entry
from pro_service.services.desk.entering.rooms import (
    EntryForm,
    EntryRoom,
    begin_entry,
    look_at_room,
    show_entry,
)

__all__ = [
    "CorrectionFigures",
    "CorrectionLine",
    "CorrectionRoom",
    "CorrectionWish",
    "DecidesAloneError",
    "EntryForm",
    "EntryHead",
    "EntryRoom",
    "EntryWordsError",
    "KeptEntry",
    "MoveWish",
    "NothingTypedError",
    "StillOpenError",
    "WishLine",
    "ask_correction",
    "ask_move",
    "begin_entry",
    "count_corrections",
    "decide_correction",
    "keep_answers",
    "look_at_corrections",
    "look_at_room",
    "send_entry",
    "show_entry",
]
