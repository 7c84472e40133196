"""What is sent: judged, composed, claimed, handed over, and what came of it."""

from __future__ import annotations

from pro_service.services.texting.composing import Line, line_to, message_row, seal_body
from pro_service.services.texting.delivery import look_for, look_for_reply, retry, send_claimed
from pro_service.services.texting.opt_outs import opt_out_document
from pro_service.services.texting.reach import reached_by, ways_to
from pro_service.services.texting.reminders import ACTOR, Claimed, empty_claim, link_for, remind

__all__ = [
    "ACTOR",
    "Claimed",
    "Line",
    "empty_claim",
    "line_to",
    "link_for",
    "look_for",
    "look_for_reply",
    "message_row",
    "opt_out_document",
    "reached_by",
    "remind",
    "retry",
    "seal_body",
    "send_claimed",
    "ways_to",
]
