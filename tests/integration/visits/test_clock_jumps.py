"""The machine's clock jumps an hour, summer time begins: nothing is missed, nothing doubled.

No clock of this machine is moved. Machine time that goes back an hour is the same as everything
kept an hour later, and study time is machine time plus an offset.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from pro_service.domain.study.facts import Status
from pro_service.domain.study.statuses import standing
from pro_service.store import ids
from pro_service.store.texting import sending
from tests.integration.keeping.restored import work
from tests.support.command import commands_with
from tests.support.databases import clone
from tests.support.study import Trial, open_trial, row

NEW_YORK = "America/New_York"
HOUR = timedelta(hours=1)
KEPT_BY_MACHINE_TIME = {
    "messages": ("lease_until", "retry_at"),
    "sender_paces": ("free_at",),
    "paces": ("free_at",),
    "provider_pushes": ("lease_until",),
}
SENT = (
    "SELECT p.code, v.definition, v.occurrence, r.ordinal FROM reminders AS r"
    " JOIN visits AS v ON v.study_id = r.study_id AND v.id = r.visit_id"
    " JOIN participants AS p ON p.study_id = r.study_id AND p.id = r.participant_id"
    " WHERE r.message_id IS NOT NULL"
)
HAPPENED = "kind = 'injection' AND occurred_at IS NOT NULL"
OVERDUE = "ended_at IS NULL AND due_at <= pro.now()"


async def jump(trial: Trial, by: timedelta) -> None:
    """Let the machine's clock jump."""
    for table, columns in KEPT_BY_MACHINE_TIME.items():
        moved = ", ".join(f"{column} = {column} - $1::interval" for column in columns)
        await trial.owner_does(f"UPDATE pro.{table} SET {moved}", by)
    await trial.owner_does("UPDATE pro.study_clock SET ahead = ahead + $1::interval", by)


async def live(trial: Trial, jumps: Callable[[int], timedelta]) -> Counter[tuple[object, ...]]:
    """Fifteen weeks, from one nudge to the next; after some the clock jumps. What was sent."""
    await trial.enrol(row("K-001"), row("K-002", zone=NEW_YORK))
    ends = await trial.now() + timedelta(days=105)
    injected = await trial.now() + timedelta(days=8)
    for step in range(400):
        now = await trial.now()
        if now >= ends:
            break
        due = await trial.fetchval("SELECT min(due_at) FROM reminders WHERE ended_at IS NULL")
        stops = (due, now + timedelta(days=2), injected if now < injected else None)
        await trial.move(min(stop for stop in stops if stop is not None))
        if await trial.now() >= injected and await trial.count("events", HAPPENED) == 0:
            for code in trial.participants:
                await trial.happened(code)
        await jump(trial, jumps(step))
        await work(trial)
        assert await trial.count("reminders", OVERDUE) == 0, step
    assert await trial.provider.doubles() == 0
    assert await trial.count("messages", "state IN ('queued', 'sending', 'ambiguous')") == 0
    return Counter(await trial.fetch(SENT))


def now_and_then(step: int) -> timedelta:
    """An hour ahead, put right three steps later, behind, put right again: and so on."""
    return {2: HOUR, 5: -HOUR, 8: -HOUR, 11: HOUR}.get(step % 12, timedelta(0))


@pytest.fixture
def other_url(server_url: str, template_database: str) -> Iterator[str]:
    """A second database, for the same weeks under a clock that jumps."""
    with clone(server_url, template_database) as url:
        yield url


@pytest.mark.thorough
async def test_nothing_is_missed_or_doubled_when_the_clock_jumps_and_in_summer_time(
    database_url: str, other_url: str
) -> None:
    async with open_trial(database_url) as trial:
        undisturbed = await live(trial, lambda _: timedelta(0))
        began = datetime(2026, 3, 8, 7, tzinfo=UTC)  # summer time, in New York
        sent = await trial.fetch(
            "SELECT m.claimed_at FROM messages AS m JOIN participants AS p"
            " ON p.id = m.participant_id WHERE p.code = 'K-002' AND m.kind = 'reminder'"
        )
        assert {at >= began for (at,) in sent} == {True, False}
        # At the hour people were promised, by their own clocks, on both sides of it.
        due = await trial.fetch(
            "SELECT r.due_at FROM reminders AS r JOIN participants AS p"
            " ON p.id = r.participant_id WHERE p.code = 'K-002' AND r.ordinal = 1"
        )
        before, after = (
            {at.astimezone(ZoneInfo(NEW_YORK)).time() for (at,) in due if (at >= began) is late}
            for late in (False, True)
        )
        assert after
        assert after <= before
    async with open_trial(other_url) as trial:
        assert await live(trial, now_and_then) == undisturbed
    assert max(undisturbed.values()) == 1
    assert undisturbed.total() > 10


async def test_a_sender_goes_on_at_once_where_the_clock_went_back(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.ask()
        message = await trial.fetchval("SELECT id FROM messages")

        async def take_turn() -> timedelta | None:
            return await sending.claim_turn(
                *(trial.pools.worker, trial.study_id, message),
                per_second=1.0,
                patience=timedelta(seconds=5),
            )

        assert await take_turn() == timedelta(0)
        await jump(trial, -HOUR)
        assert await take_turn() == timedelta(0)
        # One that is busy is still waited for, and left alone once that takes too long.
        waits = [await take_turn() for _ in range(8)]
        assert waits[0] is not None
        assert timedelta(0) < waits[0] <= timedelta(seconds=1)
        assert waits[-1] is None


@pytest.fixture
def _own_floor() -> Iterator[None]:
    """What this test says of ids ends with it."""
    before = ids._Floor.at
    yield
    ids._Floor.at = before


@pytest.mark.usefixtures("_own_floor")
def test_ids_sort_behind_those_of_an_hour_that_never_was() -> None:
    ahead = ids.made_at(ids.new_id()) + HOUR
    ids.make_behind(ahead)
    ids.make_behind(ahead - HOUR)
    made = [ids.new_id() for _ in range(100)]
    assert made == sorted(made)
    assert len(set(made)) == 100
    assert ids.made_at(made[0]) > ahead
    assert {one.version for one in made} == {7}


@pytest.mark.usefixtures("_own_floor")
async def test_the_latest_word_holds_though_the_clock_was_ahead_when_the_one_before_was_said(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        ids.make_behind(ids.made_at(ids.new_id()) + HOUR)
        await trial.status("K-001", Status.active)
        ids._Floor.at = 0  # the clock is put right, and another process begins
        await trial.owner_does("ALTER TABLE audit_entries DISABLE TRIGGER USER")
        await trial.owner_does("UPDATE audit_entries SET at = at + interval '1 hour'")
        await trial.owner_does("ALTER TABLE audit_entries ENABLE TRIGGER USER")
        await trial.enrol(row("K-002"))  # Something is written before anybody begins anew.
        commands = commands_with(trial.url, trial.context.keys.vault)
        words = ("participant", "status", "K-001", "withdrew_follow_up", "--reason", "said so")
        done = commands.run(*words)
        assert done.code == 0, done.err
        facts = await trial.facts("K-001")
        assert standing(facts.statuses, facts.now).status is Status.withdrew_follow_up
