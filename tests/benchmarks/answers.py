"""How fast answers, facts, texts and claims are, side by side in one run.

    python -m tests.benchmarks.answers                     # about 50 s, on a PostgreSQL of its own
    python -m tests.benchmarks.answers --seconds 1 --connections 16
    python -m tests.benchmarks.answers --database-url postgresql://...   # an empty database

The database keeps its durable defaults. Rounds are interleaved and medians printed: ratios travel
to other machines, absolute figures do not. What is compared:

- `answers: one statement`: `record_answers` with a sitting and 24 answers, as the service does it;
- `answers: 24 inserts` and `answers: executemany`: the same rows by one statement an item, in one
  transaction with the participant's turn;
- `facts`: `get_participant_facts`, read and checked into records;
- `texts`: a signed text to its reply through `receive_text`, without HTTP;
- `claims`: due nudges through `remind_round`, with a provider that answers at once.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import asyncpg

from pro_service.embedded import EmbeddedPostgres
from pro_service.services.receiving.inbound import receive_text
from pro_service.services.rounds import BATCH, remind_round
from pro_service.store.answering import answers
from pro_service.store.answering.answers import AnswersWrite
from pro_service.store.base import operations, participants
from pro_service.store.connection import Guard
from pro_service.store.ids import new_id
from pro_service.store.migrations import migrate
from pro_service.store.pools import Pools, connect, open_pools
from pro_service.store.texting import reminders
from pro_service.store.writes import AttemptRow, ResponseRow
from tests.benchmarks.study import ACTOR, InstantGateway, Sat, Study, make_study, signed_text

ITEMS = 24
ONE_STATEMENT = "answers: one statement"
CLAIMS = "claims"
INSERT_ATTEMPT = """
INSERT INTO pro.attempts (study_id, id, participant_id, assessment_id, ordinal, mode, respondent,
    authentication, language, release, instrument_sha256, wording_sha256, started_at, actor)
VALUES ($1, $2, $3, $4, $5, 'web', 'self', 'link', 'en', 'benchmark', '0', '0', pro.now(), $6)
"""
TAKE_TURN = """
UPDATE pro.participant_revisions SET revision = revision + 1
WHERE study_id = $1 AND participant_id = $2 AND revision = $3 RETURNING revision
"""
INSERT_ANSWER = """
WITH answered AS (
    INSERT INTO pro.responses (study_id, id, participant_id, assessment_id, attempt_id, item, value,
        lowest, highest, answered_at, received_at, actor)
    VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 10, pro.now(), pro.now(), $8)
    RETURNING id
)
INSERT INTO pro.sitting_responses (study_id, attempt_id, item, response_id)
SELECT $1, $5, $6, id FROM answered
ON CONFLICT (study_id, attempt_id, item) DO UPDATE SET response_id = excluded.response_id
"""
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Once = Callable[[int], Awaitable[None]]


@dataclass
class Report:
    """Operations a second of each variant, one figure a round."""

    rates: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, rate: float) -> None:
        """Keep one round's figure."""
        self.rates.setdefault(name, []).append(rate)

    def median(self, name: str) -> float:
        """The middle one of a variant's rounds."""
        return statistics.median(self.rates[name])

    def lines(self) -> list[str]:
        """One line a variant: median, spread, ratio to the one statement."""
        standard = self.median(ONE_STATEMENT)
        found = [f"{'':26}{'a second':>10}{'least':>9}{'most':>9}{'ratio':>8}"]
        for name, rates in self.rates.items():
            middle = self.median(name)
            found.append(
                f"{name:26}{middle:10.0f}{min(rates):9.0f}{max(rates):9.0f}{middle / standard:8.2f}"
            )
        return found


def document_of(sat: Sat) -> AnswersWrite:
    """A fresh sitting with every item answered, as the pages write it."""
    attempt_id = new_id()
    attempt = AttemptRow(
        id=attempt_id,
        assessment_id=sat.assessment_id,
        ordinal=sat.ordinal,
        mode="web",
        respondent="self",
        respondent_relation=None,
        authentication="link",
        language="en",
        device_class=None,
        release="benchmark",
        instrument_sha256="0",
        wording_sha256="0",
        actor=ACTOR,
    )
    responses = [
        ResponseRow(
            id=new_id(),
            assessment_id=sat.assessment_id,
            attempt_id=attempt_id,
            item=f"item_{n}",
            value=n % 11,
            gap=None,
            lowest=0,
            highest=10,
            raw_sealed=None,
            raw_key=None,
            answered_at=None,
            answered_offset_minutes=None,
            inbound_id=None,
            actor=ACTOR,
        )
        for n in range(ITEMS)
    ]
    return AnswersWrite(attempts=[attempt], responses=responses)


async def one_statement(connection: Connection, study: Study, sat: Sat) -> None:
    """What the service does."""
    guard = Guard(study.id, sat.participant_id, sat.revision)
    await answers.record_answers(connection, guard, document_of(sat))


async def _begin(connection: Connection, study: Study, sat: Sat) -> list[tuple[Any, ...]]:
    """Take the turn, open the sitting, and return the parameters of each answer."""
    turn = await connection.fetchval(TAKE_TURN, study.id, sat.participant_id, sat.revision)
    if turn is None:
        raise RuntimeError("somebody else wrote to the benchmark's participant")
    attempt_id = new_id()
    key = (study.id, attempt_id, sat.participant_id, sat.assessment_id, sat.ordinal, ACTOR)
    await connection.execute(INSERT_ATTEMPT, *key)
    who = (sat.participant_id, sat.assessment_id, attempt_id)
    return [(study.id, new_id(), *who, f"item_{n}", n % 11, ACTOR) for n in range(ITEMS)]


