"""Who wrote what: one entry a statement, with old and new, sealed."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import asyncpg
import pytest

from pro_service.domain.study.facts import Status
from pro_service.store.base import operations
from pro_service.store.pools import connect
from tests.support.study import ACTOR, Trial, open_trial, row


async def entries(trial: Trial, table: str, operation: str) -> list[dict[str, Any]]:
    """Audit entries of one kind, oldest first."""
    found = await trial.operator.fetch(
        "SELECT * FROM audit_entries WHERE table_name = $1 AND operation = $2 ORDER BY id",
        table,
        operation,
    )
    return [dict(each) for each in found]


async def test_an_insert_leaves_one_entry_a_statement_with_ids_and_digest(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        found = await entries(trial, "visits", "INSERT")
        assert len(found) == 1
        ids = {str(one) for (one,) in await trial.fetch("SELECT id FROM visits")}
        assert set(found[0]["row_ids"]) == ids
        assert found[0]["row_count"] == len(ids)
        assert found[0]["actor"] == ACTOR
        assert found[0]["changes"] is None
        listed = await trial.operator.fetchval(
            "SELECT columns FROM audit_lists WHERE table_name = 'visits' AND version = $1",
            found[0]["list_version"],
        )
        values = ", ".join(f"v.{column}" for column in listed)
        digests = [
            digest
            for (digest,) in await trial.fetch(
                f"SELECT sha256(convert_to(jsonb_build_array({values})::text, 'UTF8'))"  # noqa: S608
                " FROM visits v ORDER BY v.id"
            )
        ]
        assert found[0]["row_digests"] == digests
        assert found[0]["digest"] == hashlib.sha256(b"".join(digests)).digest()


async def test_an_update_leaves_old_and_new_of_what_changed_only(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.happened("K-001", statuses=[Status.active])
        found = (await entries(trial, "visits", "UPDATE"))[0]
        one = found["row_ids"][0]
        assert found["changes"][one]["old"] == {"superseded_at": None, "superseded_reason": None}
        assert set(found["changes"][one]["new"]) == {"superseded_at", "superseded_reason"}
        assert found["changes"][one]["new"]["superseded_reason"] == "told by the site"


async def test_an_answer_leaves_its_author_in_the_audit(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.ask()
        await trial.says("K-001", "4")
        found = await entries(trial, "responses", "INSERT")
        assert [each["actor"] for each in found] == ["participant:K-001"]


async def test_no_audit_entry_holds_an_answer_or_a_number(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.ask()
        await trial.says("K-001", "words nobody else would use")
        everything = await trial.fetchval("SELECT string_agg(e::text, ' ') FROM audit_entries e")
        for secret in ("words nobody", trial.phones["K-001"]):
            assert secret not in everything
            assert secret.encode().hex() not in everything


async def test_a_write_without_an_actor_is_refused(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        connection = await connect(database_url, role="pro_worker", actor="test:worker")
        try:
            await connection.execute("SET pro.actor = ''")
            with pytest.raises(asyncpg.PostgresError, match="nobody is named"):
                await connection.execute("UPDATE reminders SET due_at = due_at + interval '1 s'")
            await connection.execute("SET pro.actor = 'somebody'")
            await connection.execute("UPDATE reminders SET due_at = due_at + interval '1 s'")
        finally:
            await connection.close()
        assert (await entries(trial, "reminders", "UPDATE"))[-1]["actor"] == "somebody"


async def test_a_change_that_needs_a_reason_is_refused_without_one(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        change = "UPDATE contact_points SET valid_to = pro.now() + interval '1 s'"
        with pytest.raises(asyncpg.PostgresError, match="needs a reason"):
            await trial.operator.execute(change)
        await trial.operator.execute("SET pro.reason = 'a new telephone'")
        await trial.operator.execute(change)
        found = (await entries(trial, "contact_points", "UPDATE"))[-1]
        assert found["reason"] == "a new telephone"


async def seal_everything(trial: Trial) -> None:
    """Seal until every entry is covered: a transaction anywhere on the server holds it back."""
    async with asyncio.timeout(120):
        while True:
            await operations.seal_audit(trial.pools.worker)
            covered = await trial.fetchval("SELECT coalesce(sum(entry_count), 0) FROM audit_seals")
            if covered == await trial.count("audit_entries"):
                return
            await asyncio.sleep(0.05)


async def first_seal_over(trial: Trial, *, updates: bool) -> int:
    """The number of the first seal that covers an update, or entry 3."""
    found: int = await trial.fetchval(
        "SELECT min(s.id) FROM audit_seals s JOIN audit_entries e"
        " ON e.xact_id >= s.first_xact_id AND e.xact_id < s.below_xact_id"
        " WHERE CASE WHEN $1 THEN e.operation = 'UPDATE' ELSE e.id = 3 END",
        updates,
    )
    return found


async def test_seals_follow_from_the_entries_they_cover(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await seal_everything(trial)
        await trial.enrol(row("K-002"))
        await seal_everything(trial)
        assert await operations.seal_audit(trial.pools.worker) == 0
        assert await trial.count("audit_seals") >= 2
        covered = await trial.fetchval("SELECT sum(entry_count) FROM audit_seals")
        assert covered == await trial.count("audit_entries")
        assert await operations.list_broken_seals(trial.operator) == []


async def test_seals_hold_in_every_session_zone_and_output_style(
    database_url: str, owner: asyncpg.Connection
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await operations.seal_audit(trial.pools.worker)
        await owner.execute("SET TimeZone = 'Asia/Shanghai'")
        await owner.execute("SET bytea_output = 'escape'")
        assert await operations.list_broken_seals(owner) == []


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE pro.audit_entries SET actor = 'somebody else' WHERE id = 3",
        "DELETE FROM pro.audit_entries WHERE id = 3",
        "UPDATE pro.audit_entries SET changes = '{}' WHERE operation = 'UPDATE'",
    ],
)
async def test_a_tampered_entry_breaks_its_seal(database_url: str, tampering: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.happened("K-001", statuses=[Status.active])
        await seal_everything(trial)
        await trial.enrol(row("K-002"))
        await seal_everything(trial)
        seal = await first_seal_over(trial, updates="'UPDATE'" in tampering)
        superuser = await asyncpg.connect(database_url)
        try:
            await superuser.execute("SET session_replication_role = replica")
            await superuser.execute(tampering)
        finally:
            await superuser.close()
        assert (await operations.list_broken_seals(trial.operator))[0] == seal


async def test_an_entry_slipped_in_below_a_seal_breaks_it(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await seal_everything(trial)
        seal = await trial.fetchval("SELECT max(id) FROM audit_seals")
        superuser = await asyncpg.connect(database_url)
        try:
            await superuser.execute(
                "INSERT INTO pro.audit_entries (xact_id, table_name, operation, row_count, row_ids,"
                " digest, actor) SELECT max(xact_id), 'responses', 'INSERT', 1, '[]', '', 'x'"
                " FROM pro.audit_entries"
            )
        finally:
            await superuser.close()
        assert await operations.list_broken_seals(trial.operator) == [seal]


async def test_entries_of_a_running_transaction_are_sealed_later_not_never(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        slow = await connect(database_url, role="pro_worker", actor="test:slow")
        try:
            turn = slow.transaction()
            await turn.start()
            await slow.execute("UPDATE reminders SET due_at = due_at + interval '1 s'")
            await trial.enrol(row("K-002"))
            await operations.seal_audit(trial.pools.worker)
            await turn.commit()
        finally:
            await slow.close()
        await seal_everything(trial)
        assert await operations.list_broken_seals(trial.operator) == []
