"""Who wrote what: one entry a statement, with old and new."""

from __future__ import annotations

import hashlib
from typing import Any

import asyncpg
import pytest

from pro_service.domain.study.facts import Status
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
                f"SELECT sha256(convert_to(jsonb_build_array({values})::text, 'UTF8'))"
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
