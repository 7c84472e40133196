"""What each small form is filled in with, where only who may send it is asked."""

from __future__ import annotations

from itertools import count, cycle
from typing import Final

from pro_service.web.desk.routes import Doing

NOBODY_IN_IT: Final = {
    "desk-enrol": 422,
    "desk-enrol-file": 422,
    "desk-enrol-rows": 400,
    "desk-chosen-ask": 422,
    "desk-chosen-cards": 422,
}
"""Forms about several people with nobody in them, for whoever may send them at all."""
WAITS_FOR_NOTHING: Final = {
    *("desk-texts-again", "desk-no-texts", "desk-visit-day", "desk-new-number"),
    "desk-first-text",
}
"""What nobody here has asked for: there is nothing to do, or what is given is refused."""

FRESH = count(1)
EXTRAS = cycle(("womac-nrs-3.1", "pain-nrs", "pain-nrs-week", "pain-nrs-now"))


def filled_for(doing: Doing) -> dict[str, str]:
    """What a small form asks beside a reason; every number and extra visit is another."""
    if doing.name == "desk-extra-visit":
        return {"ask": f"{next(EXTRAS)}:left_knee", "when": "now"}
    number = next(FRESH)
    sheets = {
        "desk-event": {"event": "screening:1", "said": "planned", "day": "2027-01-05"},
        "desk-own-event": {"kind": "painkiller", "began": "2025-06-01", "ended": "", "dose": ""},
        "desk-status": {"status": "stopped_treatment"},
        "desk-new-number": {"contact": "1", "number": "12", "said": "waiting"},
        "desk-contact": {"relation": "child", "number": f"+1202555{number:04}"},
        "desk-confirm-number": {"contact": "2"},
        "desk-contact-agreement": {"contact": "2"},
        "desk-contact-first": {"contact": "1"},
        "desk-contact-end": {"contact": "2", "why": "over"},
        "desk-texts-again": {"contact": "1"},
        "desk-no-texts": {"reason": ""},
        "desk-settings": {"language": "en", "channel": "link"},
        "desk-note": {"words": "prefers mornings"},
        "desk-write": {"reply": "thanks"},
        "desk-site": {"site": "S3"},
        "desk-visit-day": {"visit": "", "day": "2026-02-03"},
        "desk-enrol": {},
    }
    return sheets.get(doing.name, {})
