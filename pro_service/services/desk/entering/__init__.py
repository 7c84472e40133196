"""Answers told by telephone or on paper, typed in by staff: looked at, kept, sent in.

Nothing here hands out a value that is stored: a page shows which questions have an answer (R6).
"""

from __future__ import annotations

from pro_service.services.desk.entering.belonging import (
    MoveWish,
    OtherPlaces,
    ask_move,
    look_at_other,
)
from pro_service.services.desk.entering.blanks import (
    BlankForm,
    BlankForms,
    blank_forms,
    blank_forms_of_day,
)
from pro_service.services.desk.entering.correcting import (
    CorrectionLine,
    CorrectionRoom,
    CorrectionWish,
    WishLine,
    ask_correction,
    decide_correction,
    look_at_corrections,
)
from pro_service.services.desk.entering.counting import (
    CorrectionFigures,
    count_corrections,
    count_to_decide,
)
from pro_service.services.desk.entering.heads import (
    DecidesAloneError,
    EntryHead,
    EntryRights,
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
from pro_service.services.desk.entering.second import (
    FirstTypistError,
    SecondLine,
    SecondRoom,
    begin_second,
    keep_second,
    look_at_second,
)
from pro_service.services.desk.entering.settling import SettledAs, settle_difference

__all__ = [
    "BlankForm",
    "BlankForms",
    "CorrectionFigures",
    "CorrectionLine",
    "CorrectionRoom",
    "CorrectionWish",
    "DecidesAloneError",
    "EntryForm",
    "EntryHead",
    "EntryRights",
    "EntryRoom",
    "EntryWordsError",
    "FirstTypistError",
    "KeptEntry",
    "MoveWish",
    "NothingTypedError",
    "OtherPlaces",
    "SecondLine",
    "SecondRoom",
    "SettledAs",
    "StillOpenError",
    "WishLine",
    "ask_correction",
    "ask_move",
    "begin_entry",
    "begin_second",
    "blank_forms",
    "blank_forms_of_day",
    "count_corrections",
    "count_to_decide",
    "decide_correction",
    "keep_answers",
    "keep_second",
    "look_at_corrections",
    "look_at_other",
    "look_at_room",
    "look_at_second",
    "send_entry",
    "settle_difference",
    "show_entry",
]
