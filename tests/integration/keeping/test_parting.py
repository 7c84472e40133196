"""A study goes on in a database of its own: all of it, nothing of another, and no text twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from pro_service.embedded import EmbeddedError, server_programs
from pro_service.services.study.protocols import load_protocol
from pro_service.services.study.staff import make_staff
from pro_service.store.ids import made_at, new_id
from pro_service.store.keeping.watching import get_figures
from pro_service.store.visits.erasures import BackupKept, list_backups_kept, record_backup
from tests.integration.keeping.restored import reopened, work
from tests.support.audit import Audit, tamper
from tests.support.command import Commands, commands_with
from tests.support.databases import empty_database
from tests.support.example import example_study
from tests.support.study import ACTOR, SECRET, Trial, add_site, open_trial, row

STAYS, GOES = "KOA", "GOES"
OTHER_SENDER = "+12025550197"
PASSWORD = "a password long enough for anybody"
TABLES = """
SELECT a.attrelid::regclass::text FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
WHERE a.attnum = 1 AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relnamespace = 'pro'::regnamespace
"""
FACTOR = """
WITH of_whom AS (
    INSERT INTO pro.person_factors
        (id, person_id, study_id, secret_sealed, secret_key, recovery_sha256, actor)
    SELECT gen_random_uuid(), p.id, $2, '\\x00', 'A256GCM:test', '{}', 'test'
    FROM pro.people AS p WHERE p.login = $1
    RETURNING id, person_id
), passkey AS (
    INSERT INTO pro.person_passkeys
        (id, person_id, credential_id, public_key, sign_count, name, actor)
    SELECT gen_random_uuid(), w.person_id, sha256($1::text::bytea), '\\x01', 0, 'key', 'test'
    FROM of_whom AS w
)
SELECT w.id FROM of_whom AS w
"""
USES = """
WITH used AS (
    INSERT INTO pro.person_factor_uses (id, factor_id, kind, which, actor)
    SELECT gen_random_uuid(), f.id, 'code', 1, 'test' FROM pro.person_factors AS f
), keys AS (
    INSERT INTO pro.person_passkey_uses (id, passkey_id, challenge_sha256, sign_count, actor)
    SELECT gen_random_uuid(), k.id, sha256(k.credential_id), 1, 'test' FROM pro.person_passkeys AS k
), links AS (
    INSERT INTO pro.account_links (id, person_id, kind, token_sha256, expires_at, actor)
    SELECT gen_random_uuid(), p.id, 'invitation', sha256(p.login::bytea),
           clock_timestamp() + interval '1 day', 'test'
    FROM pro.people AS p
), events AS (
    INSERT INTO pro.staff_events (kind, person_id, address, actor)
    SELECT 'signed_in', p.id, 'from ' || p.login, 'staff:' || p.login FROM pro.people AS p
)
INSERT INTO pro.sign_in_tries (person_id, login_sha256, address_sha256)
SELECT p.id, sha256(p.login::bytea), sha256('address') FROM pro.people AS p
"""
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


async def naming(url: str, *words: str) -> list[str]:
    """The tables of which a row says one of these words."""
    connection = await asyncpg.connect(url)
    try:
        said = " OR ".join(f"r::text LIKE '%' || ${n} || '%'" for n in range(1, len(words) + 1))
        return [
            name
            for (name,) in await connection.fetch(TABLES)
            if await connection.fetchval(
                f"SELECT EXISTS (SELECT FROM {name} AS r WHERE {said})", *words
            )
        ]
    finally:
        await connection.close()


async def staffed(goes: Trial, stays: Trial) -> str:
    """Somebody of both with a factor through the study that stays behind, one of each; whose id?

    It is the id of who works only where the study does not go.
    """
    for login, studies in (("both", (goes, stays)), ("leaver", (stays,)), ("stayer", (goes,))):
        for trial in studies:
            await make_staff(
                trial.operator,
                trial.study_id,
                login=login,
                password=PASSWORD,
                site=None,
                role="data_manager",
                actor=ACTOR,
            )
    await stays.owner_does(FACTOR, "both", stays.study_id)
    await stays.owner_does(FACTOR, "leaver", stays.study_id)
    await stays.owner_does(FACTOR, "stayer", goes.study_id)
    await stays.owner_does(USES)
    # One entry of the audit about all of them: of who stays it goes on telling.
    await stays.owner_does(
        "WITH said AS MATERIALIZED (SELECT set_config('pro.reason', 'as they say', true))"
        " UPDATE pro.people SET name = 'Name of ' || login FROM said"
    )
    return str(await stays.fetchval("SELECT id FROM pro.people WHERE login = 'leaver'"))


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
        gone = await staffed(goes, stays)
        await Audit(stays).seal_everything()
        file = tmp_path / "goes.pro"
        here, there = commands_of(stays, database_url), commands_of(stays, other_url)
        unknown = here.run("backup", str(tmp_path / "none.pro"), "--study", "NONE")
        assert (unknown.code, "There is no study NONE here." in unknown.err) == (1, True), unknown
        made = here.run("backup", str(file), "--study", GOES)
        assert made.code == 0, made.err
        assert "1 of the people who stay must set up their second factor again" in made.out
        assert await stays.count("studies") == 2  # the database in use is left alone
        restored = there.run("restore", str(file))
        assert restored.code == 0, restored.err

        assert await naming(other_url, gone, "leaver") == []
        async with reopened(goes, other_url) as again:
            logins = "SELECT array_agg(login ORDER BY login) FROM pro.people"
            assert await again.fetchval(logins) == ["both", "stayer"]
            names = "SELECT array_agg(name ORDER BY login) FROM pro.people"
            assert await again.fetchval(names) == ["Name of both", "Name of stayer"]
            factors = "SELECT array_agg(p.login) FROM pro.people AS p JOIN pro.person_factors AS f"
            assert await again.fetchval(f"{factors} ON f.person_id = p.id") == ["stayer"]
            for table in ("person_factor_uses", "person_passkey_uses", "account_links"):
                kept = 1 if table == "person_factor_uses" else 2
                count = f"SELECT count(*) FROM pro.{table}"
                assert await tamper(database_url, count) == 3
                assert await tamper(other_url, count) == kept, table
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


async def test_what_would_not_be_restored_is_refused_before_it_is_written(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        assert await tamper(database_url, "SELECT pro.dangling_keys()") is None
        found = await tamper(
            database_url,
            "DELETE FROM pro.participants",
            "SELECT string_agg(d, ' ') FROM pro.dangling_keys() AS d",
        )
        assert "of pro.visits" in found or "of pro.participant_sites" in found


async def test_a_copy_is_of_the_same_version_as_the_server_in_use(tmp_path: Path) -> None:
    def programs(version: str) -> Path:
        folder = tmp_path / version
        folder.mkdir()
        (folder / "postgres").write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}.3'\n")
        (folder / "postgres").chmod(0o755)
        return folder

    given = programs("97")
    assert server_programs(97, given) == given
    with pytest.raises(EmbeddedError, match="needs PostgreSQL 98's server programs"):
        server_programs(98, given)


async def test_a_backup_of_one_study_is_none_of_the_database(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        now = made_at(new_id())
        parted = BackupKept("parted", now, None)
        await record_backup(trial.operator, parted, of_studies=[trial.study_id])
        assert (await get_figures(trial.pools.worker)).backup_seconds is None
        assert await list_backups_kept(trial.operator, now.date()) == [parted]
        await record_backup(trial.operator, BackupKept("whole", now, None))
        assert (await get_figures(trial.pools.worker)).backup_seconds is not None


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
