"""Writes tests/data/participants_200.csv: always the same 200 fictitious participants.

    python -m tests.support.generate_participants

Every number is of the range kept free for fiction: +1, an area code, 555, and 0100 to 0199.
"""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from pathlib import Path

from pro_service.services.visits.enrolment_rows import COLUMNS

FILE = Path(__file__).parents[1] / "data" / "participants_200.csv"
AREA_CODES = ("202", "206", "212")
SITES = ("BJ01", "LN02", "NY03")
ZONES = ("Asia/Shanghai", "Europe/London", "America/New_York")
HOW_MANY = 200
SHARING = {37: 36, 121: 120}
"""Row by row: who uses the telephone of whom."""


def number_of(place: int) -> str:
    """The telephone number of the participant at a place, from 0."""
    owner = SHARING.get(place, place)
    return f"+1{AREA_CODES[owner // 100]}555{100 + owner % 100:04}"


def rows() -> list[dict[str, str]]:
    """The participants in order."""
    made = []
    for place in range(HOW_MANY):
        at = place % 3
        consent_on = date(2026, 1, 2) + timedelta(days=place % 3)
        made.append(
            {
                "code": f"P-{place + 1:03}",
                "site": SITES[at],
                "phone": number_of(place),
                "language": "zh_CN" if at == 0 or place % 7 == 0 else "en",
                "zone": ZONES[at],
                "channel": ("text", "link")[place // 2 % 2],
                "consent_version": "1" if place % 10 else "1a",
                "consent_on": consent_on.isoformat(),
                "messaging_consent": "no" if place % 50 == 49 else "yes",
                "treated_knees": ("left", "right", "both")[place // 4 % 3],
                "planned_injection_on": ""
                if place % 40 == 39
                else (consent_on + timedelta(days=8 + place % 20)).isoformat(),
            }
        )
    return made


def text() -> str:
    """The whole file."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows())
    return buffer.getvalue()


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
