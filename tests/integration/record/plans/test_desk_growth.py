"""What a page of the desk touches grows with what it shows, and hardly with who takes part.

Each statement of Today and each filter of the list is asked of few and of many. What is read set by
set costs a part of a page for a further participant; what is read person by person costs several.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from pro_service.domain.study.statuses import STOPS_ASKING, STOPS_VISITS
from pro_service.services.desk.listing.signs import STATE_SIGNS
from pro_service.services.desk.today.lists import MOST_JUDGED
from pro_service.store.desk.people import Sought
from tests.integration.record.plans.test_desk_plans import PARTED
from tests.support.large import SITES, VERSIONS, LargeStudy, row_id
from tests.support.large.kept import ITEMS, Kept, keep

PART: Final = 1.0
"""Pages that a further participant may cost."""
SHOWN: Final = 5
"""Rows of a list: so many wait for somebody among the few, too."""
CLINIC: Final = [[str(row_id(VERSIONS, 1)), one] for one in ("baseline", "month_6", "month_12")]
TODAY: Final[dict[str, tuple[str, tuple[Any, ...]]]] = {
    "get_frame": ("desk/frame", (5,)),
    "list_texts_to_read": ("desk/desk", (SHOWN,)),
    "list_open_calls": ("desk/desk", (SHOWN,)),
    "list_open_alerts": ("desk/desk", (SHOWN,)),
    "list_uncertain_messages": ("desk/desk", (SHOWN,)),
    "list_held_numbers": ("desk/desk", (SHOWN,)),
    "list_unreached": ("desk/desk", (PARTED, MOST_JUDGED)),
    "list_begun": ("desk/today", (SHOWN,)),
    "list_not_joined": ("desk/joining", (SHOWN,)),
    "list_deaths_reported": ("desk/deaths", (SHOWN,)),
    "count_figures": ("desk/people", (None, ITEMS)),
    "list_closed_visits": ("missing/visits", (None,)),
}
"""Statements with their values after the study; the week's depend on the day."""
FILTERS: Final[dict[str, tuple[Sought, str]]] = {
    **{
        f"{state}": (Sought(states=sign, items=ITEMS), "code")
        for state, sign in STATE_SIGNS.items()
    },
    "missed at a visit": (Sought(states=256, visit="month_2", items=ITEMS), "code"),
    "by status": (Sought(status="active", items=ITEMS), "code"),
    "by language": (Sought(language="zh_CN"), "code"),
    "by code": (Sought(code="77"), "code"),
    "of a site": (Sought(site=row_id(SITES, 2)), "code"),
    "enrolled": (Sought(enrolled=True, items=ITEMS), "code"),
    **{f"sorted by {one}": (Sought(items=ITEMS), one) for one in ("behind", "status", "site")},
}


async def pages_of(kept: Kept) -> dict[str, int]:
    """Pages each statement touches, whichever way it is planned."""
    study = kept.study.study_id
    now = datetime.now(UTC)
    week = (now + timedelta(days=7), timedelta(days=60), CLINIC)
    unasked = [sorted(map(str, one)) for one in (STOPS_ASKING, STOPS_VISITS)]
    found = {
        "list_week": (await kept.pages("desk/today", "list_week", (study, *week, *unasked, SHOWN)))
    }
    for name, (place, values) in TODAY.items():
        found[name] = await kept.pages(place, name, (study, *values))
    for name, (sought, order) in FILTERS.items():
        values = (study, sought, order, 0, SHOWN)
        found[name] = await kept.pages("desk/people", "find_people", values)
    return {name: touched for name, (touched, _) in found.items()}


@pytest.mark.thorough
async def test_a_further_participant_costs_a_part_of_a_page(
    kept: Kept, few: tuple[str, LargeStudy]
) -> None:
    fewer = await keep(*few)
    many, less = await pages_of(kept), await pages_of(fewer)
    further = kept.study.participants - fewer.study.participants
    grown = {name: (touched - less[name]) / further for name, touched in many.items()}
    for name, part in grown.items():
        print(f"{name}: {less[name]} -> {many[name]} pages, {part:.2f} each")
    assert {name: part for name, part in grown.items() if part > PART} == {}
