"""The service as processes of its own: ready, draining, several at once."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from pro_service.services.base import key_check
from pro_service.services.base.key_check import KeysDoNotFitError, KeyWatch
from pro_service.store.pools import connect
from pro_service.vault.keys import KeyRing
from pro_service.vault.vault import Vault
from tests.support.command import Commands, commands_with, free_port, get
from tests.support.study import SECRET, SENDER, Trial, open_trial, post_text, row
from tests.support.waiting import PATIENCE_SECONDS, until

DUE = 8
WAITS_FOR_A_LOCK = (
    "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database"
    " WHERE NOT granted AND d.datname = current_database()"
)


class SlowProvider:
    """Answers no text before it is told to; counts them by our reference."""

    def __init__(self) -> None:
        """Answer nothing yet."""
        self.began = asyncio.Event()
        self.answers = asyncio.Event()
        self.references: list[str] = []

    async def send(self, request: web.Request) -> web.Response:
        """Accept a text."""
        form = await request.post()
        self.references.append(str(form["reference"]))
        self.began.set()
        await self.answers.wait()
        return web.json_response({"id": f"theirs-{len(self.references)}"}, status=201)


@asynccontextmanager
async def slow_provider(*, answers: bool) -> AsyncIterator[tuple[SlowProvider, str]]:
    """A provider that answers at once, or not before it is told to; and its address."""
    provider = SlowProvider()
    if answers:
        provider.answers.set()
    app = web.Application()
    app.router.add_post("/messages", provider.send)
    async with TestServer(app, access_log=None) as server:
        yield provider, str(server.make_url("/"))


def commands_of(trial: Trial, simulator_url: str = "http://127.0.0.1:9", **more: str) -> Commands:
    """Processes with this trial's own keys."""
    return commands_with(
        trial.url,
        trial.context.keys.vault,
        simulator_secret=SECRET.get_secret_value(),
        simulator_url=simulator_url,
        **more,
    )


async def test_the_server_is_alive_without_its_database_and_ready_with_it(
    database_url: str,
) -> None:
    port = free_port()
    commands = Commands(database_url)
    base = f"http://127.0.0.1:{port}"
    async with commands.running("serve", "--port", str(port), ready="Serving on") as server:
        assert (await get(f"{base}/healthz"))[0] == 200
        assert (await get(f"{base}/readyz"))[0] == 200
        owner = await connect(database_url, role=None, actor="test:owner")
        try:
            await owner.execute(
                "DELETE FROM pro_meta.schema_migrations WHERE version ="
                " (SELECT max(version) FROM pro_meta.schema_migrations WHERE series = 'migrations')"
                " AND series = 'migrations'"
            )
        finally:
            await owner.close()
        status, body = await get(f"{base}/readyz")
        assert (status, "schema" in body) == (503, True)
        assert (await get(f"{base}/healthz"))[0] == 200
        assert await server.stop() == 0
    late = await commands.call("serve", "--port", str(port))
    assert (late.code, "migrate" in late.err) == (1, True)


async def test_other_keys_than_those_of_what_is_stored_serve_nobody(database_url: str) -> None:
    """With another index key a participant's answer would be told that nobody knows the number."""
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        other = commands_of(trial)
    other.environment["PRO_INDEX_KEYS"] = KeyRing.generate("i1").reveal()
    for command in ("serve", "worker"):
        refused = await other.call(command)
        assert (refused.code, "PRO_INDEX_KEYS" in refused.err) == (1, True)
    told = await other.call("participant", "status", "K-001", "paused", "--reason", "away")
    assert (told.code, "PRO_INDEX_KEYS" in told.err) == (1, True)