async def single_inserts(connection: Connection, study: Study, sat: Sat) -> None:
    """The same rows, one round trip an item."""
    async with connection.transaction():
        for row in await _begin(connection, study, sat):
            await connection.execute(INSERT_ANSWER, *row)


async def executemany(connection: Connection, study: Study, sat: Sat) -> None:
    """The same rows, one statement an item in one batch."""
    async with connection.transaction():
        await connection.executemany(INSERT_ANSWER, await _begin(connection, study, sat))


WRITERS = {
    ONE_STATEMENT: one_statement,
    "answers: 24 inserts": single_inserts,
    "answers: executemany": executemany,
}


async def rate_of(once: Once, lanes: int, seconds: float) -> float:
    """Operations a second of `lanes` side by side; a lane does one operation after another."""
    began = time.perf_counter()
    until = began + seconds

    async def lane(number: int) -> int:
        done = 0
        while time.perf_counter() < until:
            await once(number)
            done += 1
        return done

    done = sum(await asyncio.gather(*(lane(number) for number in range(lanes))))
    return done / (time.perf_counter() - began)


def variants(
    study: Study, gateway: InstantGateway, pools: Pools, connections: list[Connection]
) -> dict[str, Once]:
    """What is measured, by name; the number of the lane chooses connection and participant."""
    found: dict[str, Once] = {}

    def add_writer(name: str) -> None:
        writer = WRITERS[name]

        async def once(lane: int) -> None:
            sat = study.next_sitting(lane)
            await writer(connections[lane], study, sat)
            sat.written()

        found[name] = once

    async def read_facts(lane: int) -> None:
        person = study.next_sitting(lane).participant_id
        await participants.get_participant_facts(connections[lane], study.id, person)

    async def answer_text(lane: int) -> None:
        request = signed_text(study, study.next_phone(lane), "2")
        await receive_text(pools.provider, study.context, gateway, request)

    for name in WRITERS:
        add_writer(name)
    found["facts"] = read_facts
    found["texts"] = answer_text
    return found


async def measure_claims(study: Study, gateway: InstantGateway, pools: Pools, url: str) -> Report:
    """Two nudges of everybody: each round of the worker is one figure."""
    report = Report()
    operator = await connect(url, role="pro_operator", actor=ACTOR)
    try:
        for _ in range(2):
            due = await reminders.next_due(operator)
            if due is None:
                break
            await operations.move_clock(operator, due)
            while True:
                sent, began = gateway.sent, time.perf_counter()
                worked_on = await remind_round(pools.worker, study.context, gateway)
                if worked_on == 0:
                    break
                if worked_on == BATCH or not report.rates:
                    report.add(CLAIMS, (gateway.sent - sent) / (time.perf_counter() - began))
    finally:
        await operator.close()
    return report


async def measure(
    url: str, *, seconds: float, rounds: int, lanes: int, participants_count: int
) -> Report:
    """Fill the empty database at `url` with a study and measure on it."""
    superuser = await asyncpg.connect(url)
    try:
        await migrate(superuser, kind="validation")
        study = await make_study(url, participants_count, lanes)
        gateway = InstantGateway()
        async with await open_pools(url, sizes={"provider": lanes, "worker": 8}) as pools:
            await superuser.execute("ANALYZE")
            claims = await measure_claims(study, gateway, pools, url)
            report = Report()
            connections = [
                await connect(url, role="pro_participant", actor=ACTOR) for _ in range(lanes)
            ]
            try:
                await study.read_revisions(connections[0])
                measured = variants(study, gateway, pools, connections)
                for once in measured.values():
                    await rate_of(once, lanes, seconds / 3)
                # Plans made while the tables were empty are made anew from here.
                await superuser.execute("VACUUM ANALYZE")
                for _ in range(rounds):
                    for name, once in measured.items():
                        report.add(name, await rate_of(once, lanes, seconds))
            finally:
                for connection in connections:
                    await connection.close()
        report.rates.update(claims.rates)
        return report
    finally:
        await superuser.close()


async def run(chosen: argparse.Namespace) -> Report:
    """Measure on the database named, or on a server of our own."""
    sizes = {
        "seconds": chosen.seconds,
        "rounds": chosen.rounds,
        "lanes": chosen.connections,
        "participants_count": chosen.participants,
    }
    if chosen.database_url:
        return await measure(chosen.database_url, **sizes)
    async with EmbeddedPostgres(chosen.folder / "pg") as server:
        return await measure(server.url, **sizes)


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description="Measure answers, facts, texts and claims.")
    parser.add_argument("--seconds", type=float, default=2.0, help="length of one round")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each variant")
    parser.add_argument("--connections", type=int, default=12, help="operations side by side")
    parser.add_argument("--participants", type=int, default=2 * BATCH)
    parser.add_argument("--database-url", help="an empty database, instead of a server of our own")
    chosen = parser.parse_args()
    loop_factory = None
    if sys.platform != "win32":
        import uvloop

        loop_factory = uvloop.new_event_loop
    with (
        tempfile.TemporaryDirectory(prefix="pro-bench-") as folder,
        asyncio.Runner(loop_factory=loop_factory) as runner,
    ):
        # PostgreSQL may have to run as another user than root.
        chosen.folder = Path(folder)
        chosen.folder.chmod(0o755)
        print("\n".join(runner.run(run(chosen)).lines()))


if __name__ == "__main__":
    main()
