"""`growth`: every statement of the periodic work and of a participant's path, at one size of study.

The statements, what they are given and how their pages are counted are those of the test that holds
their bounds (`tests/integration/record/test_query_plans.py`); here they are also timed, for the
values given and for any values. Run it at two sizes and compare: `--participants 2000`, `20000`.
Writes are undone.
"""

from __future__ import annotations

import statistics
from typing import Any, Final

import asyncpg

from pro_service.store.migrations import migrate
from pro_service.store.pools import connect
from pro_service.store.sql_files import load_queries
from tests.benchmarks.chosen import Chosen, Found
from tests.benchmarks.server import Server, database
from tests.integration.record.test_query_plans import (
    PLANNING,
    READS,
    SWEEPS,
    WRITES,
    Case,
    explain,
    pages_touched,
    values_of,
)
from tests.support.large import LargeStudy, load_large_study

PERIODIC: Final = (
    Case("texting/reminders", "close_calls_over", "pro_worker", 0),
    Case("calling/escalation", "list_unseen_alerts", "pro_worker", 0, (200,)),
    Case("calling/escalation", "list_unread_warnings", "pro_worker", 0, (200,)),
    Case("calling/escalation", "close_calls_read", "pro_worker", 0),
    Case("record/seals", "get_next_seal", "pro_worker", 0),
)
"""Periodic statements that no bound is held for."""
NOT_SHOWN: Final = "growth shows each statement by itself; compare two sizes line by line"


async def measure(chosen: Chosen, server: Server) -> Found:
    """Milliseconds and pages of each statement, the middle of the rounds."""
    async with database(server) as url:
        superuser = await asyncpg.connect(url)
        try:
            await migrate(superuser, kind="validation")
            study = await load_large_study(superuser, participants=chosen.participants)
        finally:
            await superuser.close()
        rows = [
            await _cost(url, study, case, chosen.rounds)
            for case in (*READS, *SWEEPS, *WRITES, *PERIODIC)
        ]
    head = f"{'':62}" + "".join(f"{title:>11}" for title in ("ms", "any: ms", "pages", "any"))
    lines = [head, *(_line(row) for row in rows)]
    return Found("growth", "one statement", rows, [NOT_SHOWN], lines)


def _line(row: dict[str, Any]) -> str:
    return (
        f"{row['name']:62}{row['ms']:11.2f}{row['generic_ms']:11.2f}"
        f"{row['pages']:11d}{row['generic_pages']:11d}"
    )


async def _cost(url: str, study: LargeStudy, case: Case, rounds: int) -> dict[str, Any]:
    """One statement planned both ways."""
    found: dict[str, Any] = {"name": f"{case.label} ({case.role})"}
    sql = load_queries(case.place)[case.name]
    connection = await connect(url, role=case.role, actor="test:benchmark")
    try:
        for prefix, planning in zip(("", "generic_"), PLANNING, strict=True):
            plans = [
                await explain(connection, sql, values_of(case, study), planning)
                for _ in range(rounds)
            ]
            found[f"{prefix}ms"] = statistics.median(one["Execution Time"] for one in plans)
            found[f"{prefix}pages"] = pages_touched(plans[-1]["Plan"])
    finally:
        await connection.close()
    return found
