"""`reminders`: nudges judged and claimed as texts by the worker's own job, at no provider's pace.

Beside it: claims of bare rows by SKIP LOCKED, in batches, pgqueuer, and deciding alone, in one
process without a database. A unit is a nudge.
"""

from __future__ import annotations

import os
import time
from contextlib import AsyncExitStack
from typing import Final

import asyncpg

from pro_service.domain.conversation.advance import begin
from pro_service.domain.study.reminders import judge
from pro_service.services.answering import agenda, open_questions
from tests.benchmarks.limits.packages import NotHadError
from tests.benchmarks.limits.pgqueuer import pgqueuer_queue
from tests.benchmarks.measuring.chosen import Chosen, Found
from tests.benchmarks.measuring.filling import STUDY_ID
from tests.benchmarks.measuring.rounds import Contender, dearest, take_turns
from tests.benchmarks.measuring.server import Server, database
from tests.benchmarks.measuring.walking import Step
from tests.benchmarks.measuring.waves import Wave, wave_on
from tests.benchmarks.measuring.world import World, filled_world
from tests.support.large import PARTICIPANTS, row_id

DECIDED: Final = 100
"""Participants whose facts are read to be decided about again and again."""
BATCH: Final = 100
JOBS: Final = """
CREATE TABLE public.jobs (id bigint PRIMARY KEY, due_at timestamptz NOT NULL, payload text NOT NULL,
    claimed_at timestamptz, sent_at timestamptz);
CREATE INDEX ON public.jobs (due_at) WHERE claimed_at IS NULL;
INSERT INTO public.jobs SELECT n, now(), 'How is your knee?', NULL, NULL
FROM generate_series(1, 200000) AS n;
"""
CLAIM: Final = """
UPDATE public.jobs SET claimed_at = clock_timestamp() WHERE id IN (
    SELECT id FROM public.jobs WHERE claimed_at IS NULL AND due_at <= now()
    ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED)
RETURNING id
"""
MARK: Final = "UPDATE public.jobs SET sent_at = clock_timestamp() WHERE id = ANY ($1::bigint[])"
FREE: Final = (
    "UPDATE public.jobs SET claimed_at = NULL, sent_at = NULL WHERE claimed_at IS NOT NULL"
)


class BareClaims:
    """A queue of rows without anything to decide."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        """The jobs are there."""
        self._pool = pool

    async def once(self, _: int, step: Step) -> int:
        """Claim a batch and mark it as done."""
        began = time.perf_counter()
        rows = await self._pool.fetch(CLAIM, BATCH)
        await self._pool.execute(MARK, [row["id"] for row in rows])
        step(time.perf_counter() - began)
        return len(rows)

    async def again(self) -> None:
        """Everything is due once more."""
        await self._pool.execute(FREE)
        await self._pool.execute("VACUUM ANALYZE public.jobs")


async def measure(chosen: Chosen, server: Server) -> Found:
    """Nudges a second of the worker, of a bare queue, and of deciding alone."""
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(
            filled_world(server, chosen.participants, kept_in=chosen.folder)
        )
        wave = await stack.enter_async_context(wave_on(world))

        async def remind(_: int, step: Step) -> int:
            began = time.perf_counter()
            done = await wave.work()
            step(time.perf_counter() - began)
            return done

        me = os.getpid()
        sides = [Contender("judged and claimed", remind, world.url, me, wave.again, lanes=1)]
        if chosen.beside:
            url = await stack.enter_async_context(database(server))
            pool = await stack.enter_async_context(asyncpg.create_pool(url, min_size=4, max_size=4))
            await pool.execute(JOBS)
            bare = BareClaims(pool)
            sides.append(Contender("bare claims", bare.once, url, me, bare.again, lanes=4))
        notes = ["serve cpu: the worker's process, which is this one; a step is a round or a batch"]
        if chosen.packages:
            url = await stack.enter_async_context(database(server))
            try:
                queue = await stack.enter_async_context(pgqueuer_queue(url, kept_in=chosen.folder))
                pid = queue.process.pid
                sides.append(Contender("pgqueuer", queue.once, url, pid, queue.put, lanes=1))
            except NotHadError as reason:
                notes.append(f"pgqueuer is left out: {reason}")
        sides.append(await _deciding(world, wave))
        await take_turns(sides, server, rounds=chosen.rounds, seconds=chosen.seconds, lanes=1)
        found = Found.of("reminders", "nudges a second", sides, notes)
        found.more = dearest(sides[0].statements, max(sides[0].done, 1))
        return found


async def _deciding(world: World, wave: Wave) -> Contender:
    """What is decided about a nudge, on facts that were read before: judged, and what is asked."""
    pool, reader = wave.pools.worker, wave.context.reader
    facts = [
        await reader.facts(pool, STUDY_ID, row_id(PARTICIPANTS, number))
        for number in world.alone[:DECIDED]
    ]
    protocol = await reader.protocol(pool, STUDY_ID, facts[0].protocol_version_id)

    async def decide(_: int, step: Step) -> int:
        for one in facts:
            began = time.perf_counter()
            judge(one, protocol, one.now)
            open_questions(one, protocol, "link")
            begin(agenda(wave.context, protocol, one), one.now)
            step(time.perf_counter() - began)
        return len(facts)

    return Contender("deciding alone", decide, None, os.getpid(), lanes=1)
