"""What a study needs, reckoned from a trial that was lived: disk, log and texts a participant.

    python -m tests.benchmarks.capacity --participants 12 --days 183

Prints what one participant's course takes, and the same for a study: the rows of the table in
`pro_service/services/keeping/README.md`. Bytes and counts hold on any machine; processor time is
a hint.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
from typing import Final, NamedTuple

from pro_service.cli.runtime import set_up
from pro_service.demo.stage import live
from pro_service.embedded import EmbeddedPostgres
from pro_service.store.pools import connect
from tests.integration.keeping.restored import passable_folder

LOOKED_AT: Final = """
SELECT pg_database_size(current_database()) AS disk,
       pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint AS log,
       (SELECT count(*) FROM pro.messages) AS texts,
       (SELECT count(*) FROM pro.inbounds) AS replies,
       (SELECT count(*) FROM pro.responses) AS answers,
       (SELECT count(*) FROM pro.audit_entries) AS entries
"""
FOR: Final = (100, 1_000, 10_000)
"""Participants the model is written out for."""


class Looked(NamedTuple):
    """What stands in a database: bytes of disk, bytes ever written to its log, and rows."""

    disk: int
    log: int
    texts: int
    replies: int
    answers: int
    entries: int


async def look(url: str) -> Looked:
    """Look at it after everything was written out."""
    connection = await connect(url, role=None, actor="bench")
    try:
        await connection.execute("CHECKPOINT")
        row = await connection.fetchrow(LOOKED_AT)
    finally:
        await connection.close()
    if row is None:
        raise AssertionError("a statement without FROM gives one row")
    return Looked(*row)


async def lived(participants: int, days: int) -> Looked:
    """What so many participants' course over so many days left behind."""
    with passable_folder() as folder:
        async with EmbeddedPostgres(folder / "pg", trusting=True) as server:
            await set_up(server.url, "demo")
            before = await look(server.url)
            await live(
                server.url,
                participants_count=participants,
                days=days,
                seed=1,
                progress=lambda _: None,
            )
            after = await look(server.url)
    return Looked(*(end - begin for begin, end in zip(before, after, strict=True)))


def lines(found: Looked, participants: int, days: int) -> list[str]:
    """The figures of one participant, and the model."""
    each = [value / participants for value in found]
    kb = 1024.0
    said = [
        f"{participants} participants over {days} days; of one of them:",
        f"  disk {each[0] / kb:,.0f} kB, log {each[1] / kb / kb:,.1f} MB, {each[2]:,.0f} texts out,"
        f" {each[3]:,.0f} in, {each[4]:,.0f} answers, {each[5]:,.0f} entries of the audit",
        "| participants | disk a year | log a year | texts a day |",
        "|---|---|---|---|",
    ]
    year = 365 / days
    for many in FOR:
        disk, log = (each[at] * many * year / kb**3 for at in (0, 1))
        said.append(f"| {many:,} | {disk:,.1f} GB | {log:,.0f} GB | {each[2] * many / days:,.0f} |")
    used = resource.getrusage(resource.RUSAGE_SELF)
    said.append(f"processor of this process, phones and staff played too: {used.ru_utime:.0f} s")
    return said


def main() -> None:
    """Live it and print the figures."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--participants", type=int, default=12)
    asked.add_argument("--days", type=int, default=183)
    given = asked.parse_args()
    found = asyncio.run(lived(given.participants, given.days))
    print("\n".join(lines(found, given.participants, given.days)))


if __name__ == "__main__":
    main()
