"""`backup` and `restore` as an operator runs them; what is said while sending is held."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from pro_service.embedded import EmbeddedPostgres
from pro_service.services import keeping
from pro_service.store.migrations import begin_restoring
from pro_service.store.pools import connect
from pro_service.vault.keys import KeyRing
from tests.integration.keeping.restored import (
    journalled,
    names_in,
    passable_folder,
    place_of,
    quiet,
    reopened,
)
from tests.support.command import Commands, free_port, get
from tests.support.databases import bin_dir_for_tests, empty_database
from tests.support.study import SECRET, Trial, open_trial, row


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Path]:
    """A journal kept during the test."""
    with journalled(tmp_path / "journal") as folder:
        yield folder


@pytest.fixture
async def trial(database_url: str, journal: Path) -> AsyncIterator[Trial]:
    """Two participants with one text each."""
    async with open_trial(database_url) as opened:
        await opened.enrol(row("K-001"), row("K-002"))
        await opened.ask()
        yield opened


@pytest.fixture
def other_url(server_url: str) -> Iterator[str]:
    """The empty database of the restore."""
    with empty_database(server_url) as url:
        yield url


def commands_on(trial: Trial, url: str, **more: str) -> Commands:
    """The command line with this trial's keys, on a database."""
    vault = trial.context.keys.vault
    return Commands(
        url,
        vault_keys=vault._master.reveal(),
        index_keys=vault._index.reveal(),
        link_keys=vault._link.reveal(),
        simulator_secret=SECRET.get_secret_value(),
        simulator_url=str(trial.gateway._messages.origin()),
        **more,
    )


async def test_a_backup_is_made_restored_replayed_and_released_by_commands(
    trial: Trial, journal: Path, other_url: str, tmp_path: Path
) -> None:
    file = str(tmp_path / "backup.pro")
    ring = KeyRing.generate("b1").reveal()
    here = commands_on(trial, trial.url, backup_keys=ring)
    made = await here.call("backup", file, "--encrypt")
    assert made.code == 0, made.err
    assert "read back and equal" in made.out
    assert "It needs PRO_INDEX_KEYS: i1." in made.out
    assert (await here.call("backup", file)).err.count("is there already") == 1

    await trial.says("K-001", "STOP")
    await trial.ask()
    there = commands_on(trial, other_url, backup_keys=ring)
    done = await there.call("restore", file, "--journal", str(journal))
    assert done.code == 0, done.err
    assert "each equal to the backup's; the keys fit" in done.out
    assert "ago. Whatever was recorded" in done.out
    assert "K-001" in done.out
    assert "opted out: no text goes to the number" in done.out
    assert "of 0 it does not say" in done.out
    assert "Sending is held." in done.out

    status = await there.call("restore", "status")
    assert "Sending is held since" in status.out
    once_more = await there.call("restore", "replay", "--journal", str(journal))
    assert "Put back from the journal: nothing." in once_more.out
    again = await there.call("restore", file)
    assert again.code == 1
    assert "nothing was touched" in again.err
    released = await there.call("restore", "release", "--reason", "rang everybody")
    assert "on the word of cli:test" in released.out
    assert "not held" in (await there.call("restore", "status")).out
    assert (await there.call("restore", "release", "--reason", "twice")).code == 1


async def test_encrypting_without_a_ring_says_what_is_missing(trial: Trial, tmp_path: Path) -> None:
    here = commands_on(trial, trial.url)
    refused = await here.call("backup", str(tmp_path / "backup.pro"), "--encrypt")
    assert refused.code == 1
    assert "PRO_BACKUP_KEYS is not set." in refused.err
    assert "backup.pro" not in names_in(tmp_path)


async def test_programs_older_than_the_server_are_refused_with_the_mend(
    trial: Trial, tmp_path: Path
) -> None:
    for name in ("pg_dump", "pg_restore"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) 9.6.24'\n")
        program.chmod(0o755)
    here = commands_on(trial, trial.url)
    here.environment["PATH"] = str(tmp_path / "nothing")
    words = ("backup", str(tmp_path / "backup.pro"), "--bin-dir", str(tmp_path / "bin"))
    refused = await here.call(*words, environment={"PATH": str(tmp_path)})
    assert refused.code == 1
    assert f"older: 9 in {tmp_path / 'bin'}" in refused.err
    assert "--bin-dir" in refused.err


async def test_restoring_into_a_new_folder_makes_no_keys_that_would_open_nothing(
    tmp_path: Path,
) -> None:
    """Made fresh, they would be refused only after the whole backup had been put in."""
    folder = tmp_path / "data"
    no_keys = dict.fromkeys(("PRO_VAULT_KEYS", "PRO_INDEX_KEYS", "PRO_LINK_KEYS"))
    words = ("restore", "backup.pro", "--data", str(folder))
    refused = await Commands(None).call(*words, environment=no_keys)
    assert refused.code == 1
    assert f"The folder {folder} has no keys" in refused.err
    assert "Copy keys.json" in refused.err
    assert not folder.exists()


@pytest.mark.thorough
async def test_another_cluster_takes_the_backup(trial: Trial, tmp_path: Path) -> None:
    file = tmp_path / "backup.pro"
    made = await keeping.make_backup(place_of(trial.url), file, None, quiet)
    with passable_folder() as folder:
        server = EmbeddedPostgres(folder / "pg", durable=False, bin_dir=bin_dir_for_tests())
        async with server:
            vault = trial.context.keys.vault
            restored = await keeping.restore_backup(place_of(server.url), file, None, vault, quiet)
            assert restored == made
            async with reopened(trial, server.url) as again:
                assert await again.count("participants") == 2


@pytest.mark.thorough
async def test_what_serves_says_that_sending_is_held_and_serves(
    trial: Trial, other_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "backup.pro"
    await keeping.make_backup(place_of(trial.url), file, None, quiet)
    vault = trial.context.keys.vault
    await keeping.restore_backup(place_of(other_url), file, None, vault, quiet)
    there = commands_on(trial, other_url)
    port = free_port()
    async with there.running("serve", "--port", str(port), ready="Serving on") as service:
        assert "sending_held" in service.text()
        assert "pro-service restore release" in service.text()
        status, body = await get(f"http://127.0.0.1:{port}/readyz")
        assert status == 200
        assert "Sending is held since" in json.loads(body)["sending"]


async def test_a_text_that_comes_while_sending_is_held_is_answered(
    trial: Trial, other_url: str, tmp_path: Path
) -> None:
    """Whoever just sent one waits for the answer, and a STOP must be confirmed."""
    file = tmp_path / "backup.pro"
    await keeping.make_backup(place_of(trial.url), file, None, quiet)
    vault = trial.context.keys.vault
    await keeping.restore_backup(place_of(other_url), file, None, vault, quiet)
    async with reopened(trial, other_url) as again:
        assert await again.says("K-001", "4")
        assert await again.says("K-001", "STOP")
        assert (await again.facts("K-001")).opted_out_at is not None


async def test_nothing_serves_a_database_whose_restore_was_cut_off(
    trial: Trial, other_url: str
) -> None:
    connection = await connect(other_url, role=None, actor="test")
    await begin_restoring(connection)
    await connection.close()
    there = commands_on(trial, other_url)
    for words in (("restore", "status"), ("serve", "--port", "0")):
        refused = await there.call(*words)
        assert refused.code == 1
        assert "begun and not finished" in refused.err
