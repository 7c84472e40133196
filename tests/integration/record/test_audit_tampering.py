"""What the database's owner can do to the record without the signing key, and how each is found."""

from __future__ import annotations

from tests.support.audit import Audit, tamper

SOME_ENTRY = "(SELECT max(id) FROM pro.audit_entries WHERE table_name = 'visits')"
RECOMPUTE = """
DO $$
DECLARE
    one pro.audit_seals;
    previous bytea := '\\x';
    again record;
BEGIN
    FOR one IN SELECT * FROM pro.audit_seals ORDER BY id LOOP
        SELECT * INTO again FROM pro.seal_content(
            coalesce(one.generation, 1), one.first_xact_id, one.below_xact_id, previous);
        UPDATE pro.audit_seals SET previous_sha256 = previous, sha256 = again.sha256,
            entry_ids = again.entry_ids, entry_marks = again.entry_marks WHERE id = one.id;
        previous := again.sha256;
    END LOOP;
END
$$
"""


async def test_what_nobody_touched_is_whole(audit: Audit) -> None:
    verdict = await audit.verify()
    assert verdict.faults == []
    assert verdict.seals >= 2
    assert verdict.entries > 10
    assert verdict.tables > 30
    assert verdict.unsealed == 0


async def test_a_changed_entry_is_named_with_its_seal(audit: Audit) -> None:
    entry = await tamper(
        audit.trial.url,
        f"UPDATE pro.audit_entries SET actor = 'somebody else' WHERE id = {SOME_ENTRY}"
        " RETURNING id",
    )
    seal = await audit.trial.fetchval(
        "SELECT id FROM audit_seals WHERE $1 = ANY (entry_ids)", entry
    )
    assert await audit.faults() == [
        f"seal {seal}: its hash does not follow from the entries it covers",
        f"entry {entry} about visits, in seal {seal}: it is not what was sealed",
    ]


async def test_a_removed_entry_is_named_with_its_seal_and_its_rows(audit: Audit) -> None:
    entry = await tamper(
        audit.trial.url,
        "DELETE FROM pro.audit_entries WHERE table_name = 'consents' AND operation = 'INSERT'"
        " AND id = (SELECT max(id) FROM pro.audit_entries WHERE table_name = 'consents')"
        " RETURNING id",
    )
    consent = await audit.trial.fetchval("SELECT max(id::text) FROM consents")
    found = await audit.faults()
    assert any(f"entry {entry}, in seal" in words and "is gone" in words for words in found)
    assert f"row {consent} of consents: there without any entry of the audit" in found


async def test_an_entry_slipped_in_below_a_seal_is_named(audit: Audit) -> None:
    entry = await tamper(
        audit.trial.url,
        "INSERT INTO pro.audit_entries (xact_id, table_name, operation, row_count, row_ids, digest,"
        " actor) SELECT max(xact_id), 'consents', 'INSERT', 0, '[]', '', 'x' FROM pro.audit_entries"
        " RETURNING id",
    )
    seal = (await audit.head()).content.id
    found = await audit.faults()
    assert (
        f"entry {entry} about consents, in seal {seal}: it was not there when the seal was made"
        in (found)
    )


async def test_a_changed_row_is_named_with_the_entry_that_describes_it(audit: Audit) -> None:
    row = await tamper(
        audit.trial.url, "UPDATE pro.responses SET value = value + 1 RETURNING id::text"
    )
    entry = await audit.trial.fetchval(
        "SELECT max(id) FROM audit_entries WHERE table_name = 'responses' AND row_ids ? $1", row
    )
    assert await audit.faults() == [
        f"row {row} of responses: not what entry {entry} says: changed without the audit"
    ]


async def test_a_removed_row_is_named_with_the_entry_that_describes_it(audit: Audit) -> None:
    row = await tamper(audit.trial.url, "DELETE FROM pro.responses RETURNING id::text")
    found = await audit.faults()
    assert len(found) == 1
    assert found[0].startswith(f"row {row} of responses: gone, though entry ")


async def test_a_removed_alert_is_named(audit: Audit) -> None:
    """It was seen after it was raised: the entry of its last change misses it."""
    row = await tamper(audit.trial.url, "DELETE FROM pro.alerts RETURNING id::text")
    entry = await audit.trial.fetchval(
        "SELECT max(id) FROM audit_entries WHERE table_name = 'alerts'"
    )
    assert await audit.faults() == [f"row {row} of alerts: gone, though entry {entry} describes it"]


async def test_a_back_dated_consent_is_named(audit: Audit) -> None:
    row = await tamper(
        audit.trial.url,
        "UPDATE pro.consents SET signed_on = signed_on - 7 WHERE id = (SELECT max(id::text)::uuid"
        " FROM pro.consents) RETURNING id::text",
    )
    found = await audit.faults()
    assert len(found) == 1
    assert found[0].startswith(f"row {row} of consents: not what entry ")


async def test_a_row_slipped_in_without_an_entry_is_named(audit: Audit) -> None:
    row = await tamper(
        audit.trial.url,
        "INSERT INTO pro.statuses (study_id, id, participant_id, status, effective_at, actor)"
        " SELECT study_id, gen_random_uuid(), id, 'died', now(), 'x' FROM pro.participants LIMIT 1"
        " RETURNING id::text",
    )
    assert await audit.faults() == [f"row {row} of statuses: there without any entry of the audit"]


async def test_a_chain_made_anew_without_the_key_is_found_from_its_first_seal_on(
    audit: Audit,
) -> None:
    await tamper(
        audit.trial.url,
        "UPDATE pro.audit_entries SET actor = 'somebody else' WHERE id = 3",
        RECOMPUTE,
    )
    first = await audit.trial.fetchval("SELECT min(id) FROM audit_seals WHERE 3 = ANY (entry_ids)")
    last = (await audit.head()).content.id
    assert await audit.faults() == [
        f"seal {number}: its signature is not true" for number in range(first, last + 1)
    ]


async def test_a_chain_stripped_of_its_signatures_is_found(audit: Audit) -> None:
    await tamper(
        audit.trial.url,
        "UPDATE pro.audit_entries SET actor = 'somebody else' WHERE id = 3",
        RECOMPUTE,
        "UPDATE pro.audit_seals SET format = NULL, key_id = NULL, signature = NULL",
    )
    assert await audit.faults() == ["the seals: none of them is signed"]


async def test_newest_seals_and_entries_cut_off_are_found_by_a_kept_head(audit: Audit) -> None:
    head = await audit.head()
    await tamper(
        audit.trial.url,
        "DELETE FROM pro.alerts",
        "DELETE FROM pro.audit_entries WHERE table_name = 'alerts'",
        "DELETE FROM pro.audit_seals WHERE id = (SELECT max(id) FROM pro.audit_seals)",
    )
    assert await audit.faults() == []  # nothing inside the database says so
    found = await audit.faults(heads=[head])
    assert len(found) == 1
    assert found[0].startswith(f"kept head of seal {head.content.id}: the seal of ")
    assert "cut off" in found[0]


async def test_another_chain_in_place_of_the_kept_one_is_found(audit: Audit) -> None:
    """Even by whoever has the key: a head that was kept says what the seal was."""
    head = await audit.head()
    await tamper(
        audit.trial.url,
        "DELETE FROM pro.audit_seals WHERE id = (SELECT max(id) FROM pro.audit_seals)",
    )
    await audit.seal_everything()
    place = f"seal {head.content.id}: it is not the seal of this number whose head was kept"
    assert await audit.faults(heads=[head]) == [place]
