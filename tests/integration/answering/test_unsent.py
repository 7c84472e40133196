"""All is answered and was not sent: every way says so and offers to send it (S1, S2; R2, R3)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from pro_service.domain.study.assessments import AssessmentState
from pro_service.domain.study.facts import Status
from pro_service.services import rounds
from pro_service.services.base.turns import Who
from pro_service.services.texting.reminders import open_link
from tests.support.forms import form_to
from tests.support.study import Trial, open_trial, row
from tests.support.web import answer_everything, browsing, open_questions, send

DAY = timedelta(days=1)
WAITING = "You have answered all questions but have not sent them. Reply SEND to send them."


async def link_of(trial: Trial, code: str = "K-001") -> str:
    """The token of the participant's link."""
    found = (trial.study_id, trial.participants[code])
    address = await open_link(Who(trial.pools.worker, trial.context, *found))
    assert address is not None
    return address.rpartition("/")[2]


async def answer_all_but_send(trial: Trial, code: str = "K-001") -> str:
    """Answer every question on pages and close the page at the review; the link's token."""
    token = await link_of(trial, code)
    async with browsing(trial.server) as browser:
        page = await answer_everything(browser, await open_questions(browser, token))
        assert 'action="/q/review"' in page
    return token


async def states(trial: Trial) -> set[AssessmentState]:
    """States of the baseline's assessments, as the report has them."""
    return set((await trial.report()).rows[0].visits["baseline"])


async def enrolled(trial: Trial, **cells: str) -> None:
    await trial.enrol(row("K-001", **cells))
    await trial.move_to_next_nudge()


async def test_three_days_later_the_text_asks_to_send_and_not_question_1_anew(
    database_url: str,
) -> None:
    """S1: a number that is replied displaces nothing; SEND sends all that was answered."""
    async with open_trial(database_url) as trial:
        await enrolled(trial)
        await answer_all_but_send(trial)
        assert await states(trial) == {AssessmentState.unsent}
        await trial.move(2 * DAY)
        await trial.ask()
        (text,) = await trial.texts("K-001")
        lines = text.splitlines()
        assert lines[0] == f"Study team: {WAITING[:1].lower()}{WAITING[1:]}"
        assert re.fullmatch(r"Or send them on your page: http\S+", lines[1])
        assert lines[2:] == ["Reply STOP to stop."]
        before = await trial.count("responses")
        reply = await trial.says("K-001", "4")
        assert reply is not None
        assert reply.splitlines()[-1] == WAITING
        assert (await trial.count("responses"), await trial.count("attempts")) == (before, 3)
        reply = await trial.says("K-001", "send")
        assert reply is not None
        assert reply.startswith("Thank you. Your answers have reached us.")
        assert await states(trial) == {AssessmentState.completed}
        assert await trial.count("scores", "basis = 'complete' AND raw IS NOT NULL") == 6
        assert await trial.count("reminders", "ended_at IS NULL AND ordinal > 1") == 0
        assert await trial.says("K-001", "SEND") == (
            "Thank you. There is no question waiting for you now."
        )


async def test_in_chinese_the_word_is_said_and_understood(database_url: str) -> None:
    """S2, by text, in Chinese."""
    async with open_trial(database_url) as trial:
        await enrolled(trial, language="zh_CN")
        await answer_all_but_send(trial)
        await trial.move(2 * DAY)
        await trial.ask()
        (text,) = await trial.texts("K-001")
        assert "请回复“发送”提交您的回答" in text
        reply = await trial.says("K-001", "提交")
        assert reply is not None
        assert "您的回答已经收到" in reply
        assert await states(trial) == {AssessmentState.completed}


async def test_every_page_says_that_all_is_answered_and_offers_to_send(database_url: str) -> None:
    """S2: link, own page and review, on another device and after the recall span."""
    async with open_trial(database_url) as trial:
        await enrolled(trial)
        token = await answer_all_but_send(trial)
        await trial.move(3 * DAY)
        said = "You have answered all 26 questions, but not sent them yet."
        async with browsing(trial.server) as browser:
            async with browser.get(f"/q/{token}") as response:
                assert said in await response.text()
            async with browser.post(f"/q/{token}/open", data={}) as response:
                assert response.url.path == "/q/review"
                review = await response.text()
            assert "They can no longer be changed" in review
            assert "what you do not send is kept, marked as not sent" in review
            async with browser.get("/q/me") as response:
                assert said in await response.text()
            for path in ("/q", "/q/s/1", "/q/s/9"):
                async with browser.get(path) as response:
                    assert response.url.path == "/q/review"
            thanks = await send(browser, review)
            assert thanks.url.path == "/q/thanks"
        assert await states(trial) == {AssessmentState.completed}
        assert await trial.count("attempts") == 3


async def test_what_is_never_sent_is_scored_apart_and_a_state_of_its_own(
    database_url: str,
) -> None:
    """S2, R2: at closing it is scored as unsent, and counted as not completed."""
    async with open_trial(database_url) as trial:
        await enrolled(trial)
        await answer_all_but_send(trial)
        await trial.move(DAY)
        await trial.ask()
        await trial.move(timedelta(days=10))
        await rounds.closing_round(trial.pools.worker, trial.context)
        found = await trial.report()
        (figure,) = [one for one in found.figures if one.definition == "baseline"]
        assert (figure.completed_in_window, figure.unsent, figure.expected_and_closed) == (0, 1, 1)
        assert await states(trial) == {AssessmentState.unsent}
        assert await trial.fetch("SELECT DISTINCT basis FROM pro.scores") == [("unsent",)]
        assert await trial.count("standing_sittings", "reason = 'only'") == 3
        assert await trial.says("K-001", "SEND") == (
            "Thank you. There is no question waiting for you now."
        )


