"""`drill restore`: a backup restored beside what is in use, looked at and thrown away."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pro_service.cli.running.drill import drill_app, newest_of
from pro_service.domain.errors import ProServiceError
from pro_service.services import keeping
from pro_service.services.keeping import Restored, State, look_at_restored
from pro_service.store.ids import made_at, new_id
from pro_service.store.journal import JournalLine, keep
from tests.integration.keeping.restored import (
    journalled,
    names_in,
    passable_folder,
    place_of,
    quiet,
)
from tests.support.audit import Audit, tamper
from tests.support.command import Commands, Finished, commands_with
from tests.support.databases import migrate_everything
from tests.support.killing.archived import IS_HERE, PASSES, archived_cluster
from tests.support.study import Trial, open_trial, row

STOPS = "K-001"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Path]:
    """A journal kept during the test."""
    with journalled(tmp_path / "journal") as folder:
        yield folder


@pytest.fixture
async def audit(database_url: str, journal: Path) -> AsyncIterator[Audit]:
    """Two participants with a text each, all of it sealed."""
    async with open_trial(database_url) as trial:
        yield await lived(trial)


async def lived(trial: Trial) -> Audit:
    """Two participants, of whom one says STOP later."""
    audit = Audit(trial)
    await trial.enrol(row(STOPS), row("K-002"))
    await trial.ask()
    await audit.seal_everything()
    return audit


def commands_of(audit: Audit, url: str | None = None) -> Commands:
    """The command line with this trial's keys."""
    vault = audit.trial.context.keys.vault
    keys = audit.sealer.keys.reveal()
    return commands_with(url or audit.trial.url, vault, seal_keys=keys)


async def drilled(
    commands: Commands, *words: str, **environment: str
) -> tuple[Finished, list[str]]:
    """A drill as an operator runs it, and what it left behind in the folder it was given."""

    def run() -> tuple[Finished, list[str]]:
        with passable_folder() as room:
            asked = ("drill", "restore", *words, "--room", str(room))
            return commands.run(*asked, environment=environment), names_in(room)

    return await asyncio.to_thread(run)


@pytest.mark.thorough
async def test_the_newest_backup_is_restored_looked_at_and_thrown_away(
    audit: Audit, journal: Path, tmp_path: Path
) -> None:
    backups = tmp_path / "backups"
    backups.mkdir()
    (backups / "older.pro").write_text("no backup at all")
    await keeping.make_backup(place_of(audit.trial.url), backups / "last.pro", None, quiet)
    os.utime(backups / "older.pro", (1, 1))
    await audit.trial.says(STOPS, "STOP")
    here = commands_of(audit)
    words = (str(backups), "--journal", str(journal))
    done, left = await drilled(here, *words)
    assert (done.code, left) == (0, []), done
    said = " ".join(done.out.split())
    assert "last.pro" in said
    assert "each as its manifest says" in said
    assert "goes until 0:0" in said
    assert "seal(s) over" in said
    assert "1 opt out" in said
    assert "wrong" not in said

    # One that is damaged is said to be, and nothing stays.
    whole = (backups / "last.pro").read_bytes()
    (backups / "newest.pro").write_bytes(whole[:-9])
    done, left = await drilled(here, *words)
    assert (done.code, left) == (1, [])
    assert "cut" in done.out


async def test_what_was_restored_is_compared_with_journal_and_seals(
    audit: Audit, journal: Path
) -> None:
    trial = audit.trial
    now = made_at(new_id())
    later = Restored(
        now + timedelta(hours=1), now, trial.context.keys.vault, audit.sealer.keys.public, journal
    )

    async def seen() -> dict[str, tuple[State, str]]:
        found = await look_at_restored(trial.operator, later)
        return {one.name: (one.state, one.said) for one in found}

    found = await seen()
    assert {state for state, _ in found.values()} == {State.well}, found
    assert "2 enrolment(s) and 2 text(s)" in found["journal"][1]
    unknown = {"study_id": trial.study_id, "participant_id": new_id()}
    await keep([JournalLine(kind="send", message_id=new_id(), **unknown)])
    await trial.owner_does("ALTER TABLE consents DISABLE TRIGGER USER")
    await trial.owner_does("UPDATE consents SET version = 'x' || version")
    found = await seen()
    lacking = "of 2 enrolment(s) and 3 text(s) of the month before, 1 are not there"
    assert found["journal"] == (State.look, lacking)
    assert found["record"][0] is State.wrong
    assert "consents" in found["record"][1]
    old = look_at_restored(
        trial.operator, Restored(now - timedelta(days=3), now, trial.context.keys.vault)
    )
    states = {one.name: one.state for one in await old}
    assert (states["age"], states["record"], states["lost"]) == (
        State.wrong,
        State.look,
        State.look,
    )


def test_a_folder_without_any_backup_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProServiceError, match="No file is in"):
        newest_of(tmp_path)
    assert newest_of(tmp_path / "named.pro") == tmp_path / "named.pro"


@pytest.mark.thorough
@pytest.mark.skipif(not IS_HERE, reason="needs Debian's pgbackrest and postgresql-15")
async def test_an_archive_is_restored_to_its_last_instant_and_the_server_in_use_is_left_alone(
    journal: Path,
) -> None:
    with archived_cluster() as cluster:
        url = await asyncio.to_thread(cluster.start, cluster.data)
        await migrate_everything(url)
        await asyncio.to_thread(cluster.pgbackrest, "stanza-create")
        async with open_trial(url) as trial:
            audit = Audit(trial)
            await trial.enrol(row("K-001"))
            await tamper(url, "CREATE DATABASE another")
            await asyncio.to_thread(cluster.pgbackrest, "--type=full", "backup")
            await trial.enrol(row("K-002"))
            await trial.ask()
            await audit.seal_everything()
            await asyncio.to_thread(cluster.pgbackrest, "check")
            words = ("--stanza", "pro", "--config", str(cluster.config), "--journal", str(journal))
            here = commands_of(audit)
            done, left = await drilled(here, *words, **PASSES)
            assert (done.code, left) == (0, []), done
            said = " ".join(done.out.split())
            assert "(full) of pgBackRest" in said
            assert "PostgreSQL 15" in said
            assert "seal(s) over" in said
            # Behind a pooler the address names an entry: the database is the one with the schema.
            pooled = {"PRO_DATABASE_URL": "postgresql://pro@127.0.0.1:1/pro_{role}"}
            done, left = await drilled(here, *words, **PASSES, **pooled)
            assert (done.code, left) == (0, []), done
            # The server that is in use still archives, and nobody else wrote into its archive.
            await trial.enrol(row("K-003"))
            await asyncio.to_thread(cluster.pgbackrest, "check")
            done, left = await drilled(here, *words, PGBACKREST_REPO1_CIPHER_PASS="another")
            assert (done.code, left) == (1, [])
            assert "gives no backup of pro" in done.out


def test_without_anything_named_it_is_said_what_to_name() -> None:
    for words in ([], ["/backups", "--stanza", "pro"]):
        done = CliRunner().invoke(drill_app, ["restore", *words])
        assert done.exit_code == 2
        said = " ".join(re.sub("[│╭╮╰╯─]", " ", done.output).split())
        assert "drill restore /backups" in said
        assert "--stanza pro" in said
