"""The service as processes of its own, while its database is away, silent or restarted (M5-M7)."""

from __future__ import annotations

import asyncio
import signal
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import aiohttp
import pytest

from pro_service.embedded import EmbeddedPostgres
from pro_service.messaging.gateway import InboundText
from pro_service.messaging.simulator import wire
from pro_service.store.bounds import Bounds, DatabaseRefusedError
from pro_service.store.migrations import migrate
from pro_service.store.pools import connect, open_pools
from pro_service.store.waiting import until_reachable
from tests.integration.running.test_serve import commands_of, slow_provider
from tests.support.command import Commands, free_port, get
from tests.support.databases import bin_dir_for_tests, folder_in_memory
from tests.support.proxy import proxy_to
from tests.support.study import SECRET, SENDER, Trial, open_trial, row
from tests.support.waiting import until
from tests.support.web import serving

TEXTS: Final = 40


@pytest.mark.parametrize(
    "words", [("serve", "--port", "0"), pytest.param(("worker",), marks=pytest.mark.thorough)]
)
async def test_serve_and_worker_wait_for_a_database_that_is_away_and_say_so(
    database_url: str, words: tuple[str, ...]
) -> None:
    """M7: they went with exit code 1, and whoever started both at once started in vain."""
    async with proxy_to(database_url) as proxy:
        url = proxy.url
        await proxy.refuse()
        commands = Commands(url)
        async with commands.running(*words, ready="waiting_for_database") as process:
            assert "ConnectionRefusedError" in process.text()
            await proxy.open()
            await process.has_written("Serving on" if words[0] == "serve" else "Working")
            assert await process.stop() == 0
        assert "Traceback" not in commands.written[-1]


@pytest.mark.thorough
async def test_whoever_waits_for_the_database_stops_when_told(database_url: str) -> None:
    commands = Commands(f"postgresql://nobody@127.0.0.1:{free_port()}/none")
    async with commands.running("worker", ready="waiting_for_database") as process:
        assert await process.stop() == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"path": "/no_such_database"}, "no database of this name"),
        ({"netloc": "nobody_here@"}, "does not let this user in"),
        ({"scheme": "mysql"}, "address cannot be read"),
    ],
)
async def test_what_waiting_does_not_mend_is_said_at_once(
    database_url: str, change: dict[str, str], said: str
) -> None:
    with pytest.raises(DatabaseRefusedError, match=said):
        await until_reachable(urlunsplit(urlsplit(database_url)._replace(**change)))


@pytest.mark.thorough
async def test_a_database_that_does_not_exist_ends_the_worker(database_url: str) -> None:
    missing = Commands(urlunsplit(urlsplit(database_url)._replace(path="/no_such_database")))
    done = await asyncio.to_thread(missing.run, "worker")
    assert (done.code, "waiting" in done.err) == (1, False)
    assert "no database of this name" in done.err


async def test_a_worker_whose_connections_went_silent_works_again(database_url: str) -> None:
    """M6: 0 of 40 due texts in four minutes. Nothing is sent twice, and nothing is left."""
    async with (
        open_trial(database_url) as trial,
        slow_provider(answers=True) as (provider, address),
        proxy_to(database_url) as proxy,
    ):
        await trial.enrol(*(row(f"K-{n:03}") for n in range(TEXTS)))
        commands = commands_of(trial, address, database_seconds="1")
        commands.environment["PRO_DATABASE_URL"] = proxy.url
        async with commands.running("worker", ready="Working") as worker:
            proxy.fall_silent()
            await trial.move_to_next_nudge()
            await worker.has_written("round_failed")
            assert provider.references == []
            proxy.come_back()
            back_at = monotonic()

            async def all_are_sent() -> bool:
                return await trial.count("messages", "state = 'accepted'") >= TEXTS

            await until(all_are_sent)
            assert monotonic() - back_at < 60
            assert await worker.stop() == 0
        assert len(provider.references) == len(set(provider.references)) == TEXTS


@pytest.mark.thorough
async def test_readyz_of_a_server_whose_database_went_silent(database_url: str) -> None:
    """M6 and M8: one line that says why."""
    async with open_trial(database_url) as trial, proxy_to(database_url) as proxy:
        port = free_port()
        commands = commands_of(trial, database_seconds="1")
        commands.environment["PRO_DATABASE_URL"] = proxy.url
        async with commands.running("serve", "--port", str(port), ready="Serving on") as server:
            base = f"http://127.0.0.1:{port}"
            assert (await get(f"{base}/readyz"))[0] == 200
            proxy.fall_silent()
            status, body = await get(f"{base}/readyz")
            assert (status, "does not answer" in body) == (503, True)
            assert (await get(f"{base}/healthz"))[0] == 200
            proxy.come_back()

            async def is_ready() -> bool:
                return (await get(f"{base}/readyz"))[0] == 200

            await until(is_ready)
            assert await server.stop() == 0


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder for a server of this test's own."""
    with tempfile.TemporaryDirectory(prefix="pro-test-", dir=folder_in_memory()) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@asynccontextmanager
