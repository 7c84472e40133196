"""What digests and seals are over: named columns, so that a further one breaks neither."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest

from pro_service.services import record
from pro_service.services.record import Sealer
from pro_service.store.migrations import migrate
from pro_service.store.pools import connect
from pro_service.store.sql_files import sql_folder
from pro_service.vault.signing import SigningRing
from tests.support.audit import Audit, nothing_holds_back, tamper
from tests.support.study import open_trial, row

LAST_OF_FORMAT_1: Final = "0026_clerk.sql"
LIVED: Final = """
    INSERT INTO pro.studies (id, code, name, sender, actor)
    VALUES ('00000000-0000-7000-8000-000000000001', 'S', 'Study', 'us', 'cli:test');
    INSERT INTO pro.protocol_versions
        (study_id, id, content_sha256, label, source, document, actor)
    SELECT id, '00000000-0000-7000-8000-000000000002', repeat('a', 64), '1', '', '{"x": 1.50}',
           'cli:test'
    FROM pro.studies;
    INSERT INTO pro.participants (study_id, id, code, personal_code, protocol_version_id, language,
        zone, channel, treated_knees, actor)
    SELECT v.study_id, ('00000000-0000-7000-8000-00000000010' || n)::uuid, 'K-' || n, 'P' || n,
           v.id, 'en', 'Asia/Shanghai', 'text', ARRAY['left_knee'], 'cli:test'
    FROM pro.protocol_versions AS v, generate_series(1, 3) AS n;
    INSERT INTO pro.statuses (study_id, id, participant_id, status, effective_at, actor, reason)
    SELECT study_id, id, id, 'active', '2026-01-05 02:00:00.25+00', 'cli:test', 'enrolled'
    FROM pro.participants;
    UPDATE pro.participants SET personal_code = 'Q' || code WHERE code <> 'K-2';
