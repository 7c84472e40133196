"""Nothing a person is, has or says gets out: not into output, logs or PostgreSQL's own log."""

from __future__ import annotations

import asyncio
import logging
import re
import tempfile
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from pro_service.catalog.protocol_files import example_protocol_file
from pro_service.demo.provider.fake import ProviderFake
from pro_service.demo.provider.server import PROVIDER, build_provider
from pro_service.domain.conversation.asking import PACE
from pro_service.embedded import EmbeddedPostgres
from pro_service.store.base import operations
from pro_service.store.pools import connect, open_pools
from tests.support.command import Commands, Running, free_port
from tests.support.databases import bin_dir_for_tests
from tests.support.study import SECRET, SENDER, STARTED_AT, post_text, row
from tests.support.waiting import until

NUMBER = "+12025550177"
CODE = "Wilhelmina-Canary-001"
WORDS = "canarywords my knee is swollen"
ANSWER = "canaryanswer seven or so"
TOKEN = "canarytokencanarytokencanary"
FAILED_AT_WORK = re.compile(r'"event":"(?:round_failed|row_failed)"')
CANARIES = (NUMBER, NUMBER[1:], NUMBER[2:], CODE, "canarywords", "canaryanswer", TOKEN)


async def operate(commands: Commands, url: str, folder: Path) -> None:
    """Set a study up, fail to enrol, and enrol."""
    site = ("site", "add", "BJ01", "--name", "One", "--zone", "Asia/Shanghai", "--country", "CN")
    telephones = ("--telephone", "+12025550198", "--emergency-number", "120", "--sender", SENDER)
    for words in (("migrate",), ("protocol", "load", str(example_protocol_file()))):
        assert (await commands.call(*words)).code == 0
    assert (await commands.call(*site, *telephones)).code == 0
    operator = await connect(url, role="pro_operator", actor="test:operator")
    await operations.start_clock(operator, STARTED_AT)
    await operator.close()
    good = row(CODE, phone=NUMBER)
    bad = good | {"phone": f"{NUMBER} canarywords", "site": CODE, "language": "canarywords"}
    crooked = dict.fromkeys(good, "canarywords")
    for name, cells, expected in (("bad", bad, 1), ("crooked", crooked, 1), ("good", good, 0)):
        text = ",".join(cells) + "\n" + ",".join(cells.values()) + "\n"
        path = folder / f"{name}.csv"
        await asyncio.to_thread(path.write_text, text, encoding="utf-8")
        done = commands.run("enrol", "--csv", str(path))
        assert done.code == expected, done.err


async def live(base: str, url: str, fake: ProviderFake, running: Running) -> None:
    """Be reminded, answer well and badly, meet forged webhooks, and meet a database that breaks."""
    owner = await connect(url, role="pro_owner", actor="test:owner")
    operator = await connect(url, role="pro_operator", actor="test:operator")
    try:
        due_at = await owner.fetchval("SELECT min(due_at) FROM reminders WHERE ended_at IS NULL")
        await operations.move_clock(operator, due_at)

        async def reminded() -> bool:
            return bool(
                await owner.fetchval("SELECT count(*) FROM messages WHERE state='accepted'")
            )

        await until(reminded)
        await fake.drain()

        async def asked() -> bool:
            """Whether the last question can have been read: sooner, a text answers nothing."""
            waited = "SELECT clock_timestamp() - max(accepted_at) > $1 FROM messages"
            return bool(await owner.fetchval(waited, PACE.settles))

        for text in ("8", WORDS, ANSWER, "back", "link"):
            await until(asked)
            assert await fake.phone_sends(NUMBER, SENDER, text) is not None
        assert (await post_text(base, NUMBER, WORDS, provider_id="f", sign=False))[0] == 403
        assert (await post_text(base, "canarywords", ANSWER, provider_id="u"))[0] == 400
        async with aiohttp.ClientSession() as session:
            for path in (f"/q/{TOKEN}", f"/{CODE}/{NUMBER}", f"/q/{TOKEN}/open"):
                await (await session.get(f"{base}{path}")).read()
        # PostgreSQL refuses a row, and would say which: then a table is gone altogether.
        await owner.execute("ALTER TABLE responses ADD CHECK (value <> 9)")
        await until(asked)
        assert (await post_text(base, NUMBER, "9", provider_id="c"))[0] == 500
        await owner.execute("ALTER TABLE inbounds RENAME TO elsewhere")
        assert (await post_text(base, NUMBER, ANSWER, provider_id="t"))[0] == 500
        await owner.execute("ALTER TABLE elsewhere RENAME TO inbounds")
        await owner.execute("ALTER TABLE reminders RENAME TO elsewhere")

        async def has_failed() -> bool:
            return FAILED_AT_WORK.search(running.text()) is not None

        await until(has_failed)
        await owner.execute("ALTER TABLE elsewhere RENAME TO reminders")
    finally:
        await owner.close()
        await operator.close()


def read_logs(folder: Path) -> str:
    """Everything PostgreSQL wrote into its log."""
    return "".join(path.read_text(errors="replace") for path in folder.rglob("*.log*"))


def found_in(text: str) -> list[str]:
    """The canaries a text lets out."""
    return [canary for canary in CANARIES if canary.lower() in text.lower()]


async def test_no_canary_gets_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    place = tempfile.TemporaryDirectory(prefix="pro-test-")
    folder = Path(place.name)
    # Outside pytest's own folder, which PostgreSQL 15's unprivileged account cannot enter.
    await asyncio.to_thread(folder.chmod, 0o755)
    database = EmbeddedPostgres(folder / "pg", durable=False, bin_dir=bin_dir_for_tests())
    with place:
        await watch_for_canaries(database, folder, tmp_path, caplog)


async def watch_for_canaries(
    database: EmbeddedPostgres, folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Live through everything that may go wrong, then search all that was said."""
    async with database as server:
        port = free_port()
        base = f"http://127.0.0.1:{port}"
        async with await open_pools(server.url, roles=["worker"]) as pools:
            provider = build_provider(pools.worker, base, SECRET)
            async with TestServer(provider, access_log=None) as simulator:
                commands = Commands(
                    server.url,
                    public_url=base,
                    simulator_url=str(simulator.make_url("")),
                    simulator_secret=SECRET.get_secret_value(),
                )
                await operate(commands, server.url, tmp_path)
                serve = ("serve", "--with-worker", "--port", str(port))
                async with commands.running(*serve, ready="Serving on") as running:
                    await live(base, server.url, provider[PROVIDER], running)
                    assert await running.stop() == 0
    written = "".join(commands.written)
    assert '"event":"request failed"' in written
    assert FAILED_AT_WORK.search(written)
    logs = await asyncio.to_thread(read_logs, folder)
    assert "ready to accept connections" in logs
    assert found_in(written) == []
    assert found_in(logs) == []
    assert found_in(caplog.text) == []


def test_a_canary_would_be_found() -> None:
    assert found_in(f"calling {NUMBER} now") == [NUMBER, NUMBER[1:], NUMBER[2:]]
    assert found_in("participant WILHELMINA-CANARY-001") == [CODE]
