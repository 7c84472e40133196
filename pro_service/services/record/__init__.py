"""The record as a whole: seals that are signed, and whether what is there is what was sealed; and
what participants agreed to."""

from __future__ import annotations

from pro_service.services.record.chain import Fault
from pro_service.services.record.consents import SaidConsent, say_part, sign_version
from pro_service.services.record.files import export_audit, verify_file
from pro_service.services.record.heads import read_heads
from pro_service.services.record.moving import Moved, count_words, move_words
from pro_service.services.record.sealing import Sealer, seal
from pro_service.services.record.verifying import Told, Verdict, verify

__all__ = [
    "Fault",
    "Moved",
    "SaidConsent",
    "Sealer",
    "Told",
    "Verdict",
    "count_words",
    "export_audit",
    "move_words",
    "read_heads",
    "say_part",
    "seal",
    "sign_version",
    "verify",
    "verify_file",
]
