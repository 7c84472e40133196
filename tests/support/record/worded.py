"""Which forms and commands bring words of staff, and where it is tried that they are sealed."""

from __future__ import annotations

from typing import Final

from pro_service.domain.study.duty import EntryKind
from pro_service.web.desk.person.registry import SHEETS

WORDLESS: Final = frozenset(
    {
        "desk-alert-seen",
        "desk-alert-taken",
        "desk-allocation-show",
        "desk-ask-at-once",
        "desk-call-number",
        "desk-calls-numbers",
        "desk-card-show",
        "desk-chosen-ask",
        "desk-chosen-cards",
        "desk-copy",
        "desk-export",
        "desk-correlate",
        "desk-groups-arms",
        "desk-lock",
        "desk-measure-rows",
        "desk-pause",
        *("desk-reads-look", "desk-reads-take", "desk-reads-give"),
        *("desk-exams-look", "desk-exams-bring"),
        "desk-resume",
        *(f"desk-rota-{what}" for what in ("end", *EntryKind)),
        "desk-second-keep",
        "desk-sign",
        *("desk-tablet", "desk-tablet-back"),
        "desk-text-reply",
        "desk-text-take",
        *(f"desk-undo-{what}" for what in ("alert-seen", "call-no-answer", "text-nothing")),
    }
)
"""Forms without a field for words, or that repeat what their preview was given."""
SMALL_FORMS: Final = frozenset(
    {
        *(f"desk-{one.name}" for one in SHEETS),
        *("desk-enrol", "desk-enrol-file", "desk-enrol-rows"),
        *("desk-entry-begin", "desk-entry-keep", "desk-entry-send"),
        *("desk-correction-ask", "desk-correction-place", "desk-correction-decide"),
        *("desk-correction-person", "desk-number"),
        "desk-erase",
        *("desk-lock-preview", "desk-lock-lift", "desk-second-settle", "desk-unblind"),
        "desk-measures-keep",
    }
)
"""Their words are looked for where they are filled in: tests/integration/desk/person, enrol,
entering, record and signing, and tests/integration/measuring."""
ABOUT_STAFF: Final = frozenset(
    {
        *("desk-measure-file", "desk-reads-lock", "desk-reads-unlock"),
        *("desk-sender-correct", "desk-site-correct"),
        *(
            f"desk-staff-{what}"
            for what in ("end", "factor", "invite", "reset", "role", "role-end")
        ),
    }
)
"""Forms whose words are about a site, one of the staff, a file or the reads of a study, and about
no participant: they stay readable, as those of the commands do."""
ELSEWHERE: Final = frozenset(
    {
        *(("enrol",), ("lock", "set"), ("lock", "lift"), ("measure", "record")),
        *(("participant", "erase"), ("visit", "redate")),
    }
)
"""Commands that need more than a participant who was just enrolled: the first below, the others in
tests/integration/desk/signing, tests/integration/measuring and tests/integration/visits."""
FILLED: Final = frozenset(
    {
        "desk-alert-assessed",
        "desk-alert-closed",
        "desk-call-close",
        "desk-message-dealt",
        "desk-card-new",
        "desk-pause-preview",
        "desk-resume-preview",
        "desk-safety-end",
        "desk-reply-preview",
        "desk-text-call",
        "desk-text-alert",
        "desk-text-nothing",
    }
)
