"""What each small form is filled in with, where only who may send it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count, cycle
from typing import Final

from pro_service.web.desk.person.registry import SHEETS
from pro_service.web.desk.routes import Doing

NOBODY_IN_IT: Final = {
    "desk-enrol": 422,
    "desk-enrol-file": 422,
    "desk-enrol-rows": 400,
    "desk-measure-file": 422,
    "desk-measure-rows": 400,
    "desk-chosen-ask": 422,
    "desk-chosen-cards": 422,
    "desk-export": 422,
}
"""Forms about several people with nobody in them, for whoever may send them at all."""
WAITS_FOR_NOTHING: Final = {
    *("desk-texts-again", "desk-no-texts", "desk-visit-day", "desk-new-number"),
    *("desk-first-text", "desk-email-change", "desk-email-letter"),
}
"""What nobody here has asked for: there is nothing to do, or what is given is refused."""
FORMS: Final = tuple(
    one for one in SHEETS if one.name not in {"query-answer", "query-close", "query-reopen"}
)
"""Small forms with a page of their own; the others are about one row, which the address names."""
PREVIEWS: Final = {
    "desk-pause-preview",
    "desk-resume-preview",
    "desk-entry-begin",
    "desk-reply-preview",
    "desk-lock-preview",
    "desk-reads-look",
    *(f"desk-{one.name}" for one in SHEETS if one.look is not None),
}
"""Forms that show first what they would change."""
SHOWN_ONCE: Final = {"desk-call-number", "desk-number", "desk-staff-invite", "desk-staff-reset"}
"""Forms that are answered with numbers or a link to hand on, and write that they were shown."""
ASKS_CORRECTION: Final = {
    "desk-correction-ask",
    "desk-correction-place",
    "desk-correction-person",
}
FILES: Final = {"desk-copy"}
"""Forms that are answered with a file, which changes nothing."""
ARMS: Final = {"desk-allocation-show"}
"""A form that is answered with who was given what, and writes that it was shown."""
NOTHING_OPEN: Final = {"desk-safety-end", "desk-text-take", "desk-staff-factor"}
"""What nothing waits for: no safety follow-up, no question and no second factor was there."""

FRESH = count(1)
EXTRAS = cycle(("womac-nrs-3.1", "pain-nrs", "pain-nrs-week", "pain-nrs-now"))


def filled_for(doing: Doing, rows: Mapping[str, object]) -> dict[str, str]:
    """What a small form asks beside a reason; every number and extra visit is another.

    `rows` holds the first contact and the last, a visit that has begun and the data query that was
    raised last.
    """
    if doing.name == "desk-extra-visit":
        return {"ask": f"{next(EXTRAS)}:left_knee", "when": "now"}
    number = next(FRESH)
    first, last = str(rows["first contact"]), str(rows["last contact"])
    sheets = {
        "desk-event": {"event": "screening:1", "said": "planned", "day": "2027-01-05"},
        "desk-own-event": {"kind": "painkiller", "began": "2025-06-01", "ended": "", "dose": ""},
        "desk-status": {"status": "stopped_treatment"},
        "desk-new-number": {
            "contact": str(rows["first contact"]),
            "number": "12",
            "said": "waiting",
        },
        "desk-contact": {"relation": "child", "number": f"+1202555{number:04}"},
        "desk-confirm-number": {"contact": last},
        "desk-email": {"relation": "child", "address": f"child{number}@home.example"},
        "desk-contact-agreement": {"contact": last},
        "desk-contact-first": {"contact": first},
        "desk-contact-end": {"contact": last, "why": "over"},
        "desk-texts-again": {"contact": first},
        "desk-no-texts": {"reason": ""},
        "desk-settings": {"language": "en", "channel": "link"},
        "desk-consent": {"version": f"9.{number}", "on": "2026-01-05"},
        "desk-consent-part": {"what": "caregiver_given", "on": "2026-01-05"},
        "desk-restriction": {"wants": "restrict"},
        "desk-note": {"words": "prefers mornings"},
        "desk-write": {"reply": "thanks"},
        "desk-site": {"site": "S3"},
        "desk-visit-day": {"visit": "", "day": "2026-02-03"},
        "desk-data-query": {"about": "participant", "words": "x"},
        "desk-query-answer": {"query": str(rows.get("data query", "")), "words": "x"},
        "desk-query-close": {"query": str(rows.get("data query", "")), "words": "x"},
        "desk-query-reopen": {"query": str(rows.get("data query", "")), "words": "x"},
        "desk-source-checked": {"visit": str(rows.get("visit", "")), "words": "x"},
        "desk-enrol": {},
    }
    return sheets.get(doing.name, {})