"""


async def list_of(connection: asyncpg.Connection, table: str) -> asyncpg.Record:
    """The newest list of a table."""
    found = await connection.fetchrow(
        "SELECT * FROM pro.audit_lists WHERE table_name = $1 ORDER BY version DESC LIMIT 1", table
    )
    assert found is not None
    return found


async def digests(connection: asyncpg.Connection, table: str, version: int) -> dict[str, bytes]:
    """The digest of each row of a table as it stands, over a version of its list."""
    expression = await connection.fetchval(
        "SELECT pro.audit_digest_expression(columns, pro.columns_of(table_name))"
        " FROM pro.audit_lists WHERE table_name = $1 AND version = $2",
        table,
        version,
    )
    rows = await connection.fetch(f"SELECT r.id, {expression} AS digest FROM pro.{table} AS r")
    return {str(each["id"]): each["digest"] for each in rows}


async def last_entry(connection: asyncpg.Connection, table: str) -> dict[str, Any]:
    """The newest audit entry about a table."""
    found = await connection.fetchrow(
        "SELECT * FROM pro.audit_entries WHERE table_name = $1 ORDER BY id DESC LIMIT 1", table
    )
    assert found is not None
    return dict(found)


async def test_every_audited_table_has_a_list_of_exactly_its_columns(
    owner: asyncpg.Connection,
) -> None:
    wrong = await owner.fetch(
        "WITH audited AS (SELECT DISTINCT c.relname::text AS name FROM pg_trigger AS t"
        " JOIN pg_class AS c ON c.oid = t.tgrelid JOIN pg_proc AS p ON p.oid = t.tgfoid"
        " WHERE p.proname LIKE 'audit\\_%' AND NOT t.tgisinternal),"
        " newest AS (SELECT DISTINCT ON (table_name) * FROM pro.audit_lists"
        " ORDER BY table_name, version DESC)"
        " SELECT coalesce(a.name, l.table_name) AS table_name, l.columns,"
        " pro.columns_of(a.name) AS present"
        " FROM audited AS a FULL JOIN newest AS l ON l.table_name = a.name"
        " WHERE a.name IS NULL OR l.table_name IS NULL"
        " OR NOT (l.columns <@ pro.columns_of(a.name) AND pro.columns_of(a.name) <@ l.columns)"
    )
    assert [dict(each) for each in wrong] == []


async def test_every_audited_table_writes_by_functions_of_its_newest_list(
    owner: asyncpg.Connection,
) -> None:
    """A list is worth nothing while the trigger still writes by the one before."""
    sources = await owner.fetch(
        "SELECT DISTINCT ON (l.table_name) l.table_name, l.version, p.prosrc"
        " FROM pro.audit_lists AS l"
        " JOIN pg_proc AS p ON p.proname = 'audit_insert_of_' || l.table_name"
        " ORDER BY l.table_name, l.version DESC"
    )
    assert len(sources) > 30
    for each in sources:
        assert f"SELECT 2, {each['version']}, min(" in each["prosrc"], each["table_name"]


async def test_a_nullable_column_of_entries_breaks_no_seal(
    database_url: str, owner: asyncpg.Connection
) -> None:
    async with open_trial(database_url) as trial:
        audit = Audit(trial)
        await audit.live()
        await owner.execute("ALTER TABLE pro.audit_entries ADD COLUMN place text")
        assert await audit.faults() == []


async def test_a_column_added_to_an_audited_table_leaves_old_digests_verifiable(
    database_url: str, owner: asyncpg.Connection
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        before = await last_entry(owner, "visits")
        listed = await list_of(owner, "visits")
        await owner.execute("ALTER TABLE pro.visits ADD COLUMN room text")
        version = await owner.fetchval(
            "SELECT pro.list_audited('visits', $1)", [*listed["columns"], "room"]
        )
        assert version == listed["version"] + 1
        assert await last_entry(owner, "visits") == before  # nothing is there to be described anew
        old = await digests(owner, "visits", before["list_version"])
        assert before["row_digests"] == [old[one] for one in before["row_ids"]]

        await owner.execute("UPDATE pro.visits SET room = '2' WHERE id = $1", before["row_ids"][0])
        after = await last_entry(owner, "visits")
        new = await digests(owner, "visits", version)
        assert (after["list_version"], after["operation"]) == (version, "UPDATE")
        assert after["row_digests"] == [new[before["row_ids"][0]]]
        assert after["changes"][before["row_ids"][0]] == {
            "old": {"room": None},
            "new": {"room": "2"},
        }


async def test_rows_are_described_anew_where_a_new_list_would_not_speak_of_them(
    database_url: str, owner: asyncpg.Connection
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        columns = (await list_of(owner, "visits"))["columns"]
        await owner.execute("ALTER TABLE pro.visits ADD COLUMN room text")
        filled = await owner.fetchval("SELECT id::text FROM pro.visits ORDER BY id LIMIT 1")
        await owner.execute("UPDATE pro.visits SET room = '2' WHERE id = $1", filled)
        await owner.execute("SELECT pro.list_audited('visits', $1)", [*columns, "room"])
        came = await last_entry(owner, "visits")
        assert (came["operation"], came["row_ids"]) == ("LIST", [filled])

        await owner.execute("ALTER TABLE pro.visits DROP COLUMN room")
        version = await owner.fetchval("SELECT pro.list_audited('visits', $1)", columns)
        went = await last_entry(owner, "visits")
        now = await digests(owner, "visits", version)
        assert (went["operation"], went["list_version"]) == ("LIST", version)
        assert dict(zip(went["row_ids"], went["row_digests"], strict=True)) == now
        about = await owner.fetchval(
            "SELECT count(*) FROM pro.audit_participants WHERE entry_id = $1", went["id"]
        )
        assert about == 1


async def test_a_list_that_is_not_the_tables_columns_is_refused_by_name(
    owner: asyncpg.Connection,
) -> None:
    columns = (await list_of(owner, "visits"))["columns"]
    for wrong, named in (
        (columns[:-1], columns[-1]),
        ([*columns, "room"], "room"),
        ([*columns, columns[0]], "named twice"),
    ):
        with pytest.raises(asyncpg.RaiseError, match=named):
            await owner.execute("SELECT pro.list_audited('visits', $1)", wrong)
    with pytest.raises(asyncpg.RaiseError, match=r"sealed bytes.*definition"):
        await owner.execute("SELECT pro.list_audited('visits', $1, ARRAY['definition'])", columns)


async def test_a_new_audited_table_is_described_and_keeps_hashes_of_what_is_hidden(
    database_url: str, owner: asyncpg.Connection
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await owner.execute(
            "CREATE TABLE pro.asides (study_id uuid NOT NULL, id uuid NOT NULL,"
            " participant_id uuid,"
            " words bytea, actor text NOT NULL, PRIMARY KEY (study_id, id));"
            "INSERT INTO pro.asides"
            " SELECT study_id, id, id, 'first', 'somebody' FROM pro.participants;"
            "SELECT pro.audit_table('asides', updatable => true,"
            " columns => ARRAY['study_id', 'id', 'participant_id', 'words', 'actor'],"
            " hashed => ARRAY['words'])"
        )
        described = await last_entry(owner, "asides")
        assert (described["operation"], described["row_count"]) == ("LIST", 1)
        await owner.execute("UPDATE pro.asides SET words = 'second'")
        changed = await last_entry(owner, "asides")
        first, second = (hashlib.sha256(words).hexdigest() for words in (b"first", b"second"))
        assert changed["changes"][changed["row_ids"][0]] == {
            "old": {"words": {"sha256": first}},
            "new": {"words": {"sha256": second}},
        }
        assert changed["row_digests"] == list((await digests(owner, "asides", 1)).values())


async def test_an_insert_only_table_refuses_to_be_changed_or_emptied(
    owner: asyncpg.Connection,
) -> None:
    await owner.execute(
        "CREATE TABLE pro.facts (id uuid PRIMARY KEY, actor text NOT NULL);"
        "SELECT pro.audit_table('facts', updatable => false, columns => ARRAY['id', 'actor']);"
        "INSERT INTO pro.facts VALUES (gen_random_uuid(), 'somebody')"
    )
    for statement in (
        "UPDATE pro.facts SET actor = 'x'",
        "DELETE FROM pro.facts",
        "TRUNCATE pro.facts",
    ):
        with pytest.raises(asyncpg.PostgresError, match="never changed or removed"):
            await owner.execute(statement)


async def test_entries_name_whom_they_are_about(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"), row("K-002"))
        await trial.happened("K-002")
        found = await trial.fetch(
            "SELECT DISTINCT e.table_name FROM audit_participants AS p"
            " JOIN audit_entries AS e ON e.at = p.at AND e.id = p.entry_id"
            " WHERE p.study_id = $1 AND p.participant_id = $2",
            trial.study_id,
            trial.participants["K-002"],
        )
        assert {"participants", "consents", "contact_points", "events", "visits"} <= {
            table for (table,) in found
        }
        last = await last_entry(trial.operator, "visits")
        about = await trial.fetch(
            "SELECT participant_id FROM audit_participants WHERE entry_id = $1", last["id"]
        )
        assert about == [(trial.participants["K-002"],)]


async def test_what_is_about_a_participant_is_found_by_index_newest_first(
    owner: asyncpg.Connection,
) -> None:
    await owner.execute("SET enable_seqscan = off")
    plan = "\n".join(
        line
        for (line,) in await owner.fetch(
            "EXPLAIN SELECT e.* FROM pro.audit_participants AS p"
            " JOIN pro.audit_entries AS e ON e.at = p.at AND e.id = p.entry_id"
            " WHERE p.study_id = '00000000-0000-7000-8000-000000000001'"
            " AND p.participant_id = '00000000-0000-7000-8000-000000000001'"
            " ORDER BY p.entry_id DESC LIMIT 50"
        )
    )
    assert "Sort" not in plan
    assert "Scan Backward using audit_participants_pkey" in plan


@pytest.fixture
def sql_of_format_1(tmp_path: Path) -> Path:
    """`sql/` as it was before format 2."""
    folder = tmp_path / "sql"
    shutil.copytree(sql_folder() / "migrations", folder / "migrations")
    for path in (folder / "migrations").iterdir():
        if path.name > LAST_OF_FORMAT_1:
            path.unlink()
    shutil.copy(sql_folder() / "roles.sql", folder)
    return folder


async def _each_change_is_found(url: str, owner: asyncpg.Connection, sealer: Sealer) -> None:
    """Change rows that entries of format 1 describe, and see each told."""
    # Of three rows one statement wrote, one was never touched since, two were, and one again.
    for code, entry in (("K-1", 5), ("K-2", 3)):
        swap = "UPDATE pro.participants SET zone = 'UTC' WHERE code = '{}' RETURNING id::text"
        one = await tamper(url, swap.format(code))
        found = [str(each) for each in (await record.verify(owner, sealer.keys.public)).faults]
        assert (
            f"row {one} of participants: not what entry {entry} says: changed without the audit"
            in found
        )
    rows = await tamper(
        url,
        "UPDATE pro.statuses SET reason = 'none' WHERE right(id::text, 1) = '2'",
        "SELECT string_agg(id::text, ', ' ORDER BY id) FROM pro.statuses",
    )
    found = [str(each) for each in (await record.verify(owner, sealer.keys.public)).faults]
    assert (
        f"one of the rows {rows} of statuses: not what entry 4 says: changed without the audit"
        in found
    )


async def test_seals_and_digests_of_format_1_hold_after_the_migration(
    empty_database_url: str, sql_of_format_1: Path
) -> None:
    plain = await asyncpg.connect(empty_database_url)
    await migrate(plain, folder=sql_of_format_1)
    owner = await connect(empty_database_url, role="pro_owner", actor="cli:test")
    try:
        await owner.execute("SET pro.reason = 'new codes'")
        for statement in LIVED.strip().removesuffix(";").split(";"):
            await owner.execute(statement)
        texts = await owner.fetch(
            "SELECT to_jsonb(e)::text AS entry FROM pro.audit_entries AS e ORDER BY id"
        )
        await nothing_holds_back(owner)
        assert await owner.fetchval("SELECT pro.seal_audit()") == len(texts) == 5
        await migrate(plain, kind="validation")
        assert texts == await owner.fetch(
            "SELECT entry FROM pro.entries_to_seal(1, '0', pg_snapshot_xmax(pg_current_snapshot()))"
            " WHERE id <= 5 ORDER BY id"
        )
        about = await owner.fetch(
            "SELECT right(participant_id::text, 1), array_agg(entry_id ORDER BY entry_id)"
            " FROM pro.audit_participants WHERE entry_id <= 5 GROUP BY 1 ORDER BY 1"
        )
        assert [tuple(each) for each in about] == [
            ("1", [3, 4, 5]),
            ("2", [3, 4]),
            ("3", [3, 4, 5]),
        ]

        await owner.execute("UPDATE pro.participants SET personal_code = 'R' WHERE code = 'K-3'")
        assert (await last_entry(owner, "participants"))["format"] == 2
        sealer = Sealer(SigningRing.generate())
        await nothing_holds_back(owner)
        assert await record.seal(owner, sealer) > 0
        chain = await owner.fetch("SELECT * FROM pro.audit_seals ORDER BY id")
        assert chain[1]["previous_sha256"] == chain[0]["sha256"]
        assert (await record.verify(owner, sealer.keys.public)).faults == []

        await _each_change_is_found(empty_database_url, owner, sealer)
    finally:
        await owner.close()
        await plain.close()
