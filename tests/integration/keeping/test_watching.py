"""`/metrics` and `doctor` beside a study: what they show of it, and what neither ever shows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import asyncpg
import pytest
from aiohttp.test_utils import TestServer

from pro_service.app import open_service, watched
from pro_service.config import Settings
from pro_service.services.base.meters import Meters
from pro_service.store.keeping.watching import Figures, get_figures
from pro_service.vault.signing import SigningRing
from pro_service.web.metrics import Metrics
from tests.support.command import Commands, commands_with, free_port
from tests.support.study import SECRET, Trial, open_trial, row

TOKEN = "a token of sixteen or more"
AN_HOUR_LATE = "UPDATE reminders SET due_at = pro.now() - interval '1 h' WHERE ended_at IS NULL"
NOBODY_THERE = f"postgresql://pro@127.0.0.1:{free_port()}/pro"


@pytest.fixture
async def trial(database_url: str) -> AsyncIterator[Trial]:
    """Two participants who were asked by text."""
    async with open_trial(database_url) as opened:
        await opened.enrol(row("K-001"), row("K-002"))
        await opened.ask()
        yield opened


async def test_the_figures_follow_what_happens(trial: Trial) -> None:
    worker = trial.pools.worker
    first = await get_figures(worker)
    assert sum(first.texts.values()) == await trial.count("messages")
    assert (first.nudges_late, first.held, first.backup_seconds) == (0, False, None)
    # Nobody works: what is due grows late, what is written waits for its seal.
    await trial.owner_does(AN_HOUR_LATE)
    late = await get_figures(worker)
    assert late.nudges_late > 0
    assert (late.nudge_seconds or 0) > 300
    assert (late.unsealed_seconds or -1) >= 0
    await trial.owner_does(
        "INSERT INTO backups (id, file_name, made_at, actor) VALUES"
        " (gen_random_uuid(), 'kept', clock_timestamp() - interval '1 h', 'cli:test')"
    )
    noted = await get_figures(worker)
    assert 3600 <= (noted.backup_seconds or 0) < 3700


async def test_metrics_are_shown_to_whoever_has_the_token(trial: Trial) -> None:
    async def look() -> Figures:
        return await get_figures(trial.pools.worker)

    metrics = Metrics(Meters("0.2.0"), look, TOKEN)
    async with (
        TestServer(metrics.application(), access_log=None) as server,
        aiohttp.ClientSession(server.make_url("/")) as client,
    ):
        for headers in ({}, {"Authorization": "Bearer another"}):
            async with client.get("/metrics", headers=headers) as response:
                assert response.status == 401
                assert "pro_" not in await response.text()
        async with client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}) as response:
            assert response.status == 200
            text = await response.text()
    assert "pro_database_up 1.0" in text
    assert 'pro_texts_day{state="' in text
    for hidden in ("K-001", "S1", "+1555", str(trial.study_id)):
        assert hidden not in text


async def test_without_its_database_metrics_answer_all_the_same() -> None:
    async def look() -> Figures:
        raise asyncpg.ConnectionDoesNotExistError("away")

    async with (
        TestServer(Metrics(Meters(), look, None).application(), access_log=None) as server,
        aiohttp.ClientSession(server.make_url("/")) as client,
        client.get("/metrics") as response,
    ):
        assert response.status == 200
        assert "pro_database_up 0.0" in await response.text()


async def test_a_service_counts_its_requests_waits_and_rounds(trial: Trial, tmp_path: Path) -> None:
    settings = Settings(
        database_kind="validation",
        simulator_secret=SECRET,
        metrics_port=0,
        seal_keys=SigningRing.generate().reveal(),
        journal_dir=tmp_path / "journal",
    )
    said: list[str] = []
    async with (
        open_service(settings, trial.url, trial.context.keys.vault) as service,
        watched(settings, service, said.append),
        TestServer(service.application, access_log=None) as server,
        aiohttp.ClientSession() as client,
    ):
        async with client.get(server.make_url("/q/nobodys-link")) as response:
            identity = response.headers["X-Request-Id"]
        service.worker.start()
        await service.worker.settle("close")
        async with client.get(said[0].removeprefix("Metrics on ")) as response:
            text = await response.text()
    assert len(identity) == 32
    assert 'pro_requests_total{method="GET",route="page-welcome",status="404"} 1.0' in text
    assert 'pro_pool_wait_seconds_count{role="participant"}' in text
    assert 'pro_rounds_total{job="close",outcome="done"}' in text


async def test_doctor_says_what_is_wrong_and_how_it_is_mended(trial: Trial, tmp_path: Path) -> None:
    secret = SECRET.get_secret_value()
    commands = commands_with(trial.url, trial.context.keys.vault, simulator_secret=secret)
    well = await commands.call("doctor")
    assert well.code == 0, well.out + well.err
    assert "none was ever noted" in well.out
    await commands.do(("backup", str(tmp_path / "kept.backup")))
    assert "the newest is 0:00:0" in (await commands.call("doctor")).out
    # An hour without a worker, sending held, and keys that open nothing.
    await trial.owner_does(AN_HOUR_LATE)
    held = "INSERT INTO sending_holds (id, why, actor) VALUES (gen_random_uuid(), 'tried', 'cli:t')"
    await trial.owner_does(held)
    other = Commands(trial.url, simulator_secret=secret)
    sick = await other.call("doctor")
    assert sick.code == 1
    for said in ("late, the oldest by", "restore release", "PRO_VAULT_KEYS"):
        assert said in sick.out
    # Without its database it says so, and that is all there is to say.
    away = await other.call("doctor", environment={"PRO_DATABASE_URL": NOBODY_THERE})
    assert away.code == 1
    assert "cannot be reached" in away.out
    for hidden in ("K-001", "+1555"):
        assert hidden not in well.out + sick.out
