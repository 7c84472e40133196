"""Entries whose words were moved: what is found when somebody uses the move to hide a change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg
import pytest

from pro_service.services.record import Moved, export_audit, move_words, verify_file
from pro_service.services.record.moving import list_unlike
from pro_service.store.connection import transaction
from tests.support.audit import Audit, owner_of, tamper
from tests.support.command import Commands
from tests.support.record.words import places_of, spoken
from tests.support.study import Trial, open_trial

WORDS: Final = 'Rang her: "four, or 5.50" said Ärztin 李'
PIECE: Final = "or 5.50"
"""What stands alike in text and in JSON."""
OWNER_WRITES: Final = (
    "SELECT set_config('pro.reason', 'WORDS', false)",
    "UPDATE pro.alerts SET acted_at = pro.now(), acted_by = 'staff:anna', action = 'WORDS'",
    "INSERT INTO pro.call_tasks (study_id, id, participant_id, reason, created_at, actor)"
    " SELECT study_id, gen_random_uuid(), id, 'no_answer', pro.now(), 'service:worker'"
    " FROM pro.participants",
    "UPDATE pro.call_tasks SET closed_at = pro.now(), closed_by = 'staff:anna',"
    " outcome = 'reached: WORDS'",
    "INSERT INTO pro.events"
    " (study_id, id, participant_id, kind, ordinal, occurred_at, actor, reason)"
    " SELECT study_id, gen_random_uuid(), id, 'surgery', 1, pro.now(), 'cli:eve', 'WORDS'"
    " FROM pro.participants WHERE code = 'K-001'",
)


@pytest.fixture
async def audit(database_url: str) -> AsyncIterator[Audit]:
    """A trial with words in the clear, as an older release left them; all of it sealed."""
    async with open_trial(database_url) as trial:
        audit = Audit(trial)
        await audit.live()
        owner = await owner_of(trial.url)
        try:
            for statement in OWNER_WRITES:
                await owner.execute(statement.replace("WORDS", WORDS))
        finally:
            await owner.close()
        await audit.seal_everything()
        yield audit


@pytest.fixture
async def owner(audit: Audit) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """The schema's owner."""
    connection = await owner_of(audit.trial.url)
    yield connection
    await connection.close()


async def test_the_chain_holds_before_and_after_the_move(
    audit: Audit, owner: asyncpg.Connection[asyncpg.Record], tmp_path: Path
) -> None:
    trial: Trial = audit.trial
    assert await audit.faults() == []
    before = await places_of(owner, [PIECE])
    assert {"alerts.action", "audit_entries_rest.changes", "audit_entries_rest.reason"} <= set(
        before
    )
    moved = await move_words(owner, trial.context.keys.vault)
    assert moved.rows >= 1 + 2 + 1
    assert moved.left == 0
    assert await places_of(owner, [PIECE]) == {}
    await audit.seal_everything()
    assert await audit.faults() == []
    assert await list_unlike(owner, trial.context.keys.vault) == []
    exported = tmp_path / "audit.jsonl"
    await export_audit(trial.operator, exported)
    assert PIECE not in exported.read_text("utf-8")
    verdict = verify_file(exported, audit.sealer.keys.public)
    assert (verdict.faults, verdict.seals > 3) == ([], True)
    outcome = await trial.fetchval("SELECT outcome FROM call_tasks ORDER BY id LIMIT 1")
    assert await spoken(trial.operator, trial.context, outcome) == f"reached: {WORDS}"
    actor = await trial.fetchval("SELECT string_agg(DISTINCT actor, ',' ORDER BY actor) FROM notes")
    assert set(actor.split(",")) <= {"staff:anna", "cli:eve", "cli:test"}


