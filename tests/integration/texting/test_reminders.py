"""Reminders: what is due goes once, and nothing goes after its reason has gone."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from pro_service.domain.delivery.channels import ChannelRules
from pro_service.domain.study.facts import EventKind, Status
from pro_service.services import rounds
from pro_service.services.texting.opt_outs import opt_out_by_staff
from pro_service.store.base import participants
from pro_service.store.connection import Guard, StaleRevisionError
from pro_service.store.pools import open_pools
from pro_service.store.texting import reminders
from pro_service.store.texting.reminders import ClaimWrite
from tests.support.study import ACTOR, SENDER, ZONE, add_site, open_trial, phone, row
from tests.support.web import browsing, open_questions

QUIET_FROM, QUIET_UNTIL = time(20, 30), time(8, 30)


async def test_a_due_reminder_goes_once_in_the_evening(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        due_at = await trial.move_to_next_nudge()
        assert due_at.astimezone(ZoneInfo(ZONE)).time() == time(18, 30)
        assert await trial.remind() == 1
        assert await trial.remind() == 0
        texts = await trial.texts("K-001")
        assert len(texts) == 1
        assert "pain" in texts[0]
        ended = await trial.fetch(
            "SELECT end_reason, message_id IS NOT NULL FROM reminders WHERE ended_at IS NOT NULL"
        )
        assert ended == [("sent", True)]


async def test_one_text_bundles_what_is_due(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.happened("K-001", statuses=[Status.active])
        # Whatever the protocol says, two visits fall due at once.
        await trial.owner_does(
            "UPDATE reminders SET due_at = pro.now() WHERE id IN (SELECT r.id FROM reminders r"
            " JOIN visits v ON v.id = r.visit_id WHERE v.definition IN ('safety_1', 'safety_3')"
            " AND r.ended_at IS NULL)"
        )
        await trial.owner_does(
            "UPDATE visits SET opens_at = pro.now() - interval '1 hour' WHERE superseded_at IS NULL"
            " AND definition IN ('safety_1', 'safety_3')"
        )
        await trial.remind()
        assert len(await trial.texts("K-001")) == 1
        linked = await trial.fetch(
            "SELECT count(*), count(DISTINCT message_id) FROM reminders WHERE end_reason = 'sent'"
        )
        assert linked == [(2, 1)]


async def test_two_workers_at_once_send_each_reminder_once(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(*(row(f"K-{n:03}") for n in range(30)))
        await trial.move_to_next_nudge()
        async with await open_pools(database_url, roles=["worker"]) as other:
            await asyncio.gather(
                *(
                    rounds.remind_round(pool, trial.context)
                    for pool in (trial.pools.worker, other.worker, other.worker)
                )
            )
        counts = [len(await trial.texts(f"K-{n:03}")) for n in range(30)]
        assert counts == [1] * 30
        assert await trial.count("messages") == 30


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (Status.paused, "paused"),
        (Status.withdrew_follow_up, "withdrew_follow_up"),
        (Status.stopped_questionnaires, "stopped_questionnaires"),
    ],
)
async def test_nothing_goes_after_a_status_that_stops_messages(
    database_url: str, status: Status, reason: str
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.status("K-001", status)
        await trial.ask()
        assert await trial.texts("K-001") == []
        assert (
            await trial.fetchval("SELECT end_reason FROM reminders WHERE ended_at IS NOT NULL")
            == reason
        )


async def test_nothing_goes_after_death_and_later_reminders_end_for_it(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.happened("K-001", statuses=[Status.active])
        await trial.owner_does(
            "INSERT INTO call_tasks (study_id, id, participant_id, visit_id, reason, created_at,"
            " actor) SELECT study_id, gen_random_uuid(), participant_id, id, 'closing_soon',"
            " pro.now(), 'test' FROM visits WHERE definition = 'safety_1' AND superseded_at IS NULL"
        )
        await trial.happened("K-001", EventKind.death, statuses=[Status.died])
        assert await trial.count("call_tasks", "closed_at IS NULL") == 0
        await trial.move(timedelta(days=500))
        while await trial.remind():
            pass
        assert await trial.texts("K-001") == []
        open_left = await trial.count("reminders", "ended_at IS NULL")
        reasons = await trial.fetch(
            "SELECT DISTINCT end_reason FROM reminders WHERE end_reason <> 'rescheduled'"
        )
        assert (open_left, reasons) == (0, [("died",)])


async def test_nothing_goes_after_an_opt_out_by_staff(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"), row("K-002", phone=phone(1)))
        await opt_out_by_staff(trial.who("K-001"), ACTOR, "asked on the telephone")
        await trial.ask()
        assert await trial.texts("K-001") == []
        reasons = await trial.fetch("SELECT end_reason FROM reminders WHERE ended_at IS NOT NULL")
        assert reasons == [("opted_out",), ("opted_out",)]


async def test_without_consent_to_messages_the_reason_is_recorded(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001", messaging_consent="no"))
        await trial.ask()
        assert await trial.texts("K-001") == []
        assert (
            await trial.fetchval("SELECT end_reason FROM reminders WHERE ended_at IS NOT NULL")
            == "no_consent"
        )


async def test_a_worker_that_wakes_in_quiet_hours_waits_for_the_next_evening(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        due_at = await trial.move_to_next_nudge()
        await trial.move(timedelta(hours=5))
        await trial.remind()
        assert await trial.texts("K-001") == []
        later = await trial.fetchval("SELECT due_at FROM reminders WHERE ended_at IS NULL")
        assert later == due_at + timedelta(days=1)


async def test_no_text_ever_goes_in_quiet_hours(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"), row("K-002", zone="Europe/London"))
        for code in ("K-001", "K-002"):
            await trial.happened(code, statuses=[Status.active])
        for _ in range(25):
            await trial.ask()
            await trial.move(timedelta(hours=1))
        sent = await trial.fetch(
            "SELECT m.claimed_at, p.zone FROM messages m"
            " JOIN participants p ON p.id = m.participant_id WHERE m.kind = 'reminder'"
        )
        local = [at.astimezone(ZoneInfo(zone)).time() for at, zone in sent]
        assert len(local) >= 20
        assert [each for each in local if each >= QUIET_FROM or each < QUIET_UNTIL] == []


async def test_spouses_on_one_phone_are_told_whose_reminder_it_is(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"), row("K-002", phone=phone(1)))
        await trial.ask()
        whole = [(await trial.facts(code)).personal_code for code in ("K-001", "K-002")]
        codes = [f"For {code[:3]}:" for code in whole]
        texts = await trial.texts("K-001")
        assert len(texts) == 2
        assert sorted(code for code in codes if any(code in text for text in texts)) == sorted(
            codes
        )
        assert not [code for code in whole for text in texts if code in text]


async def test_a_number_no_channel_reaches_becomes_a_call(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        # Nothing is known of any country: nothing may be sent.
        trial.context.channels = ChannelRules()
        await trial.enrol(row("K-001"))
        await trial.ask()
        assert await trial.texts("K-001") == []
        assert (
            await trial.fetchval("SELECT end_reason FROM reminders WHERE ended_at IS NOT NULL")
            == "no_channel"
        )
        assert await trial.fetch("SELECT reason FROM call_tasks") == [("no_channel",)]


async def test_an_answer_between_reading_and_claiming_stops_the_reminder(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.move_to_next_nudge()
        claim = reminders.claim_wave
        done: list[set[UUID]] = []

        async def after_an_opt_out(*parameters: Any) -> set[UUID]:
            await opt_out_by_staff(trial.who("K-001"), ACTOR, "in the meantime")
            done.append(await claim(*parameters))
            return done[-1]

        monkeypatch.setattr(reminders, "claim_wave", after_an_opt_out)
        await trial.remind()
        assert done == [set()]
        assert await trial.texts("K-001") == []
        assert await trial.count("messages") == 0
        assert (
            await trial.fetchval("SELECT end_reason FROM reminders WHERE ended_at IS NOT NULL")
            == "opted_out"
        )


async def test_facts_read_before_a_write_are_refused_at_the_claim(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        due_at = await trial.move_to_next_nudge()
        facts = await participants.get_participant_facts(
            trial.pools.worker, trial.study_id, trial.participants["K-001"]
        )
        assert facts is not None
        await trial.owner_does("UPDATE participant_revisions SET revision = revision + 1")
        guard = Guard(trial.study_id, facts.id, facts.revision)
        with pytest.raises(StaleRevisionError):
            await reminders.claim_reminders(trial.pools.worker, guard, ClaimWrite())
        assert due_at > datetime(2026, 1, 5, tzinfo=UTC)


async def test_nothing_goes_after_everything_is_answered(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.ask()
        for _ in range(40):
            reply = await trial.says("K-001", "2")
            if reply and "last question" in reply:
                break
        assert await trial.count("assessments", "submitted_at IS NOT NULL") == 3
        before = len(await trial.texts("K-001"))
        await trial.move(timedelta(days=8))
        await trial.remind()
        assert len(await trial.texts("K-001")) == before
        assert await trial.count("reminders", "ended_at IS NULL") == 0
        assert await trial.fetch(
            "SELECT end_reason FROM reminders WHERE end_reason NOT IN ('sent', 'rescheduled')"
        ) == [("answered",)]


async def test_a_second_site_may_share_the_first_ones_number(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await add_site(trial.operator, trial.study_id, "SH02", sender=SENDER)
        await trial.enrol(row("K-001", site="SH02"))
        await trial.ask()
        assert len(await trial.texts("K-001")) == 1


async def test_a_link_asks_nothing_by_text_that_its_pages_ask(database_url: str) -> None:
    """Who said UNWELL was sent the baseline's link and the checklist's question in one text."""
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001", channel="link"))
        await trial.ask()
        asked = await trial.says("K-001", "unwell")
        assert asked is not None
        assert "fever" in asked
        await trial.move_to_next_nudge()
        assert await trial.remind() == 1
        await trial.provider.drain()
        *_, text = await trial.texts("K-001")
        assert "/q/" in text
        assert "fever" not in text
        async with browsing(trial.server) as browser:
            page = await open_questions(browser, text.partition("/q/")[2].split()[0])
            assert "Fever" in page  # The checklist comes before what the link is about.
        # A number still answers what was asked by text, whether before the reminder or in it.
        answered = await trial.says("K-001", "1")
        assert answered is not None
        assert "the injected knee is hot or red" in answered
