"""The participants' list of a large study touches what is kept of it, and few pages of that.

Row-level security and the record's own tables are what would cost: a page of fifty read row by row
through them touches tens of thousands of pages. Functions are not in a statement's plan, so what
they touched is its own count; times are shown by `python -m tests.benchmarks desk`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from pro_service.domain.study.facts import Status
from pro_service.domain.study.pausing import may_pause
from pro_service.services.desk.listing.signs import FIGURE_SIGNS, STATE_SIGNS
from pro_service.services.desk.today.lists import MOST_JUDGED
from pro_service.store.connection import Looking
from pro_service.store.desk.people import Slice, Sought, find_people
from pro_service.store.pools import connect
from tests.support.large import INBOUNDS, LINES, PARTICIPANTS, SITES, LargeStudy, row_id
from tests.support.large.kept import ITEMS, Kept
from tests.support.outlooks.lists import derived_lists_of, lists_of
from tests.support.seed import make_context

FOUND: dict[str, tuple[Sought, str, int]] = {
    "all": (Sought(), "code", 150),
    "of a site": (Sought(site=row_id(SITES, 2)), "code", 150),
    "by code": (Sought(code="77"), "code", 150),
    "by status": (Sought(status="active", items=ITEMS), "code", 250),
    "by language": (Sought(language="zh_CN"), "code", 150),
    "missed": (Sought(states=256, items=ITEMS), "code", 400),
    "due": (Sought(states=32, items=ITEMS), "code", 400),
    "to come": (Sought(states=16, items=ITEMS), "code", 250),
    "of a visit": (Sought(states=1, visit="month_2", items=ITEMS), "code", 400),
    "scorable": (Sought(figure=FIGURE_SIGNS["scorable"], items=ITEMS), "code", 250),
    "behind": (Sought(items=ITEMS), "behind", 400),
    "by site": (Sought(), "site", 150),
}


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


async def test_why_answers_are_missing_is_read_where_it_is_counted(kept: Kept) -> None:
    study = kept.study.study_id
    touched, rows = await kept.pages("missing/visits", "list_closed_visits", (study, None))
    print(f"missing: {touched} pages, {rows} rows")
    assert rows
    assert touched < 100


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
    assert touched < 600


async def test_whoever_was_written_about_since_is_derived_and_the_rest_is_not(
    kept: Kept, large: tuple[str, LargeStudy]
) -> None:
    study = kept.study.study_id
    superuser = await asyncpg.connect(large[0])
    try:
        await superuser.execute(
            "UPDATE pro.participant_revisions SET revision = revision + 1"
            " WHERE participant_id = $1",
            row_id(PARTICIPANTS, kept.study.number + 1),  # Not whom the plans of writes are of.
        )
    finally:
        await superuser.close()
    sought = Sought(states=STATE_SIGNS[next(iter(STATE_SIGNS))], items=ITEMS)
    touched, _ = await kept.pages("desk/people", "find_people", (study, sought, "code", 0, 50))
    assert touched < 3_000
    desk = await kept.desk()
    try:
        found = await find_people(desk, study, sought, Slice("code", 0, 50))
    finally:
        await desk.close()
    assert {one.unknown for one in found} == {0}


PARTED = sorted(one for one in Status if not may_pause(one))
NOW = datetime.now(UTC)
WEEK, MONTH = ((NOW - timedelta(days=days), NOW) for days in (7, 28))
LISTS: dict[str, tuple[str, tuple[Any, ...], int]] = {
    "get_frame": ("desk/frame", (5,), 200),
    "list_open_alerts": ("desk/desk", (50,), 1_000),
    "list_open_calls": ("desk/desk", (50,), 3_200),
    "list_held_numbers": ("desk/desk", (50,), 1_000),
    "list_texts_to_read": ("desk/desk", (50,), 100),
    "list_unreached": ("desk/desk", (PARTED, MOST_JUDGED), 2_500),
    "list_begun": ("desk/today", (50,), 2_800),
    "list_reports_without_alert": ("desk/alerts", (None, *WEEK, 100), 3_000),
    "list_calls_to_print": ("desk/calls", (200,), 13_000),
    "list_deviations": ("missing/visits", (None, 3, None, None, None, 101), 150),
    "list_alerts_against_log": ("desk/alerts", (None, *MONTH, True, 100), 3_000),
}
"""Each list of Today, its values after the study, and the pages it may touch."""
EMPTY = frozenset({"list_texts_to_read", "list_deviations"})


async def test_each_list_of_today_touches_what_it_shows_and_no_more(kept: Kept) -> None:
    wrong = []
    for name, (place, values, most) in LISTS.items():
        touched, rows = await kept.pages(place, name, (kept.study.study_id, *values))
        print(f"{name}: {touched} pages, {rows} rows")
        if touched > most or (not rows and name not in EMPTY):
            wrong.append((name, touched, rows))
    assert wrong == []


PAGES: dict[str, tuple[str, range, tuple[Any, ...], int]] = {
    "participants": ("list_participants_after", range(1, 5), (None, None, None, 101), 1_500),
    "of one site": ("list_participants_after", range(2, 3), (None, None, None, 101), 1_500),
    "alerts": ("list_alerts_after", range(1, 5), (None, 101), 500),
    "calls": ("list_calls_after", range(1, 5), (None, 101), 500),
}
"""Each list over the API: whose sites, its values after the study, and the pages it may touch."""


async def test_a_hundred_over_the_api_touch_few_pages(kept: Kept) -> None:
    wrong = []
    for case, (name, sites, values, most) in PAGES.items():
        who = Looking.of("staff:registry", [(row_id(SITES, number), "monitor") for number in sites])
        touched, rows = await kept.pages("api/listed", name, (*who, kept.study.study_id, *values))
        print(f"{case}: {touched} pages, {rows} rows")
        if touched > most or rows != 101:
            wrong.append((case, touched, rows))
    assert wrong == []


async def test_one_conversation_is_read_without_asking_of_everybody(kept: Kept) -> None:
    """Neither everybody's keys, nor whether everybody is seen, nor every stranger's text."""
    study = kept.study
    theirs, line = (study.study_id, [study.participant_id]), row_id(LINES, study.number)
    text = row_id(INBOUNDS, study.participants + study.number - 1)
    cases: dict[str, tuple[tuple[Any, ...], int]] = {
        "list_thread_messages": ((*theirs, 200), 50),
        "list_thread_inbounds": ((*theirs, line, 200), 25),
        "list_people_of_text": ((study.study_id, text), 1),
    }
    wrong = []
    for name, (values, found) in cases.items():
        touched, rows = await kept.pages("desk/texts", name, values)
        print(f"{name}: {touched} pages, {rows} rows")
        if touched > 1_500 or rows != found:
            wrong.append((name, touched, rows))
    assert wrong == []


async def test_the_lists_of_today_are_the_same_kept_or_not(kept: Kept) -> None:
    """What is kept is what the rule says of the record: nothing kept, the record alone is asked."""
    superuser = await connect(kept.url, role=None, actor="test:plans")
    study, sites = kept.study.study_id, [row_id(SITES, number) for number in range(1, 5)]
    instruments = make_context().catalogue.instruments
    transaction = superuser.transaction()
    await transaction.start()
    try:
        # One visit without a word is silence here, so that many are silent.
        await superuser.execute("SET LOCAL session_replication_role = replica")
        await superuser.execute(
            "UPDATE pro.protocol_versions SET document = document || $1",
            {"calls": {"silent_visits": 1}},
        )
        looked_up = await lists_of(superuser, study, sites, instruments)
        derived = await derived_lists_of(superuser, study, sites, instruments)
    finally:
        await transaction.rollback()
        await superuser.close()
    assert sum("silent_visits=1" in one for one in looked_up.unreached) > 50
    assert len(looked_up.to_complete) > 50
    assert len(looked_up.week) > 100
    assert looked_up == derived
