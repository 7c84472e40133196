"""What is sent: judged, composed, claimed, handed over, and what came of it."""

from __future__ import annotations

from pro_service.services.texting.channels.reach import (
    needs_registration,
    outlet_for,
    reached_by,
    usual_sender,
    ways_to,
)
from pro_service.services.texting.composing import (
    Line,
    contact_at,
    indexes_of,
    line_found,
    line_to,
    new_line,
    number_of,
    open_address,
    open_number,
    seal_body,
)
from pro_service.services.texting.consequences import follow, opt_out_of
from pro_service.services.texting.contacts import agree_for_contact
from pro_service.services.texting.delivery import (
    look_for,
    look_for_lost,
    look_for_reply,
    retry,
    send_claimed,
)
from pro_service.services.texting.due_list import DueList
from pro_service.services.texting.numbers import indexes_at
from pro_service.services.texting.opt_outs import (
    NoLineError,
    another_way,
    opt_out_by_staff,
    opt_out_document,
    opt_out_row,
)
from pro_service.services.texting.pausing import moved_rows, pause_write
from pro_service.services.texting.reminder_texts import link_for, who_part
from pro_service.services.texting.reminders import Claimed, ended_rows, remind
from pro_service.services.texting.staff_replies import (
    StaffReply,
    staff_reply_body,
    staff_reply_row,
)
from pro_service.services.texting.tails import fill_tails
from pro_service.services.texting.waves import Waves
from pro_service.services.texting.wrong_numbers import WrongNumber, wrong_number

__all__ = [
    "Claimed",
    "DueList",
    "Line",
    "NoLineError",
    "StaffReply",
    "Waves",
    "WrongNumber",
    "agree_for_contact",
    "another_way",
    "contact_at",
    "ended_rows",
    "fill_tails",
    "follow",
    "indexes_at",
    "indexes_of",
    "line_found",
    "line_to",
    "link_for",
    "look_for",
    "look_for_lost",
    "look_for_reply",
    "moved_rows",
    "needs_registration",
    "new_line",
    "number_of",
    "open_address",
    "open_number",
    "opt_out_by_staff",
    "opt_out_document",
    "opt_out_of",
    "opt_out_row",
    "outlet_for",
    "pause_write",
    "reached_by",
    "remind",
    "retry",
    "seal_body",
    "send_claimed",
    "staff_reply_body",
    "staff_reply_row",
    "usual_sender",
    "ways_to",
    "who_part",
    "wrong_number",
]