async def test_a_moved_entry_that_is_changed_afterwards_is_found(
    audit: Audit, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    await move_words(owner, audit.trial.context.keys.vault)
    await audit.seal_everything()
    entry = await tamper(
        audit.trial.url,
        "UPDATE pro.audit_entries SET actor = 'staff:nobody' WHERE id ="
        " (SELECT min(entry_id) FROM pro.audit_moved)",
        "SELECT min(entry_id) FROM pro.audit_moved",
    )
    faults = await audit.faults()
    assert faults == [f"entry {entry}: not what it was left as when its words were moved"]


async def test_a_hash_of_a_move_that_is_changed_is_found(
    audit: Audit, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    await move_words(owner, audit.trial.context.keys.vault)
    await audit.seal_everything()
    row: UUID = await tamper(
        audit.trial.url,
        "UPDATE pro.audit_moved SET after_sha256 = sha256('x') WHERE entry_id ="
        " (SELECT min(entry_id) FROM pro.audit_moved)",
        "SELECT id FROM pro.audit_moved ORDER BY entry_id LIMIT 1",
    )
    assert any(f"row {row} of audit_moved" in fault for fault in await audit.faults())


async def test_a_change_that_is_called_a_move_is_found_with_the_keys(
    audit: Audit, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    """The owner moves by the program's own functions, triggers and all, and puts in other words."""
    trial = audit.trial
    await move_words(owner, trial.context.keys.vault)
    one = await owner.fetchrow(
        "SELECT e.id AS entry_id, e.at, e.study_id, p.participant_id, e.changes"
        " FROM pro.audit_entries AS e JOIN pro.audit_participants AS p ON p.entry_id = e.id"
        " WHERE e.table_name = 'alerts' AND e.operation = 'UPDATE'"
        " AND e.id NOT IN (SELECT m.entry_id FROM pro.audit_moved AS m) LIMIT 1"
    )
    assert one is not None
    ((row, _),) = one["changes"].items()
    forged = {
        **{name: str(one[name]) for name in ("entry_id", "at", "study_id", "participant_id")},
        "id": str(UUID(int=7)),
        "said": [{"path": [row, "new", "seen_by"], "text": "somebody else"}],
    }
    await owner.execute("SELECT pro.move_words_of_entries($1)", [forged])
    await audit.seal_everything()
    assert await audit.faults() == []
    assert await list_unlike(owner, trial.context.keys.vault) == [one["entry_id"]]


async def test_the_move_waits_for_nobody_and_makes_nobody_wait(
    audit: Audit, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    trial = audit.trial
    other = await owner_of(trial.url)
    try:
        async with transaction(other):
            await other.execute("UPDATE pro.alerts SET seen_by = 'staff:bea'")
            moving = asyncio.create_task(move_words(owner, trial.context.keys.vault))
            await asyncio.sleep(1.2)
            assert not moving.done()
            assert await trial.fetchval("SELECT count(*) FROM notes") == 0
        assert (await moving).rows >= 4
    finally:
        await other.close()
    assert await move_words(owner, trial.context.keys.vault) == Moved()


async def test_without_the_key_the_words_stay_and_are_counted(
    audit: Audit, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    await owner.execute(
        "DELETE FROM pro.data_keys AS k USING pro.participants AS p"
        " WHERE p.id = k.participant_id AND p.code = 'K-002'"
    )
    vault = audit.trial.context.keys.vault
    assert (await move_words(owner, vault)).left == 1
    assert (await move_words(owner, vault)).left == 1
    assert await owner.fetchval("SELECT count(*) FROM pro.word_moves") == 0


async def test_migrate_says_what_is_left_without_the_keys(
    audit: Audit, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    commands = Commands(audit.trial.url)
    keyless: dict[str, str | None] = {
        f"PRO_{name}_KEYS": None for name in ("VAULT", "INDEX", "LINK")
    }
    done = await commands.call("migrate", environment=keyless)
    assert done.code == 0, done.err
    assert "about 2 participant(s) still stands in the clear" in done.out
    await move_words(owner, audit.trial.context.keys.vault)
    for environment in (keyless, {}):
        done = await commands.call("migrate", environment=environment)
        assert (done.code, "Words" in done.out, "clear" in done.out) == (0, False, False)
