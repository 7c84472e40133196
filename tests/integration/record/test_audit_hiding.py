"""What an owner can do to hide a change from `audit verify` itself, and how each is found."""

from __future__ import annotations

import pytest

from tests.support.audit import Audit, tamper

CHANGE = "UPDATE pro.responses SET value = value + 1 RETURNING id::text"
LIE = (
    "INSERT INTO pro.audit_entries (format, list_version, xact_id, study_id, table_name, operation,"
    " row_count, row_ids, row_digests, digest, actor) SELECT 2, l.version, '{xact}', r.study_id,"
    " 'responses', 'UPDATE', 1, jsonb_build_array(r.id), ARRAY[d.digest], d.digest, 'x'"
    " FROM pro.responses AS r, (SELECT max(version) AS version FROM pro.audit_lists"
    " WHERE table_name = 'responses') AS l, LATERAL (SELECT"
    " sha256(convert_to(jsonb_build_array({columns})::text, 'UTF8')) AS digest) AS d RETURNING id"
)
SLIPPED = (
    "INSERT INTO pro.audit_entries (id, xact_id, table_name, operation, row_count, row_ids, digest,"
    " actor) OVERRIDING SYSTEM VALUE VALUES ({id}, '18446744073709551000', 'responses', 'UPDATE',"
    " 0, '[]', '', 'x') RETURNING id"
)


async def _lie(audit: Audit, xact: str) -> int:
    """Change an answer, and describe it anew by an entry of a transaction of one's choice."""
    columns = await audit.trial.fetchval(
        "SELECT string_agg('r.' || c.name, ', ' ORDER BY c.place) FROM audit_lists AS l,"
        " unnest(l.columns) WITH ORDINALITY AS c (name, place) WHERE l.table_name = 'responses'"
        " AND l.version = (SELECT max(version) FROM audit_lists WHERE table_name = 'responses')"
    )
    lie = LIE.format(xact=xact, columns=columns)
    entry: int = await tamper(
        audit.trial.url, CHANGE, "SET bytea_output = 'hex'", "SET TimeZone = 'UTC'", lie
    )
    return entry


async def test_an_entry_no_seal_will_ever_reach_is_named(audit: Audit) -> None:
    """Else it describes a changed row for ever, and is counted as not sealed yet."""
    entry = await _lie(audit, "18446744073709551000")
    found = await audit.faults()
    assert len(found) == 1
    assert found[0].startswith(f"entry {entry} about responses: it names a transaction")


@pytest.mark.parametrize("sign", [1, -1])
async def test_an_entry_slipped_behind_a_finished_generation_is_named(
    audit: Audit, sign: int
) -> None:
    await audit.trial.fetchval("SELECT pro.begin_audit_generation('restored')")
    await audit.trial.ask()
    await audit.seal_everything()
    columns = "SELECT max(id) FROM pro.audit_entries WHERE table_name = 'responses'"
    entry = await audit.trial.fetchval(columns)
    gap = await tamper(
        audit.trial.url,
        SLIPPED.format(id=sign * entry),
    )
    found = await audit.faults()
    assert found == [
        f"entry {gap} about responses: it stands in a generation that was sealed to its end,"
        " and no seal covers it"
    ]


async def test_a_table_whose_lists_were_removed_is_named(audit: Audit) -> None:
    await tamper(
        audit.trial.url, CHANGE, "DELETE FROM pro.audit_lists WHERE table_name = 'responses'"
    )
    assert await audit.faults() == [
        "table responses: the list of the columns its digests are over is gone from audit_lists"
    ]


async def test_a_list_that_leaves_out_a_column_is_named(audit: Audit) -> None:
    await tamper(
        audit.trial.url,
        "INSERT INTO pro.audit_lists (table_name, version, columns) SELECT table_name, version + 1,"
        " array_remove(columns, 'value') FROM pro.audit_lists WHERE table_name = 'responses'"
        " ORDER BY version DESC LIMIT 1",
    )
    assert await audit.faults() == [
        "table responses: its newest list in audit_lists does not name the column value"
    ]


@pytest.mark.parametrize("name", ["row_faults", "audit_digest_expression", "columns_of"])
async def test_a_function_that_verifying_asks_and_that_was_replaced_is_named(
    audit: Audit, name: str
) -> None:
    """A function that finds nothing is not a record in which nothing is to be found."""
    await tamper(
        audit.trial.url,
        "SET allow_system_table_mods = on",
        "UPDATE pg_proc SET prosrc = replace(prosrc, 'SELECT', 'SELECT ')"
        f" WHERE oid::regproc::text = 'pro.{name}'",
    )
    assert f"function pro.{name}: it is not the one this release made" in await audit.faults()


async def test_a_generation_that_was_removed_takes_no_seal_with_it(audit: Audit) -> None:
    await audit.trial.fetchval("SELECT pro.begin_audit_generation('restored')")
    await audit.trial.ask()
    await audit.seal_everything()
    seal = (await audit.head()).content.id
    await tamper(audit.trial.url, "DELETE FROM pro.audit_generations WHERE generation = 2")
    found = await audit.faults()
    assert f"seal {seal}: its signature is not true" in found


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE pro.audit_seals SET key_id = 'another' WHERE id = 2 RETURNING id",
        "UPDATE pro.audit_seals SET sealed_at = sealed_at + interval '1 s' WHERE id = 2",
        "UPDATE pro.audit_seals SET generation = NULL, format = NULL WHERE id = 2",
        "UPDATE pro.audit_generations SET after_entry_id = 5",
        "UPDATE pro.audit_entries SET at = at + interval '40 days' WHERE id = 4",
        "UPDATE pro.responses SET recorded_at = recorded_at - interval '1 day'",
        "UPDATE pro.contact_points SET address_sealed = address_sealed || '\\x00'::bytea",
        "UPDATE pro.sites SET name = name || ' 2'",
        "UPDATE pro.participant_sites SET valid_from = valid_from - interval '9 days'",
        "UPDATE pro.responses SET attempt_id = gen_random_uuid()",
        "DELETE FROM pro.sitting_responses",
        "UPDATE pro.participants SET code = code || 'x'",
    ],
)
async def test_small_changes_are_found(audit: Audit, change: str) -> None:
    await tamper(audit.trial.url, change)
    assert await audit.faults()


async def test_two_entries_that_changed_places_are_found(audit: Audit) -> None:
    await tamper(
        audit.trial.url,
        "ALTER TABLE pro.audit_entries ALTER COLUMN id DROP IDENTITY",
        "UPDATE pro.audit_entries SET id = CASE id WHEN 4 THEN 5 ELSE 4 END WHERE id IN (4, 5)",
    )
    found = await audit.faults()
    assert any(words.startswith("entry 4 ") for words in found)
    assert any(words.startswith("entry 5 ") for words in found)
