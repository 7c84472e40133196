"""Seals: what they cover, who signs them, where a generation begins."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from pro_service.domain.seals import Seal
from pro_service.services import record
from pro_service.services.record import Sealer
from pro_service.store.pools import connect
from pro_service.store.record import seals
from pro_service.vault.keys import KeyRing
from pro_service.vault.signing import PublicKeys, SigningRing
from tests.support.audit import Audit, tamper
from tests.support.study import open_trial, row


async def test_seals_cover_every_entry_once_and_follow_each_other(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        audit = Audit(trial)
        await trial.enrol(row("K-001"))
        await audit.seal_everything()
        await trial.enrol(row("K-002"))
        await audit.seal_everything()
        assert await audit.seal() == 0
        assert await trial.count("audit_seals") >= 2
        covered = await trial.fetchval("SELECT sum(entry_count) FROM audit_seals")
        assert covered == await trial.count("audit_entries")
        assert await audit.faults() == []


async def test_seals_hold_in_every_session_zone_and_output_style(
    database_url: str, owner: asyncpg.Connection
) -> None:
    async with open_trial(database_url) as trial:
        audit = Audit(trial)
        await audit.live()
        await owner.execute("SET TimeZone = 'Asia/Shanghai'")
        await owner.execute("SET bytea_output = 'escape'")
        assert (await record.verify(owner, audit.sealer.keys.public)).faults == []


async def test_entries_of_a_running_transaction_are_sealed_later_not_never(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        audit = Audit(trial)
        await trial.enrol(row("K-001"))
        slow = await connect(database_url, role="pro_worker", actor="test:slow")
        try:
            turn = slow.transaction()
            await turn.start()
            await slow.execute("UPDATE reminders SET due_at = due_at + interval '1 s'")
            await trial.enrol(row("K-002"))
            await audit.seal()
            await turn.commit()
        finally:
            await slow.close()
        await audit.seal_everything()
        assert await audit.faults() == []


async def test_what_is_more_than_one_seal_takes_is_sealed_by_several(database_url: str) -> None:
    """So that no seal needs an hour's patience (M6): whole transactions, the oldest first."""
    async with open_trial(database_url) as trial:
        for number in range(1, 5):
            await trial.enrol(row(f"K-00{number}"))
        audit = Audit(trial)
        worker, keys = trial.pools.worker, audit.sealer.keys
        entries = await trial.count("audit_entries")
        counts = []
        while (content := await seals.get_next_seal(worker, most=5)) is not None:
            signed = keys.sign(content.text(keys.key_id))
            assert await seals.record_seal(worker, Seal(content, 2, signed.key_id, signed.value))
            counts.append(content.entry_count)
        assert sum(counts) == entries
        assert len(counts) > 3
        assert all(count >= 5 for count in counts[:-1])
        assert await audit.faults() == []


async def test_two_workers_at_once_make_one_chain(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        audit = Audit(trial)
        other = Audit(trial, Sealer(SigningRing.generate()))
        for number in range(1, 4):
            await trial.enrol(row(f"K-00{number}"))
            await asyncio.gather(*(each.seal() for each in (audit, other) * 3))
        await audit.seal_everything()
        both = SigningRing(
            KeyRing(
                {**KeyRing.parse(audit.sealer.keys.reveal()).keys}
                | {**KeyRing.parse(other.sealer.keys.reveal()).keys}
            )
        )
        assert (await audit.verify(both.public)).faults == []


async def test_a_seal_of_something_else_than_what_is_there_is_not_stored(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        content = await seals.get_next_seal(trial.pools.worker)
        assert content is not None
        for wrong in (
            replace(content, sha256=b"x" * 32),
            replace(content, entry_count=content.entry_count + 1),
            replace(content, previous_sha256=b"x" * 32),
            replace(content, id=content.id + 1),
        ):
            assert not await seals.record_seal(trial.pools.worker, Seal(wrong, 2, "k", b"s" * 64))
        assert await seals.record_seal(trial.pools.worker, Seal(content, 2, "k", b"s" * 64))
        assert not await seals.record_seal(trial.pools.worker, Seal(content, 2, "k", b"s" * 64))


async def test_keys_rotate_with_overlap_and_a_lost_one_loses_nothing(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        first = Audit(trial)
        await first.live()
        fresh = SigningRing.generate()
        rotated = SigningRing.parse(f"{fresh.reveal()},{first.sealer.keys.reveal()}")
        second = Audit(trial, Sealer(rotated))
        await trial.enrol(row("K-003"))
        await second.seal_everything()
        assert (await second.head()).key_id == fresh.key_id != first.sealer.keys.key_id
        assert await second.faults() == []  # the public keys of both
        assert all("not given" in words for words in await first.faults())
        # The first private key is gone for good; its public half is in the binder.
        only_public = f"{first.sealer.keys.public}\n{fresh.public}\n"
        assert (await second.verify(PublicKeys.parse(only_public))).faults == []


async def test_a_new_generation_seals_what_the_former_left_and_begins_anew(
    database_url: str,
) -> None:
    """As after a restore: the new cluster's transactions are numbered below the restored ones."""
    async with open_trial(database_url) as trial:
        audit = Audit(trial)
        await audit.live()
        await trial.enrol(row("K-003"))  # not sealed when the backup was made
        assert await trial.fetchval("SELECT pro.begin_audit_generation('restored')") == 2
        await trial.enrol(row("K-004"))
        await audit.seal_everything()
        found = await trial.fetch(
            "SELECT DISTINCT s.generation, (SELECT g.after_entry_id FROM audit_generations g"
            " WHERE g.generation = 2) < ALL (s.entry_ids) FROM audit_seals s ORDER BY 1"
        )
        assert found == [(1, False), (2, True)]
        assert await audit.faults() == []


async def test_entries_of_a_restored_cluster_with_lower_transactions_are_sealed(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        audit = Audit(trial)
        await trial.enrol(row("K-001"))
        # Before they are sealed, as if they had been written by a cluster that counted far higher.
        await tamper(
            database_url,
            "UPDATE pro.audit_entries SET xact_id = (xact_id::text::bigint + 1000000)::text::xid8",
        )
        assert await audit.seal() == 0
        await trial.fetchval("SELECT pro.begin_audit_generation('restored')")
        await trial.enrol(row("K-002"))
        await audit.seal_everything()
        assert await audit.faults() == []
        generations = await trial.fetch("SELECT DISTINCT generation FROM audit_seals ORDER BY 1")
        assert generations == [(1,), (2,)]


async def test_each_head_is_logged_and_appended_to_the_file(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_trial(database_url) as trial:
        audit = Audit(trial, Sealer(SigningRing.generate(), tmp_path / "heads.jsonl"))
        with caplog.at_level(logging.INFO, "pro_service.record"):
            await audit.live()
        heads = list(record.read_heads(tmp_path / "heads.jsonl"))
        assert heads[-1] == await audit.head()
        assert [head.content.id for head in heads] == list(range(1, len(heads) + 1))
        assert [one.message for one in caplog.records].count("audit_sealed") == len(heads)
        assert await audit.faults(heads=heads) == []


async def test_sealing_goes_on_where_the_file_of_heads_cannot_be_written(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_trial(database_url) as trial:
        audit = Audit(trial, Sealer(SigningRing.generate(), tmp_path / "nowhere" / "heads.jsonl"))
        await trial.enrol(row("K-001"))
        await audit.seal_everything()
        assert "seal_head_not_written" in [one.message for one in caplog.records]
        assert await audit.faults() == []
