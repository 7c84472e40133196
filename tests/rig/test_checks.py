"""The rig's own eyes: a fault put into the database by hand is counted."""

from __future__ import annotations

import subprocess
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from tests.rig.books import Acknowledged, Provider
from tests.rig.checks import Verdict, compare
from tests.rig.cluster import Cluster, Node
from tests.rig.proxy import Link
from tests.support.study import open_trial, row

EARLIEST = UUID(int=0)
COPIED = """
INSERT INTO pro.responses
SELECT (jsonb_populate_record(r, jsonb_build_object('id', gen_random_uuid()))).*
FROM pro.responses AS r
"""


async def test_what_is_doubled_left_open_or_lost_is_counted(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.ask()
        await trial.says("K-001", "4")
        superuser = await asyncpg.connect(database_url)
        await superuser.execute("SET session_replication_role = replica")
        book = Acknowledged(texts={"rig-1"})

        async def told() -> Verdict:
            return await compare(superuser, book, Provider(""), EARLIEST)

        came = "UPDATE pro.provider_events SET provider_id = 'rig-1'"
        await superuser.execute(came)
        assessment, item, value = await superuser.fetchrow(
            "SELECT assessment_id::text, item, value::text FROM pro.responses"
        )
        book.answers[assessment, item] = value
        verdict = await told()
        assert (verdict.lost, verdict.doubled) == (0, 0), verdict.notes
        # An answer of a page, which no text brought, is stored once more.
        await superuser.execute("UPDATE pro.responses SET inbound_id = NULL")
        assert [line for line in (await told()).notes if "lost" in line] == [
            "lost: ('rig-1', 'text')"
        ]
        await superuser.execute(COPIED)
        assert (await told()).doubled == 1
        # Nobody found out what became of a text.
        await superuser.execute("UPDATE pro.messages SET state = 'ambiguous'")
        found = [line for line in (await told()).notes if line.startswith("neither sent nor")]
        assert len(found) == await superuser.fetchval("SELECT count(*) FROM pro.messages") > 0
        await superuser.close()


def sleeper() -> subprocess.Popen[bytes]:
    """A process that ends when it is ended."""
    return subprocess.Popen(["sleep", "60"])


class _Stuck(Node):
    """A node that cannot be ended."""

    async def end(self) -> None:
        """Raise OSError."""
        raise OSError(self.name)


async def test_a_node_that_cannot_be_ended_keeps_nothing_else_from_its_end(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    links = [Link(f"{n}", 1) for n in range(4)]
    cluster.nodes = [
        Node("one", tmp_path, 1, 1, links[0], links[1], sleeper()),
        _Stuck("two", tmp_path, 1, 1, links[2], links[3]),
    ]
    process = cluster.nodes[0].process
    assert process is not None
    cluster._etcd = sleeper()
    with pytest.raises(OSError, match="two"):
        await cluster.stop()
    assert process.returncode is not None
    assert cluster._etcd.returncode is not None