async def server_of_its_own(folder: Path) -> AsyncIterator[EmbeddedPostgres]:
    """A durable server, migrated."""
    async with EmbeddedPostgres(folder / "pg", bin_dir=bin_dir_for_tests()) as server:
        connection = await connect(server.url, role=None, actor="test")
        await migrate(connection, kind="validation")
        await migrate(connection, series="simulator")
        await connection.close()
        yield server


class Sending:
    """Participants who text without a pause; what they were answered, by status."""

    def __init__(self, trial: Trial, base: str) -> None:
        """Everybody of the trial."""
        self._trial, self._base = trial, base
        self.statuses: Counter[int] = Counter()
        self.taken: set[str] = set()
        self.without_wait = 0
        self.stopped = False

    async def send(self, http: aiohttp.ClientSession, their: str, id: str) -> int:
        """Post one text, signed."""
        text = InboundText(provider_id=id, our_address=SENDER, their_address=their, body="hello")
        parameters = wire.encode_inbound(text)
        url = f"{self._base}{wire.INBOUND_PATH}"
        headers = {
            "Content-Type": wire.FORM,
            wire.SIGNATURE_HEADER: wire.sign(SECRET, url, parameters),
        }
        body = wire.encode_form(parameters)
        async with http.post(url, data=body, headers=headers) as answer:
            self.without_wait += answer.status == 503 and "Retry-After" not in answer.headers
            return answer.status

    async def one(self, http: aiohttp.ClientSession, their: str) -> None:
        """Text on and on; what was not taken is sent again under its id, as a provider does."""
        number = 0
        while not self.stopped:
            number += 1
            id = f"in-{their[-4:]}-{number}"
            status = 0
            while status != 200 and not (self.stopped and status):
                status = await self.send(http, their, id)
                self.statuses[status] += 1
            if status == 200:
                self.taken.add(id)

    async def takes(self, more: int) -> None:
        """Wait until so many more were taken."""
        before = len(self.taken)

        async def many_are_taken() -> bool:
            return len(self.taken) >= before + more

        await until(many_are_taken)

    async def look(self, http: aiohttp.ClientSession, path: str) -> None:
        """Open a page on and on, with a session nobody has."""
        while not self.stopped:
            cookies = {"Cookie": f"desk={'a' * 43}; session={'a' * 26}"}
            async with http.get(
                f"{self._base}{path}", headers=cookies, allow_redirects=False
            ) as answer:
                self.without_wait += answer.status == 503 and "Retry-After" not in answer.headers
                self.statuses[answer.status] += 1


@pytest.mark.thorough
async def test_a_server_that_is_killed_and_started_again_under_load(
    memory: Path,
) -> None:
    """M5: eight answers were 500. What fails is 503; nothing taken is lost or doubled."""
    async with server_of_its_own(memory) as server, open_trial(server.url) as trial:
        await trial.enrol(*(row(f"K-{n:03}") for n in range(8)))
        async with (
            proxy_to(server.url) as proxy,
            await open_pools(proxy.url, bounds=Bounds(statement=4.0)) as pools,
            serving(pools, trial.context, gateway=trial.gateway) as web,
            aiohttp.ClientSession() as http,
        ):
            trial.context.public_url = base = str(web.make_url("")).rstrip("/")
            load = Sending(trial, base)
            work = [asyncio.create_task(load.one(http, each)) for each in trial.phones.values()]
            pages = (f"/q/{'a' * 26}", f"/c/{'a' * 26}", "/desk", "/q/me")
            work += [asyncio.create_task(load.look(http, path)) for path in pages * 2]

            for _ in range(2):
                await load.takes(20)
                assert server._process is not None
                server._process.send_signal(signal.SIGQUIT)  # As `pg_ctl stop -m immediate` does.
                await server._wait_for_end(10)
                await asyncio.sleep(0.3)
                await server.stop()
                await server.start()
                proxy.server_url = server.url
            await load.takes(20)
            load.stopped = True
            await asyncio.gather(*work)
        owner = await connect(server.url, role="pro_owner", actor="test")
        stored = [one["id"] for one in await owner.fetch("SELECT provider_id AS id FROM inbounds")]
        await owner.close()
    # 303 and 404: what a page says to somebody it does not know.
    assert set(load.statuses) == {200, 303, 404, 503}
    assert load.without_wait == 0
    assert load.taken <= set(stored)
    assert len(stored) == len(set(stored))
