"""A site of a large study is locked in few short transactions; what pages ask of locks is small."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import pytest

from pro_service.services.record import Keeper, LockWish, set_lock
from pro_service.services.record.locking import BATCH
from pro_service.store.connection import Connection, transaction
from pro_service.store.pools import connect
from pro_service.store.sql_files import load_queries
from tests.support.large import SITES, LargeStudy, row_id
from tests.support.large.plans import PLANNING, explain, pages_touched
from tests.support.study import make_context

EVER = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.mark.thorough
async def test_a_site_is_locked_in_batches_that_hold_nobody_up_for_long(
    own_large: tuple[str, LargeStudy],
) -> None:
    url, study = own_large
    operator = await connect(url, role="pro_operator", actor="cli:test")
    held: list[float] = []

    @asynccontextmanager
    async def begin() -> AsyncIterator[Connection]:
        began = monotonic()
        async with transaction(operator) as lent:
            yield lent
        held.append(monotonic() - began)

    try:
        site = await operator.fetchval("SELECT code FROM pro.sites WHERE id = $1", row_id(SITES, 2))
        here = await operator.fetchval(
            "SELECT count(DISTINCT participant_id) FROM pro.participant_sites"
            " WHERE site_id = $1 AND valid_to IS NULL",
            row_id(SITES, 2),
        )
        keeper = Keeper(make_context("http://127.0.0.1"), study.study_id, "cli:test", begin)
        found = await set_lock(keeper, LockWish(site=site, reason="interim"))
        print(
            f"{found.visits} visits of {len(found.participants)}: {[round(s, 2) for s in held]} s"
        )
        assert len(found.participants) == here
        assert len(held) == -(-here // BATCH)
        assert found.visits > 5 * here
        again = await operator.fetchval("SELECT count(*) FROM pro.lock_spans")
        assert again == found.visits
    finally:
        await operator.close()


async def test_what_a_page_asks_of_signatures_and_locks_touches_few_pages(
    large: tuple[str, LargeStudy],
) -> None:
    url, study = large
    theirs = (study.study_id, study.participant_id)
    cases: dict[str, tuple[str, tuple[Any, ...], int]] = {
        "list_signatures": (
            *("record/signatures", (study.study_id, [study.participant_id], EVER), 30),
        ),
        "list_locked_visits": ("record/locks", theirs, 200),
        "count_visits_to_sign": (
            "record/signatures",
            (study.study_id, [row_id(SITES, 2)]),
            5_000,
        ),
    }
    wrong = []
    for planning in PLANNING:
        desk = await connect(url, role="pro_desk", actor="test:plans")
        try:
            sites = ",".join(str(row_id(SITES, number)) for number in range(1, 5))
            await desk.execute("SELECT set_config('pro.site_ids', $1, false)", sites)
            for name, (place, values, most) in cases.items():
                plan = await explain(desk, load_queries(place)[name], values, planning)
                touched = pages_touched(plan["Plan"])
                print(f"{name}: {touched} pages, {plan['Execution Time']} ms")
                if touched > most:
                    wrong.append((name, touched))
        finally:
            await desk.close()
    assert wrong == []
