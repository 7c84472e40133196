"""The record as a whole: seals that are signed, and whether what is there is what was sealed; and
what participants agreed to."""

from __future__ import annotations

from pro_service.services.record.allocating import open_arm
from pro_service.services.record.chain import Fault
from pro_service.services.record.consents import SaidConsent, say_part, sign_version
from pro_service.services.record.files import export_audit, verify_file
from pro_service.services.record.heads import read_heads
from pro_service.services.record.locking import (
    Keeper,
    Lift,
    LockWish,
    VisitLockedError,
    demand_unlocked,
    lift_lock,
    look_at_lock,
    set_lock,
    visit_named,
)
from pro_service.services.record.moving import Moved, count_words, move_words
from pro_service.services.record.sealing import Sealer, seal
from pro_service.services.record.signed import SignedCheck, check_signatures
from pro_service.services.record.verifying import Told, Verdict, verify

__all__ = [
    "Fault",
    "Keeper",
    "Lift",
    "LockWish",
    "Moved",
    "SaidConsent",
    "Sealer",
    "SignedCheck",
    "Told",
    "Verdict",
    "VisitLockedError",
    "check_signatures",
    "count_words",
    "demand_unlocked",
    "export_audit",
    "lift_lock",
    "look_at_lock",
    "move_words",
    "open_arm",
    "read_heads",
    "say_part",
    "seal",
    "set_lock",
    "sign_version",
    "verify",
    "verify_file",
    "visit_named",
]
