"""A look for what is new touches few pages at any size; closed visits are read once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.support.large import SITES, row_id
from tests.support.large.kept import Kept

SOON = datetime(2100, 1, 1, tzinfo=UTC)
"""After everything there is."""


async def test_a_look_for_what_is_new_touches_a_few_pages(kept: Kept) -> None:
    sites = [row_id(SITES, number) for number in range(1, 5)]
    touched, rows = await kept.pages("live/news", "list_news", (sites, SOON, 1_000))
    print(f"nothing new: {touched} pages")
    assert rows == 0
    assert touched < 60
    sessions = ([bytes(32)], ["coordinator"], timedelta(minutes=30), timedelta(hours=12))
    touched, rows = await kept.pages("live/news", "list_listening", sessions)
    print(f"nobody listens: {touched} pages")
    assert rows == 0
    assert touched < 20


async def test_closed_visits_are_counted_by_reading_each_table_once(kept: Kept) -> None:
    study = kept.study.study_id
    touched, rows = await kept.pages("missing/visits", "list_closed_visits", (study, None))
    each = touched / kept.study.participants
    print(f"closed visits: {touched} pages, {rows} rows, {each:.1f} a participant")
    assert rows > 10
    assert each < 30
    log = (study, None, 3, None, None, None, 100)
    touched, rows = await kept.pages("missing/visits", "list_deviations", log)
    each = touched / kept.study.participants
    print(f"deviations: {touched} pages, {rows} rows, {each:.1f} a participant")
    assert each < 30
