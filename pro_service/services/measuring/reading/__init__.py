"""Reads of images, blinded (R19): lists out, reads in, agreement, adjudication, lock."""

from pro_service.services.measuring.reading.agreeing import Figure, agreement_of
from pro_service.services.measuring.reading.exams import (
    ExamsBrought,
    LookedExam,
    bring_exams,
    exam_in_english,
    look_at_exams,
)
from pro_service.services.measuring.reading.lists import (
    HandOut,
    Listed,
    ReadListError,
    hand_out,
    hand_out_to_settle,
    key_table,
    list_table,
)
from pro_service.services.measuring.reading.locking import (
    ReadsLockError,
    lock_reads,
    unlock_reads,
)
from pro_service.services.measuring.reading.taking import (
    HandIn,
    ReadsFileError,
    ReadsLockedError,
    Taken,
    look_at_reads,
    take_reads,
)

__all__ = [
    "ExamsBrought",
    "Figure",
    "HandIn",
    "HandOut",
    "Listed",
    "LookedExam",
    "ReadListError",
    "ReadsFileError",
    "ReadsLockError",
    "ReadsLockedError",
    "Taken",
    "agreement_of",
    "bring_exams",
    "exam_in_english",
    "hand_out",
    "hand_out_to_settle",
    "key_table",
    "list_table",
    "lock_reads",
    "look_at_exams",
    "look_at_reads",
    "take_reads",
    "unlock_reads",
]
