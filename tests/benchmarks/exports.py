"""`exports`: a whole export of every table as CSV, by a process of its own: seconds and memory.

The study's sittings are made whole first: every question of every WOMAC of the past is answered,
and its scales have scores, so that what a score is compared with is computed for each.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import tempfile
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import asyncpg

from pro_service.services.exports.export import export
from pro_service.services.exports.halves import Second, collect_seldom
from pro_service.store.migrations import migrate
from pro_service.store.pools import connect
from tests.benchmarks.measuring.chosen import Chosen, Found
from tests.benchmarks.measuring.kept import Filling, filled
from tests.benchmarks.measuring.server import (
    Server,
    cpu_of_server,
    forget_statements,
    statements_of,
)
from tests.support.example import example_study
from tests.support.large import VERSIONS, load_large_study, row_id
from tests.support.seed import make_context

ACTOR: Final = "cli:benchmark"
ANSWERS: Final = 21
"""Of a WOMAC's 24: 181 answers of a participant, 362,000 of 2,000, which is what the limits say."""
FEW: Final = 2
"""The same where only growth is looked at: filling 20,000 participants takes long."""
DEAREST: Final = 5
SCORES: Final = """
UPDATE pro.scores AS s SET scale = CASE s.scale WHEN 'scale_1' THEN 'pain' ELSE 'function' END,
       instrument_version = '3.1', normalised = s.raw * 100 / s.highest
"""
PROTOCOL: Final = """
UPDATE pro.protocol_versions SET document = $1::text::jsonb, source = $2, content_sha256 = $3
WHERE id = $4
"""


async def fill_study(url: str, participants: int, answers: int = ANSWERS) -> None:
    """Fill the empty database at `url`."""
    superuser = await asyncpg.connect(url)
    try:
        await migrate(superuser, kind="validation")
        await load_large_study(superuser, participants=participants, answers=answers)
        loaded = example_study()
        document = loaded.protocol.model_dump_json()
        async with superuser.transaction():
            await superuser.execute("SET LOCAL session_replication_role = replica")
            words = (document, loaded.text, loaded.content_sha256, row_id(VERSIONS, 1))
            await superuser.execute(PROTOCOL, *words)
            await superuser.execute(SCORES)
        await superuser.execute("VACUUM ANALYZE")
    finally:
        await superuser.close()


EXPORTED_STUDY: Final = Filling("exported", fill_study, (Path(__file__),))
GROWING_STUDY: Final = Filling("growing", partial(fill_study, answers=FEW), (Path(__file__),))


async def measure(chosen: Chosen, server: Server) -> Found:
    """One export after another, each by a process of its own."""
    sides: list[dict[str, Any]] = []
    folder = chosen.folder
    async with filled(server, EXPORTED_STUDY, chosen.participants, folder) as (url, _):
        for number in range(chosen.rounds):
            await forget_statements(server)
            one = await _run(url, server)
            sides.append({"name": f"export {number + 1}", **one})
            said = await statements_of(server, url)
    lines = [
        f"{one['name']:10}{one['seconds']:8.1f} s{one['cpu']:8.1f} +{one['second_cpu']:5.1f} s cpu"
        f"{one['db']:8.1f} s db cpu{one['mb']:8.1f} +{one['second_mb']:6.1f} MB"
        f"{one['rows']:>10} rows{one['items']:>10} of items{one['answers']:>10} answers"
        for one in sides
    ]
    if said is not None:
        lines += [
            f"  {one.name}: {one.ms:.0f} ms, {one.buffers:.0f} pages, {one.calls} calls"
            for one in said.dearest(DEAREST)
        ]
    return Found("exports", f"exports, {chosen.participants} participants", sides, [], lines)


TIMES: Final = 10
"""So much larger the second study of `exports-growth` is."""
MOST_DEARER: Final = 1.25
"""A participant of it may cost so many times as much, for the line to count as straight."""


async def measure_growth(chosen: Chosen, server: Server) -> Found:
    """The export of a study and of one ten times as large: what a participant costs in each."""
    sides: list[dict[str, Any]] = []
    for participants in (chosen.participants, chosen.participants * TIMES):
        async with filled(server, GROWING_STUDY, participants, chosen.folder) as (url, _):
            one = await _run(url, server)
        each = {"cpu_ms_each": 1000 * (one["cpu"] + one["second_cpu"]) / participants}
        sides.append({"name": str(participants), "participants": participants, **one, **each})
    lines = [
        f"{one['name']:>8} participants{one['seconds']:8.1f} s"
        f"{one['cpu']:8.1f} +{one['second_cpu']:5.1f} s cpu"
        f"{one['db']:8.1f} s db cpu{one['cpu_ms_each']:8.2f} ms cpu each"
        f"{one['mb']:8.1f} +{one['second_mb']:6.1f} MB"
        f"{one['items']:>10} of items{one['answers']:>10} answers"
        for one in sides
    ]
    dearer = sides[1]["cpu_ms_each"] / sides[0]["cpu_ms_each"]
    verdict = "grows in a straight line" if dearer <= MOST_DEARER else "grows faster than the study"
    lines.append(f"A participant of the larger costs {dearer:.2f} times as much: it {verdict}.")
    return Found("exports-growth", f"exports, {TIMES} times as large", sides, [], lines)


async def _run(url: str, server: Server) -> dict[str, Any]:
    before = cpu_of_server(server)
    with tempfile.TemporaryDirectory() as folder:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.benchmarks.exports", url, f"{folder}/out"),
            stdout=asyncio.subprocess.PIPE,
        )
        printed, _ = await child.communicate()
    found: dict[str, Any] = json.loads(printed)
    return found | {"db": cpu_of_server(server) - before}


async def export_once(url: str, folder: Path) -> dict[str, Any]:
    """Export, and say what it took: seconds, processor seconds, and the most memory it had."""
    context = make_context()
    connecting = partial(connect, url, role="pro_operator", actor=ACTOR)
    operator = await connecting()
    try:
        study = await context.reader.study(operator, None)
        collect_seldom()  # As the command does.
        began = perf_counter()
        second = Second(connecting, make_context)  # As the command has one.
        counts = await export(operator, context, study, folder, second=second)
        seconds = perf_counter() - began
        answers = await operator.fetchval("SELECT count(*) FROM pro.responses")
    finally:
        await operator.close()
    used, used_by_second = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {
        "seconds": seconds,
        "cpu": used.ru_utime + used.ru_stime,
        "second_cpu": used_by_second.ru_utime + used_by_second.ru_stime,
        "mb": used.ru_maxrss / 1024,
        "second_mb": used_by_second.ru_maxrss / 1024,
        "rows": sum(counts.values()),
        "items": counts["items"],
        "answers": answers,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(export_once(sys.argv[1], Path(sys.argv[2])))))
