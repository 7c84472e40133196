"""`growth`: every statement of the periodic work and of a participant's path, at one size of study.

What they are given and how their pages are counted is the test's that holds their bounds; here they
are timed too, planned for the values given and for any values. Run it at two sizes and compare line
by line: `--participants 2000`, then `20000`. Writes are undone. A statement that this release does
not have is left out, so that releases can be compared as well.
"""

from __future__ import annotations

import statistics
from typing import Any, Final, NamedTuple

import asyncpg

from pro_service.store.migrations import migrate
from pro_service.store.pools import connect
from pro_service.store.sql_files import all_queries, load_queries
from tests.benchmarks.measuring.chosen import Chosen, Found
from tests.benchmarks.measuring.server import Server, database
from tests.integration.record.test_query_plans import (
    PLANNING,
    READS,
    WRITES,
    Of,
    Values,
    explain,
    pages_touched,
)
from tests.support.large import LargeStudy, load_large_study


class Said(NamedTuple):
    """A statement, the role that runs it, and what it is given."""

    place: str
    name: str
    role: str
    values: tuple[Any, ...] = ()


WORKER: Final = "pro_worker"
PERIODIC: Final = (
    Said("texting/messages", "mark_overdue_ambiguous", WORKER),
    Said("texting/messages", "mark_expired", WORKER),
    Said("texting/reminders", "close_calls_over", WORKER),
    Said("texting/reminders", "list_to_check_for_calls", WORKER, (10_000,)),
    Said("calling/looks", "list_call_looks", WORKER),
    Said("answering/answers", "list_to_close", WORKER, (200,)),
    Said("answering/answers", "look_at_closings", WORKER),
    Said("calling/escalation", "list_unseen_alerts", WORKER, (200,)),
    Said("calling/escalation", "list_unread_warnings", WORKER, (200,)),
    Said("calling/escalation", "close_calls_read", WORKER),
    Said("record/seals", "get_next_seal", WORKER),
)
"""What is run every second or minute, whether or not anything is due."""


async def measure(chosen: Chosen, server: Server) -> Found:
    """Milliseconds and pages of each statement, the middle of the rounds."""
    async with database(server) as url:
        superuser = await asyncpg.connect(url)
        try:
            await migrate(superuser, kind="validation")
            study = await load_large_study(superuser, participants=chosen.participants)
        finally:
            await superuser.close()
        rows = [await _cost(url, one, chosen.rounds) for one in _statements(study)]
    head = f"{'':62}" + "".join(f"{title:>11}" for title in ("ms", "any: ms", "pages", "any"))
    lines = [head, *(_line(row) for row in rows)]
    return Found("growth", f"statements, {chosen.participants} participants", rows, more=lines)


def _statements(study: LargeStudy) -> list[Said]:
    """Those this release has, with their values, each once."""
    known = Values(study)
    found = {
        (one.place, one.name, one.role): Said(
            one.place,
            one.name,
            one.role,
            tuple(getattr(known, v.name) if isinstance(v, Of) else v for v in one.values),
        )
        for one in (*READS, *WRITES)
    }
    found |= {(one.place, one.name, one.role): one for one in PERIODIC if _is_there(one)}
    return list(found.values())


def _is_there(one: Said) -> bool:
    return any(query.place == one.place and query.name == one.name for query in all_queries())


def _line(row: dict[str, Any]) -> str:
    return (
        f"{row['name']:62}{row['ms']:11.2f}{row['generic_ms']:11.2f}"
        f"{row['pages']:11d}{row['generic_pages']:11d}"
    )


async def _cost(url: str, one: Said, rounds: int) -> dict[str, Any]:
    """One statement planned both ways."""
    found: dict[str, Any] = {"name": f"{one.place}.{one.name} ({one.role})"}
    for prefix, planning in zip(("", "generic_"), PLANNING, strict=True):
        plans = [await _explained(url, one, planning) for _ in range(rounds)]
        found[f"{prefix}ms"] = statistics.median(each["Execution Time"] for each in plans)
        found[f"{prefix}pages"] = pages_touched(plans[-1]["Plan"])
    return found


async def _explained(url: str, one: Said, planning: str) -> dict[str, Any]:
    """One run, on a connection of its own: `explain` forgets what a connection had prepared."""
    connection = await connect(url, role=one.role, actor="test:benchmark")
    try:
        sql = load_queries(one.place)[one.name]
        return await explain(connection, sql, one.values, planning)
    finally:
        await connection.close()
