"""A study goes on in a database of its own: all of it, nothing of another, and no text twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from pro_service.services.study.protocols import load_protocol
from tests.integration.keeping.restored import reopened, work
from tests.support.audit import Audit
from tests.support.command import Commands, commands_with
from tests.support.databases import empty_database
from tests.support.example import example_study
from tests.support.study import ACTOR, SECRET, Trial, add_site, open_trial, row

STAYS, GOES = "KOA", "GOES"
OTHER_SENDER = "+12025550197"
OF_STUDIES = """
SELECT a.attrelid::regclass::text FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
WHERE a.attname = 'study_id' AND c.relkind = 'r' AND c.relnamespace = 'pro'::regnamespace
"""


async def rows_of_others(url: str, study_id: UUID) -> tuple[int, int]:
    """How many tables rows belong to studies in, and how many rows belong to another study."""
    connection = await asyncpg.connect(url)
    try:
        tables = [name for (name,) in await connection.fetch(OF_STUDIES)]
        counted = [
            await connection.fetchval(f"SELECT count(*) FROM {name} WHERE study_id <> $1", study_id)
            for name in tables
        ]
        return len(tables), sum(counted)
    finally:
        await connection.close()


async def second_study(trial: Trial) -> Trial:
    """Another study in the same database, with a site and a sender of its own."""
    protocol, source, _ = example_study()
    study = protocol.study.model_copy(update={"code": GOES})
    other = protocol.model_copy(update={"study": study})
    loaded = await load_protocol(
        trial.operator, trial.context, other, source + "\n# another\n", "f" * 64, actor=ACTOR
    )
    await add_site(trial.operator, loaded.study.id, "BJ01", sender=OTHER_SENDER)
    return replace(trial, study_id=loaded.study.id, participants={}, phones={})


@pytest.fixture
def other_url(server_url: str) -> Iterator[str]:
    """The database the study goes to."""
    with empty_database(server_url) as url:
        yield url


def commands_of(trial: Trial, url: str) -> Commands:
    """The command line with this trial's keys."""
    return commands_with(
        url,
        trial.context.keys.vault,
        simulator_secret=SECRET.get_secret_value(),
        simulator_url=str(trial.gateway._messages.origin()),
    )


@pytest.mark.thorough
async def test_a_study_goes_to_a_database_of_its_own_with_all_that_is_its_and_nothing_else(
    database_url: str, other_url: str, tmp_path: Path
) -> None:
    async with open_trial(database_url) as stays:
        goes = await second_study(stays)
        await stays.enrol(row("K-001"), row("K-002"))
        await goes.enrol(row("K-101"), row("K-102"))
        await stays.ask()
        await Audit(stays).seal_everything()
        file = tmp_path / "goes.pro"
        here, there = commands_of(stays, database_url), commands_of(stays, other_url)
        unknown = here.run("backup", str(tmp_path / "none.pro"), "--study", "NONE")
        assert (unknown.code, "There is no study NONE here." in unknown.err) == (1, True), unknown
        made = here.run("backup", str(file), "--study", GOES)
        assert made.code == 0, made.err
        assert await stays.count("studies") == 2  # the database in use is left alone
        restored = there.run("restore", str(file))
        assert restored.code == 0, restored.err

        async with reopened(goes, other_url) as again:
            tables, others = await rows_of_others(other_url, goes.study_id)
            assert (tables > 100, others) == (True, 0)
            assert (await rows_of_others(database_url, goes.study_id))[1] > 0
            for table in ("participants", "visits", "messages", "consents", "audit_entries"):
                held = f"study_id = '{goes.study_id}'"
                assert await again.count(table, held) >= await stays.count(table, held) > 0, table
            # What came along is sealed where it is now, and stands as its entries say.
            audit = Audit(again)
            await audit.seal_everything()
            assert await audit.faults() == []
            asked = {code: len(await stays.texts(code)) for code in stays.phones}
            released = there.run("restore", "release", "--reason", "the old one serves it no more")
            assert released.code == 0, released.err
            for _ in range(4):
                await again.move(timedelta(days=1))
                await work(again)
            assert len(await again.texts("K-101")) > 1
            assert {code: len(await stays.texts(code)) for code in stays.phones} == asked
            assert await stays.provider.doubles() == 0


async def test_studies_are_taken_out_of_a_copy_alone(database_url: str, tmp_path: Path) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        take_out = "SELECT pro.keep_only_studies('{}')"
        with pytest.raises(asyncpg.PostgresError, match="out of a copy alone"):
            await trial.owner_does(take_out)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await trial.owner_does("SET session_replication_role = replica")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await trial.operator.execute(take_out)
        assert await trial.count("participants") == 1
