"""The participants' list of a large study touches what is kept of it, and few pages of that.

Row-level security and the record's own tables are what would cost: a page of fifty read row by row
through them touches tens of thousands of pages. Functions are not in a statement's plan, so what
they touched is its own count; times are shown by `python -m tests.benchmarks desk`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from pro_service.services.desk.listing.signs import FIGURE_SIGNS, STATE_SIGNS
from pro_service.store.desk.people import Slice, Sought, find_people
from pro_service.store.pools import connect
from pro_service.store.sql_files import load_queries
from pro_service.store.visits.outlooks import refresh_outlooks
from tests.support.large import PARTICIPANTS, SITES, LargeStudy, row_id
from tests.support.large.plans import PLANNING, explain, pages_touched

ITEMS = {"womac-nrs-3.1": 24, "pain-nrs": 1}
KEPT = 1_000
"""About the pages in which 2,000 participants' outlooks stand, with their visits'."""
FOUND: dict[str, tuple[Sought, str, int]] = {
    "all": (Sought(), "code", 400),
    "of a site": (Sought(site=row_id(SITES, 2)), "code", 400),
    "by code": (Sought(code="77"), "code", 400),
    "by status": (Sought(status="active", items=ITEMS), "code", 700),
    "missed": (Sought(states=256, items=ITEMS), "code", KEPT + 700),
    "due": (Sought(states=32, items=ITEMS), "code", KEPT + 700),
    "to come": (Sought(states=16, items=ITEMS), "code", 700),
    "of a visit": (Sought(states=1, visit="month_2", items=ITEMS), "code", KEPT + 700),
    "scorable": (Sought(figure=FIGURE_SIGNS["scorable"], items=ITEMS), "code", 700),
    "behind": (Sought(items=ITEMS), "behind", KEPT + 700),
}


@dataclass(frozen=True)
class Kept:
    """The large study with all outlooks kept, as somebody of the whole study sees it."""

    url: str
    study: LargeStudy

    async def desk(self) -> asyncpg.Connection:
        """A connection of its own: explaining forgets whatever one had prepared."""
        desk = await connect(self.url, role="pro_desk", actor="test:plans")
        sites = ",".join(str(row_id(SITES, number)) for number in range(1, 5))
        await desk.execute("SELECT set_config('pro.site_ids', $1, false)", sites)
        return desk

    async def pages(self, place: str, name: str, values: tuple[Any, ...]) -> tuple[int, int]:
        """Pages touched and rows found: planned anew, and as a plan kept for any values."""
        worst, rows = 0, 0
        for planning in PLANNING:
            desk = await self.desk()
            try:
                plan = (await explain(desk, load_queries(place)[name], values, planning))["Plan"]
            finally:
                await desk.close()
            worst, rows = max(worst, pages_touched(plan)), plan["Actual Rows"]
        return worst, rows


@pytest.fixture
async def kept(large: tuple[str, LargeStudy]) -> Kept:
    """The worker came by everybody."""
    url, study = large
    worker = await connect(url, role="pro_worker", actor="test:worker")
    for first in range(1, study.participants, 200):
        batch = [row_id(PARTICIPANTS, number) for number in range(first, first + 200)]
        await refresh_outlooks(worker, study.study_id, batch, ITEMS)
    await worker.close()
    superuser = await asyncpg.connect(url)
    await superuser.execute("VACUUM ANALYZE pro.visit_outlooks, pro.participant_outlooks")
    await superuser.close()
    return Kept(url, study)


async def test_finding_touches_few_pages_whatever_is_asked(kept: Kept) -> None:
    study, wrong = kept.study.study_id, []
    for name, (sought, order, most) in FOUND.items():
        touched, rows = await kept.pages(
            "desk/people", "find_people", (study, sought, order, 0, 50)
        )
        print(f"{name}: {touched} pages, {rows} rows")
        if touched > most or not rows:
            wrong.append((name, touched, rows))
    assert wrong == []


async def test_a_page_of_rows_and_the_figures_touch_few_pages(kept: Kept) -> None:
    study = kept.study.study_id
    ids: list[UUID] = [row_id(PARTICIPANTS, number) for number in range(100, 150)]
    touched, rows = await kept.pages("desk/people", "list_visits_seen", (study, ids, ITEMS))
    print(f"rows of a page: {touched} pages")
    assert rows == len(ids)
    assert touched < 1_500
    touched, rows = await kept.pages("desk/people", "count_figures", (study, None, ITEMS))
    print(f"figures: {touched} pages")
    assert rows > 4
    assert touched < 2 * KEPT + 700


async def test_whoever_was_written_about_since_is_derived_and_the_rest_is_not(
    kept: Kept, large: tuple[str, LargeStudy]
) -> None:
    study = kept.study.study_id
    superuser = await asyncpg.connect(large[0])
    try:
        await superuser.execute(
            "UPDATE pro.participant_revisions SET revision = revision + 1"
            " WHERE participant_id = $1",
            kept.study.participant_id,
        )
    finally:
        await superuser.close()
    sought = Sought(states=STATE_SIGNS[next(iter(STATE_SIGNS))], items=ITEMS)
    touched, _ = await kept.pages("desk/people", "find_people", (study, sought, "code", 0, 50))
    assert touched < KEPT + 2_500
    desk = await kept.desk()
    try:
        found = await find_people(desk, study, sought, Slice("code", 0, 50))
    finally:
        await desk.close()
    assert {one.unknown for one in found} == {0}