async def test_a_database_put_in_the_place_of_another_is_noticed(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_trial(database_url) as trial:
        ours = trial.context.keys.vault
        watch = KeyWatch(Vault(ours._master, KeyRing.generate("i1"), ours._link))
        await watch.demand(trial.pools.participant)
        await trial.enrol(row("K-001"))
        await watch.demand(trial.pools.participant)  # The last look is too fresh.
        monkeypatch.setattr(key_check, "EVERY", 0.0)
        with pytest.raises(KeysDoNotFitError, match="PRO_INDEX_KEYS"):
            await watch.demand(trial.pools.participant)


async def test_a_port_in_use_is_one_line(database_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        second = await Commands(database_url).call("serve", "--port", str(port))
        assert (second.code, f"Port {port}" in second.err) == (1, True)


async def test_a_worker_told_to_stop_finishes_its_call_and_claims_nothing_more(
    database_url: str,
) -> None:
    async with (
        open_trial(database_url) as trial,
        slow_provider(answers=False) as (provider, address),
    ):
        await trial.enrol(*(row(f"K-{n:03}") for n in range(DUE)))
        await trial.move_to_next_nudge()
        commands = commands_of(trial, address)
        # So slow an address has one text claimed at a time; a quick one, all that are due.
        await commands.do(("sender", "pace", SENDER, "0.1"))
        async with commands.running("worker", ready="Working") as worker:
            await asyncio.wait_for(provider.began.wait(), PATIENCE_SECONDS)
            stopping = asyncio.create_task(worker.stop())
            await worker.has_written("stopping")
            assert not stopping.done()
            provider.answers.set()
            assert await stopping == 0
        states = await trial.fetch("SELECT state, count(*) FROM messages GROUP BY state")
        sent = len(provider.references)
        assert states == [("accepted", sent)]
        assert sent == 1
        waiting = await trial.count("reminders", "ended_at IS NULL AND due_at <= pro.now()")
        assert waiting == DUE - sent


@pytest.mark.thorough
async def test_replicas_send_each_reminder_once(database_url: str) -> None:
    async with (
        open_trial(database_url) as trial,
        slow_provider(answers=True) as (provider, address),
    ):
        await trial.enrol(*(row(f"K-{n:03}") for n in range(60)))
        await trial.move_to_next_nudge()
        commands = commands_of(trial, address)
        async with (
            commands.running("worker", ready="Working") as first,
            commands.running("worker", ready="Working") as second,
        ):

            async def all_are_sent() -> bool:
                return await trial.count("messages", "state = 'accepted'") >= 60

            await until(all_are_sent)
            assert (await first.stop(), await second.stop()) == (0, 0)
        assert len(provider.references) == len(set(provider.references)) == 60


async def count_waiting(owner: asyncpg.Connection) -> int:
    """How many statements wait for a lock in this test's database."""
    found: int = await owner.fetchval(WAITS_FOR_A_LOCK)
    return found


async def test_a_request_under_way_is_answered_before_the_server_goes(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        port = free_port()
        commands = commands_of(trial, public_url=f"http://127.0.0.1:{port}")
        async with commands.running("serve", "--port", str(port), ready="Serving on") as server:
            # A lock holds the answer up; the server is told to stop meanwhile.
            owner = await connect(database_url, role="pro_owner", actor="test:owner")
            turn = owner.transaction()
            await turn.start()
            await owner.execute("LOCK TABLE pro.senders IN ACCESS EXCLUSIVE MODE")
            base = f"http://127.0.0.1:{port}"
            waiting = asyncio.create_task(post_text(base, trial.phones["K-001"], "4"))

            async def is_held_up() -> bool:
                return await count_waiting(owner) > 0

            await until(is_held_up)
            stopping = asyncio.create_task(server.stop())
            await server.has_written("stopping")
            assert not waiting.done()
            assert not stopping.done()
            await turn.rollback()
            await owner.close()
            assert (await waiting)[0] == 200
            assert await stopping == 0
        assert await trial.count("inbounds") == 1


@pytest.mark.thorough
async def test_a_worker_whose_database_goes_away_stays_and_works_on(database_url: str) -> None:
    async with (
        open_trial(database_url) as trial,
        slow_provider(answers=True) as (provider, address),
    ):
        await trial.enrol(row("K-001"))
        commands = commands_of(trial, address)
        async with commands.running("worker", ready="Working") as worker:
            superuser = await connect(database_url, role=None, actor="test:owner")
            await superuser.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name LIKE 'pro-service service:worker%'"
                " AND datname = current_database()"
            )
            await superuser.close()
            await trial.move(await trial.fetchval("SELECT min(due_at) FROM reminders"))
            await asyncio.wait_for(provider.began.wait(), PATIENCE_SECONDS)
            assert await worker.stop() == 0
        assert len(provider.references) == 1