async def test_silence_after_answering_all_calls_for_that_and_for_no_answers(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.happened("K-001", statuses=[Status.active])
        await trial.move(datetime(2026, 7, 1, 2, tzinfo=UTC))
        while await trial.remind():
            pass
        await trial.move_to_next_nudge()
        await answer_all_but_send(trial)
        for _ in range(2):
            await trial.ask()
        await trial.move(timedelta(hours=25))
        assert await rounds.call_round(trial.pools.worker, trial.context) >= 1
        assert "unsent" in {one[0] for one in await trial.fetch("SELECT reason FROM call_tasks")}


async def test_do_not_send_keeps_the_answers_and_scores_nothing(database_url: str) -> None:
    """R2: the review offers it; nobody is reminded of it again."""
    async with open_trial(database_url) as trial:
        await enrolled(trial)
        token = await answer_all_but_send(trial)
        async with browsing(trial.server) as browser:
            await open_questions(browser, token)
            async with browser.get("/q/review") as response:
                assert 'href="/q/decline?unsent=1"' in await response.text()
            async with browser.get("/q/decline?unsent=1") as response:
                form = form_to(await response.text(), "/q/decline")
            async with browser.post("/q/decline", data=form.fields) as response:
                assert response.url.path_qs == "/q/thanks?declined=unsent"
                assert "Your answers were not sent." in await response.text()
        assert await states(trial) == {AssessmentState.declined}
        await trial.move(timedelta(days=10))
        await rounds.closing_round(trial.pools.worker, trial.context)
        assert (await trial.count("responses"), await trial.count("scores")) == (26, 0)
        assert await trial.count("reminders", "ended_at IS NULL AND due_at < pro.now()") == 0


async def test_a_text_goes_on_where_the_page_stopped(database_url: str) -> None:
    """S1: within the recall span it is the same sitting, which keeps the mode it began with."""
    async with open_trial(database_url) as trial:
        await enrolled(trial)
        async with browsing(trial.server) as browser:
            page = await open_questions(browser, await link_of(trial))
            form = form_to(page, "/q/s/1")
            await browser.post("/q/s/1", data=form.filled(**dict.fromkeys(form.items, "3")))
        await trial.remind()
        await trial.provider.drain()
        (text,) = await trial.texts("K-001")
        assert "stiffness" in text
        await trial.says("K-001", "4")
        assert await trial.fetch(
            "SELECT t.mode, count(*), count(r.inbound_id) FROM attempts t"
            " JOIN responses r ON r.attempt_id = t.id GROUP BY t.mode"
        ) == [("web", 6, 1)]


async def test_a_text_says_in_one_sentence_why_the_questions_begin_afresh(
    database_url: str,
) -> None:
    """S3, by text: said once, before the first question, and not after an answer."""
    async with open_trial(database_url) as trial:
        await enrolled(trial)
        async with browsing(trial.server) as browser:
            page = await open_questions(browser, await link_of(trial))
            form = form_to(page, "/q/s/1")
            await browser.post("/q/s/1", data=form.filled(**dict.fromkeys(form.items, "3")))
        await trial.move(2 * DAY)
        await trial.ask()
        (text,) = await trial.texts("K-001")
        assert "these questions begin afresh. What you answered before is kept." in text
        assert "walking" in text
        reply = await trial.says("K-001", "4")
        assert reply is not None
        assert "afresh" not in reply
        assert await trial.fetch("SELECT ordinal, mode FROM attempts ORDER BY id") == [
            (1, "web"),
            (2, "text"),
        ]


@pytest.mark.parametrize("channel", ["text", "link"])
async def test_send_sends_only_what_is_all_answered(database_url: str, channel: str) -> None:
    async with open_trial(database_url) as trial:
        await enrolled(trial, channel=channel)
        async with browsing(trial.server) as browser:
            page = await open_questions(browser, await link_of(trial))
            form = form_to(page, "/q/s/1")
            await browser.post("/q/s/1", data=form.filled(**dict.fromkeys(form.items, "3")))
        await trial.remind()
        await trial.provider.drain()
        reply = await trial.says("K-001", "SEND")
        assert reply is not None
        assert reply.startswith("Some questions are still open. Please answer them first.")
        assert await trial.count("assessments", "submitted_at IS NOT NULL") == 0


async def test_a_stale_page_changes_nothing_of_what_has_only_to_be_sent(database_url: str) -> None:
    """S1: after the span an answer is kept beside, in no sitting of its own."""
    async with open_trial(database_url) as trial:
        await enrolled(trial)
        token = await link_of(trial)
        async with browsing(trial.server) as browser:
            page = await open_questions(browser, token)
            stale = form_to(page, "/q/s/1")
            await answer_everything(browser, page)
            await trial.move(3 * DAY)
            data = stale.filled(**dict.fromkeys(stale.items, "9"))
            async with browser.post("/q/s/1", data=data) as response:
                assert response.url.path == "/q/review"
        assert await trial.count("attempts") == 3
        assert await trial.count("responses", "reason = 'overtaken'") == 5
        assert await states(trial) == {AssessmentState.unsent}
        standing = await trial.fetch(
            "SELECT DISTINCT r.value FROM sitting_responses c JOIN responses r"
            " ON r.id = c.response_id WHERE r.item LIKE 'pain%'"
        )
        assert standing == [(4,)]


async def test_two_sends_at_once_send_once(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await enrolled(trial)
        token = await answer_all_but_send(trial)
        async with browsing(trial.server) as browser:
            await open_questions(browser, token)
            async with browser.get("/q/review") as response:
                review = await response.text()
            await trial.says("K-001", "SEND")
            thanks: aiohttp.ClientResponse = await send(browser, review)
            assert thanks.url.path == "/q/thanks"
        assert await trial.count("scores") == 6
