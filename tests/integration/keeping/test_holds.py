"""While sending is held nothing is claimed, whoever asks; study time and everything else go on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest

from pro_service.services import rounds
from pro_service.services.texting import remind
from pro_service.store.keeping import holds
from tests.support.study import Trial, open_trial, row


@pytest.fixture
async def held(database_url: str, owner: asyncpg.Connection) -> AsyncIterator[Trial]:
    """A participant with a nudge due and a text queued, while sending is held."""
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"), row("K-002"))
        trial.faults.next_sends.append("429")
        await trial.ask()
        await holds.insert_hold(owner, "restored", None, "cli:test")
        await trial.owner_does("UPDATE reminders SET due_at = pro.now() WHERE ended_at IS NULL")
        yield trial


async def test_nothing_is_claimed_while_sending_is_held(held: Trial) -> None:
    before = await held.fetch("SELECT id, state, tries FROM messages ORDER BY id")
    assert ("queued",) in [(state,) for _, state, _ in before]
    assert await held.remind() == 0
    assert await held.retry_now() == 0
    await held.provider.drain()
    assert await held.fetch("SELECT id, state, tries FROM messages ORDER BY id") == before


async def test_the_claim_itself_refuses(held: Trial) -> None:
    """Also where a due nudge was listed before the hold began."""
    due = await held.count("reminders", "ended_at IS NULL")
    claims = held.pools.worker
    for code in ("K-001", "K-002"):
        await held.owner_does("UPDATE messages SET claimed_at = claimed_at - interval '3 days'")
        with pytest.raises(asyncpg.PostgresError, match="sending is held"):
            await remind(claims, held.context, held.study_id, held.participants[code])
    assert await held.count("reminders", "ended_at IS NULL") == due
    assert await held.count("messages", "state = 'sending'") == 0


async def test_safety_follow_up_goes_on_by_call(held: Trial) -> None:
    """Nothing that stops texts stops it (R1)."""
    await held.happened("K-001")
    await held.move(timedelta(days=1, hours=12))
    assert await rounds.call_round(held.pools.worker, held.context) > 0
    reasons = await held.fetch("SELECT DISTINCT reason FROM call_tasks")
    assert ("safety_unanswered",) in reasons
