"""The table of free words: in no export that does not ask for it."""

from __future__ import annotations

from typing import Final

from pro_service.services.exports.columns.model import Column, Table
from pro_service.services.exports.columns.shared import PERSON

WORDS: Final = Table(
    "words",
    "note about a participant, or text of theirs that somebody had to read: as it was written; only"
    " where it is asked for, and the protocol lets it leave",
    (
        *PERSON,
        Column("words", "text", "WORDSID", "Words", "Id of the note or the text"),
        Column(
            *("about", "text", "ABOUT", "What they stand with"),
            "The kind of what they stand with",
            "alert; call; correction; data_query; remark; text; other",
        ),
        Column(
            *("about_id", "text", "ABOUTID", "Id of that"),
            "Its id, as in the table of its kind; empty: it has none of its own there",
        ),
        Column(
            *("by_participant", "yes/no", "BYSUBJ", "The participant's own"),
            "Whether the participant wrote them; no: staff did, or it is a text from the telephone"
            " of somebody else they are reached by; empty: whose telephone it was is not known",
        ),
        Column("said", "text", "SAID", "Words", "The words as they were written", "", "collected"),
        Column(
            *("missing_reason", "text", "REASND", "Why words are left out"),
            "Why they are left out",
            "withdrew_data_use; restricted; erased",
            "derived",
        ),
        Column("recorded_at", "instant", "RECDTM", "Recorded at", "When they were recorded"),
        Column("recorded_by", "text", "RECBY", "Recorded by", "Who wrote them"),
    ),
)
