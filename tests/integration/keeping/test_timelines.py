"""The server goes on from another line of its log: nothing is sent until somebody has said why."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pro_service.app import check_ready, open_service
from pro_service.config import Settings
from pro_service.services import keeping
from pro_service.services.keeping import NotHeldError, NotRecoveredError
from pro_service.store.keeping import holds
from pro_service.store.pools import connect
from pro_service.vault.signing import SigningRing
from tests.support.command import commands_with
from tests.support.study import SECRET, Trial, open_trial, row

WERE_ON_ANOTHER = (
    "INSERT INTO server_timelines (id, timeline, why, actor)"
    " VALUES ('ffffffff-0000-7000-8000-000000000000', 41, 'the test says so', 'test')"
)
"""As the record says it after a promotion: vouched for is a line that is no more."""
RECOVERED = ("restore", "recovered", "--until", "2026-01-05 08:00:00+08:00")
ANOTHER_IS_GONE = (
    "ALTER TABLE server_timelines DISABLE TRIGGER ALL; DELETE FROM server_timelines;"
    " ALTER TABLE server_timelines ENABLE TRIGGER ALL"
)


@pytest.fixture
async def trial(database_url: str) -> AsyncIterator[Trial]:
    """Two participants with a nudge each that is due."""
    async with open_trial(database_url) as opened:
        await opened.enrol(row("K-001"), row("K-002"))
        await opened.ask()
        await opened.owner_does("UPDATE reminders SET due_at = pro.now() WHERE ended_at IS NULL")
        yield opened


async def test_on_the_line_it_was_everything_goes(trial: Trial) -> None:
    worker = trial.pools.worker
    await holds.note_first_timeline(worker, "test")
    await holds.note_first_timeline(worker, "test")
    assert await trial.count("server_timelines") == 1
    assert await holds.get_left_timeline(worker) is None
    with pytest.raises(NotHeldError):
        await keeping.release(trial.operator, "cli:test", "nothing was held")
    assert await trial.remind() > 0


async def test_on_another_line_nothing_goes_until_somebody_vouches(trial: Trial) -> None:
    await trial.owner_does(WERE_ON_ANOTHER)
    assert await trial.remind() == 0
    assert "another line of its log" in (await check_ready(trial.pools, ["simulator"]) or "")
    # A standby that loses nothing is vouched for by the worker, where a setting says so.
    await trial.owner_does(ANOTHER_IS_GONE)
    await trial.owner_does(WERE_ON_ANOTHER.replace("ffffffff", "00000000"))
    assert await keeping.vouch(trial.pools.worker) == 1
    assert await keeping.vouch(trial.pools.worker) == 0
    assert await trial.remind() > 0
    assert await trial.fetch("SELECT actor, why FROM server_timelines ORDER BY id") == [
        ("test", "the test says so"),
        ("service:worker", "a standby that loses nothing was promoted"),
    ]


async def test_after_a_restore_sending_is_held_seals_begin_anew_and_a_person_lets_go(
    trial: Trial,
) -> None:
    commands = commands_with(
        trial.url, trial.context.keys.vault, simulator_secret=SECRET.get_secret_value()
    )
    unclear = await commands.call("restore", "recovered", "--until", "yesterday")
    assert (unclear.code, "Write it as 2026-12-01T08:00:00+08:00" in unclear.err) == (1, True)
    refused = await commands.call(*RECOVERED)
    assert refused.code == 1
    assert "goes on from where it was" in refused.err
    generations = await trial.count("audit_generations")
    await trial.owner_does(WERE_ON_ANOTHER.replace("ffffffff", "00000000"))
    assert "restore recovered" in (await commands.call("restore", "status")).out
    done = await commands.call(*RECOVERED)
    assert done.code == 0, done.err
    assert "Sending is held" in done.out
    assert await trial.count("audit_generations") == generations + 1
    assert await trial.count("sending_holds", "released_at IS NULL") == 1
    assert await trial.remind() == 0
    await commands.do(("restore", "release", "--reason", "all were called"))
    assert await trial.remind() > 0
    owner = await connect(trial.url, role="pro_owner", actor="cli:test")
    try:
        with pytest.raises(NotRecoveredError):
            await keeping.hold_recovered(owner, datetime.now(UTC), "cli:test")
    finally:
        await owner.close()


async def test_only_a_worker_that_was_there_before_vouches_for_a_promotion(
    trial: Trial, tmp_path: Path
) -> None:
    settings = Settings(
        database_kind="validation",
        simulator_secret=SECRET,
        seal_keys=SigningRing.generate().reveal(),
        journal_dir=tmp_path / "journal",
        failover="go-on",
    )
    vault = trial.context.keys.vault
    async with open_service(settings, trial.url, vault) as service:
        assert "vouch" in {job.id for job in service.worker.jobs}
    await trial.owner_does(WERE_ON_ANOTHER)
    async with open_service(settings, trial.url, vault) as service:
        assert "vouch" not in {job.id for job in service.worker.jobs}
