"""T8 and T9: PAUSE and LATER do what they say; HELP and LINK say what is true."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from pro_service.domain.study.facts import ParticipantFacts, Status
from pro_service.domain.study.pausing import paused_until, status_of
from pro_service.domain.study.protocol import AnswerWay, Protocol
from pro_service.services.answering import OpenQuestion, open_questions
from pro_service.services.receiving import helping, inbound
from tests.integration.receiving.test_inbound import asked, dispositions, values
from tests.support.study import ZONE, Trial, open_trial, row


async def due(trial: Trial) -> list[str]:
    """When the nudges that wait are due, by the participant's clock, as `01-06 18:30`."""
    found = await trial.fetch("SELECT due_at FROM reminders WHERE ended_at IS NULL ORDER BY due_at")
    return [f"{at.astimezone(ZoneInfo(ZONE)):%m-%d %H:%M}" for (at,) in found]


@pytest.mark.parametrize("word", ["PAUSE", "暂停", "pause please"])
async def test_t8_pause_is_the_pause_of_the_own_page(database_url: str, word: str) -> None:
    """T8: it says until when and how to end it; no text goes meanwhile; answers are taken."""
    async with open_trial(database_url) as trial:
        await asked(trial)
        reply = await trial.says("K-001", word)
        facts = await trial.facts("K-001")
        until = paused_until(facts)
        assert reply is not None
        assert until is not None
        assert (until - facts.now.astimezone(ZoneInfo(ZONE)).date()).days == 14
        assert f"{until.day} {until:%B}" in reply or f"{until:%B} {until.day}" in reply
        assert "CONTINUE" in reply
        assert status_of(facts) is Status.paused
        await trial.says("K-001", "4")
        assert await values(trial, "K-001") == [("pain_1", 4)]
        assert await dispositions(trial) == ["command", "answer"]
        sent = await trial.count("messages", "kind = 'reminder'")
        await trial.move(timedelta(days=3))
        await trial.remind()
        assert await trial.count("messages", "kind = 'reminder'") == sent


async def test_t8_a_pause_before_safety_visits_says_that_somebody_calls(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.happened("K-001")
        reply = await trial.says("K-001", "PAUSE")
        assert reply is not None
        assert "somebody calls you" in reply


async def test_t8_continue_ends_a_pause_and_nothing_else(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        none = await trial.says("K-001", "continue")
        assert none is not None
        assert "no pause" in none
        await trial.says("K-001", "PAUSE")
        over = await trial.says("K-001", "继续")
        assert over is not None
        assert "pause has ended" in over
        assert status_of(await trial.facts("K-001")) is not Status.paused
        assert paused_until(await trial.facts("K-001")) is None


@pytest.mark.parametrize("word", ["LATER", "稍后", "晚点", "等一下"])
async def test_t8_later_asks_again_the_next_evening_and_says_when(
    database_url: str, word: str
) -> None:
    """T8: the nudge that waits moves to the next evening hour; a number still answers."""
    async with open_trial(database_url) as trial:
        await asked(trial)
        (planned,) = await due(trial)
        sent_on = (await trial.now()).astimezone(ZoneInfo(ZONE)).date()
        reply = await trial.says("K-001", word)
        (moved,) = await due(trial)
        tomorrow = sent_on + timedelta(days=1)
        assert moved.startswith(f"{tomorrow:%m-%d} 18:30")
        assert planned >= moved
        assert reply is not None
        assert "18:30" in reply
        assert str(tomorrow.day) in reply
        again = await trial.says("K-001", word)
        assert (again, await due(trial)) == (reply, [moved]), "one move a nudge"
        await trial.says("K-001", "4")
        assert await values(trial, "K-001") == [("pain_1", 4)]


async def test_t8_later_after_the_last_nudge_is_asked_again_while_there_is_time(
    database_url: str,
) -> None:
    """T8: at most one nudge more than the protocol's; then the reply says that none comes."""
    async with open_trial(database_url) as trial:
        await asked(trial)
        while await trial.count("reminders", "ended_at IS NULL"):
            await trial.ask()
        promised = 0
        while (reply := await trial.says("K-001", "later")) and "again on" in reply:
            promised += 1
            sent = await trial.count("messages", "kind = 'reminder'")
            await trial.ask()
            assert await trial.count("messages", "kind = 'reminder'") == sent + 1
        assert reply is not None
        assert "not ask again" in reply
        assert promised > 0
        assert await due(trial) == []


async def test_t8_later_says_the_truth_where_the_window_closes_first(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        closes_at = await trial.fetchval("SELECT min(closes_at) FROM visits")
        await trial.move(closes_at - timedelta(hours=8))
        reply = await trial.says("K-001", "later")
        assert reply is not None
        assert "not ask again before these questions close" in reply


async def test_t8_later_with_nothing_open_says_so(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        closes_at = await trial.fetchval("SELECT min(closes_at) FROM visits")
        await trial.move(closes_at + timedelta(hours=1))
        reply = await trial.says("K-001", "later")
        assert reply is not None
        assert "no question waiting" in reply


async def test_t9_help_names_what_works_now(database_url: str) -> None:
    """T9: back, later, pause, stop, unwell always; skip and a page where they can be had."""
    async with open_trial(database_url) as trial:
        await asked(trial)
        help_ = await trial.says("K-001", "HELP")
        assert help_ is not None
        for word in ("BACK", "LATER", "PAUSE", "STOP", "UNWELL", "SKIP", "+12025550198"):
            assert word in help_, word
        linked = await trial.says("K-001", "LINK")
        assert linked is not None
        assert ("LINK" in help_) == ("/q/" in linked)
        assert await trial.count("messages", "template = 'help' AND segments <= 3") == 1
        await trial.says("K-001", "pause")
        assert "CONTINUE" in (await trial.says("K-001", "help") or "")


async def test_t9_link_where_questions_go_by_text_only_says_that(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T9: the number could well get a page; there is none for these questions."""

    def by_text_only(
        facts: ParticipantFacts, protocol: Protocol, way: AnswerWay
    ) -> tuple[OpenQuestion, ...]:
        return () if way == "link" else open_questions(facts, protocol, way)

    async with open_trial(database_url) as trial:
        await asked(trial)
        monkeypatch.setattr(helping, "open_questions", by_text_only)
        monkeypatch.setattr(inbound, "open_questions", by_text_only)
        help_ = await trial.says("K-001", "help")
        reply = await trial.says("K-001", "LINK")
        assert help_ is not None
        assert reply is not None
        assert "LINK" not in help_
        assert "by text only" in reply
        assert "Reply with one number" in reply
