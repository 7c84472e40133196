"""Asking at the desk: what is due now, once and under the same rules; and something extra."""

from __future__ import annotations

from datetime import timedelta

import aiohttp

from pro_service.domain.study.facts import Status
from tests.integration.desk.person.sheets import PAGE, by_staff, confirm, fill, problem, said
from tests.support.desk import page
from tests.support.study import Trial


async def open_baseline(trial: Trial) -> None:
    """Noon of the first day on which the baseline takes answers: its first reminder waits."""
    facts = await trial.facts("K-001")
    baseline = next(one for one in facts.visits if one.definition == "baseline")
    await trial.move(baseline.opens_at + timedelta(hours=12))


async def test_what_is_due_is_asked_at_once_and_never_twice(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await open_baseline(trial)
    status, html = await fill(desk, "ask")
    assert status == 200
    assert "The text goes now." in html
    assert "Before the injection" in html
    assert await trial.texts("K-001") == []
    status, again = await confirm(desk, html, "ask")
    assert (status, said(again)) == (200, "What is due at K-001 is asked now.")
    await confirm(desk, html, "ask")
    await trial.remind()
    await trial.remind()
    await trial.provider.drain()
    assert len(await trial.texts("K-001")) == 1
    status, html = await fill(desk, "ask")
    assert "until then the rules of the protocol" in html, problem(html)


async def test_a_text_that_went_yesterday_holds_back_the_next_and_it_is_said_until_when(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await trial.ask()
    await trial.move(timedelta(hours=14))
    _, html = await fill(desk, "ask")
    assert "until then the rules of the protocol" in html
    _, html = await confirm(desk, html, "ask")
    assert said(html).startswith("What is due at K-001 is asked on ")
    before = len(await trial.texts("K-001"))
    await trial.remind()
    await trial.provider.drain()
    assert len(await trial.texts("K-001")) == before
    await trial.ask()
    assert len(await trial.texts("K-001")) == before + 1


async def test_nothing_goes_to_who_is_due_nothing_or_wants_nothing(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await trial.ask()
    await trial.says("K-001", "STOP")
    status, html = await fill(desk, "ask")
    assert (status, "wants no texts" in problem(html)) == (422, True)
    await trial.happened("K-001")
    status, html = await fill(desk, "ask")
    assert (status, "Nothing is due now" in problem(html)) == (422, True)
    assert await trial.count("audit_entries", "actor = 'staff:anna'") == 0


async def test_an_extra_visit_is_asked_now_or_in_the_evening(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await trial.happened("K-001", statuses=[Status.active])
    for when, ask, hour in (("now", "pain-nrs:left_knee", 10), ("evening", "pga:person", 18)):
        status, html = await fill(desk, "extra-visit", ask=ask, when=when, reason="Pain again")
        assert status == 200, problem(html)
        assert said(html).startswith("The extra visit of K-001 is open; its text goes on ")
        due = await trial.fetchval("SELECT max(due_at) FROM reminders WHERE actor = 'staff:anna'")
        assert (due.hour + 8) % 24 == hour, (when, due)
    assert await by_staff(trial, "visits") == 2
    status, html = await fill(
        desk, "extra-visit", ask="pain-nrs:left_knee", when="now", reason="Pain again"
    )
    assert (status, "asks the same already" in problem(html)) == (422, True)
    status, html = await fill(desk, "extra-visit", when="now", reason="Pain again")
    assert (status, "tick one at least" in problem(html)) == (422, True)


async def test_the_head_says_what_is_due_what_comes_next_and_how_to_reach_them(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await open_baseline(trial)
    _, html = await page(desk, PAGE)
    head = html.partition('class="facts who-head"')[2].partition("</dl>")[0]
    for words in (
        "Before the injection: ",
        "until ",
        "reminder ",
        "··· ··01",
        "texts go here",
        "0 of 0 visits",
        "left knee",
        "Asia/Shanghai",
    ):
        assert words in head, words
    assert "+12025550101" not in html
    for name in ("ask", "extra-visit", "event", "new-number", "status", "contact"):
        assert f'href="{PAGE}/{name}"' in html, name
    assert f'href="{PAGE}/texts-again"' not in html


async def test_an_answer_says_how_soon_after_which_reminder_it_came(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await trial.ask()
    await trial.move(timedelta(minutes=7))
    await trial.says("K-001", "2")
    _, html = await page(desk, PAGE)
    assert "text, 7 min after reminder 1" in html
