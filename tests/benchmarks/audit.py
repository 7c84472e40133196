"""A page of the audit at any size: `python -m tests.benchmarks.audit --entries 1000000`.

Milliseconds and pages of each way to a page, planned for the values given and for any values, as
the desk. The entries are made by the database itself, as a study of years would leave them.
"""

from __future__ import annotations

import argparse
import asyncio

import asyncpg

from pro_service.store.migrations import migrate
from pro_service.store.pools import connect
from tests.benchmarks.measuring.server import database, running_server
from tests.support.large.audit import load_large_audit, looks, time_look
from tests.support.large.plans import PLANNING


async def measure(url: str, entries: int) -> None:
    """Fill an empty database and print a line for each look."""
    superuser = await asyncpg.connect(url)
    try:
        await migrate(superuser, kind="validation")
        study = await load_large_audit(superuser, entries=entries)
        size = await superuser.fetchval(
            "SELECT pg_size_pretty(sum(pg_relation_size(indexrelid))) FROM pg_index"
            " WHERE indexrelid::regclass::text ~ 'audit_(whom|.*by_hand|.*of_seldom|.*_ids?_idx)'"
        )
    finally:
        await superuser.close()
    print(f"{entries} entries; the indexes for reading: {size}")
    for look in looks(study):
        for planning in PLANNING:
            desk = await connect(url, role="pro_desk", actor="test:audit")
            try:
                took, pages, found = await time_look(desk, study, look, planning)
            finally:
                await desk.close()
            print(f"{took:8.1f} ms {pages:7} pages {found:3} found  {look.name} ({planning})")


async def main() -> None:
    """Read the words of the command and measure on a server of its own."""
    parser = argparse.ArgumentParser(description="Measure a page of the audit at a size.")
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--url", help="a PostgreSQL; a database is made and dropped on it")
    given = parser.parse_args()
    async with running_server(given.url, None) as server, database(server) as url:
        await measure(url, given.entries)


if __name__ == "__main__":
    asyncio.run(main())
