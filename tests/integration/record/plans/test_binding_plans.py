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
SIGNED = """
INSERT INTO pro.signatures (study_id, id, participant_id, visit_id, format, content_sha256, meaning,
    printed_name, signed_at, actor)
SELECT study_id, gen_random_uuid(), participant_id, id, 1, repeat('0', 64), 'reviewed', 'Dr A',
       pro.now(), 'test'
FROM (SELECT v.*, row_number() OVER (PARTITION BY participant_id ORDER BY closes_at) AS place
      FROM pro.visits AS v
      WHERE study_id = $1 AND chosen_for = closes_at AND superseded_at IS NULL) AS v
WHERE place <= $2 AND id NOT IN (SELECT s.visit_id FROM pro.signatures AS s)
  AND (place < 9 OR participant_id NOT IN (
    SELECT id FROM pro.participants WHERE study_id = $1 AND code LIKE 'L-19_0'))
"""
"""So many visits of each, the first to close first; of the last some are left."""


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
    everywhere = [row_id(SITES, number) for number in range(1, 5)]
    cases: dict[str, tuple[str, tuple[Any, ...], int]] = {
        "list_signatures": (
            *("record/signatures", (study.study_id, [study.participant_id], EVER), 30),
        ),
        "list_locked_visits": ("record/locks", theirs, 200),
        "count_visits_to_sign": ("record/signatures", (study.study_id, everywhere, 101), 1_500),
        "list_people_to_sign": ("record/signatures", (study.study_id, everywhere, 200), 8_000),
        "list_people_to_sign, one site": (
            *("record/signatures", (study.study_id, everywhere[:1], 200), 9_500),
        ),
    }
    wrong = []
    for planning in PLANNING:
        desk = await connect(url, role="pro_desk", actor="test:plans")
        try:
            sites = ",".join(map(str, everywhere))
            await desk.execute("SELECT set_config('pro.site_ids', $1, false)", sites)
            for name, (place, values, most) in cases.items():
                query = load_queries(place)[name.partition(",")[0]]
                plan = await explain(desk, query, values, planning)
                touched = pages_touched(plan["Plan"])
                print(f"{name}: {touched} pages, {plan['Execution Time']} ms")
                if touched > most:
                    wrong.append((name, touched))
        finally:
            await desk.close()
    assert wrong == []


async def test_who_waits_longest_for_a_signature_is_found_without_counting_everybody(
    own_large: tuple[str, LargeStudy],
) -> None:
    """The same people whether nothing is signed yet, or all that closed first is."""
    url, study = own_large
    superuser = await connect(url, role=None, actor="test:plans")
    sites = [row_id(SITES, number) for number in range(1, 5)]
    everybody = """SELECT code, count, min FROM (
                       SELECT participant_id, code, count(*), min(closes_at)
                       FROM pro.desk_visits_to_sign($1, $2)
                       GROUP BY participant_id, code ORDER BY 4, 1 LIMIT 50) AS f ORDER BY 3, 1"""
    first = """SELECT code, visits, since FROM pro.desk_first_to_sign($1, $2, 50) ORDER BY 3, 1"""
    try:
        await superuser.execute(
            "SELECT set_config('pro.site_ids', $1, false)", ",".join(map(str, sites))
        )
        for signed, counted in ((0, 101), (8, 101), (9, 10)):  # Of the last, ten are left.
            async with transaction(superuser):
                await superuser.execute(SIGNED, study.study_id, signed)
            found = await superuser.fetch(first, study.study_id, sites)
            assert found == await superuser.fetch(everybody, study.study_id, sites)
            assert len(found) == min(50, counted)
            count = "SELECT pro.desk_count_to_sign($1, $2, 101)"
            assert await superuser.fetchval(count, study.study_id, sites) == counted
        await superuser.execute("VACUUM (ANALYZE) pro.signatures")
        # All but ten records are signed now, and everything is compared with the signatures.
        for name, values, most in (
            ("count_visits_to_sign", (101,), 6_000),
            ("list_people_to_sign", (200,), 5_000),
            ("count_void_signatures", (), 8_000),
        ):
            query = load_queries("record/signatures")[name]
            asked = (study.study_id, sites, *values)
            plan = await explain(superuser, query, asked, PLANNING[0])
            print(f"{name}, all signed: {pages_touched(plan['Plan'])} pages")
            assert pages_touched(plan["Plan"]) < most, name
    finally:
        await superuser.close()
