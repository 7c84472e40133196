"""The participant's own page: what it shows, and what each choice changes at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, time, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import aiohttp
import asyncpg
import pytest
from babel.dates import format_date

from pro_service.domain.study.facts import Status
from pro_service.domain.study.statuses import standing
from pro_service.domain.study.times import local_day
from pro_service.services.study.staff import make_staff
from pro_service.texts.catalogue import format_day
from tests.support.desk import PASSWORD, sign_in
from tests.support.forms import form_to
from tests.support.study import ACTOR, SENDER, ZONE, Trial, open_trial, row
from tests.support.web import answer_everything, browsing, send

LOCAL = ZoneInfo(ZONE)


@asynccontextmanager
async def own_page(trial: Trial, code: str = "K-001") -> AsyncIterator[aiohttp.ClientSession]:
    """A browser in which the newest link was opened for the participant's own page."""
    text = (await trial.texts(code))[-1]
    link = urlsplit(text[text.index("http") :].split()[0]).path
    async with browsing(trial.server) as browser:
        async with browser.post(f"{link}/open?own=1") as answer:
            assert (answer.status, answer.url.path) == (200, "/q/me")
        yield browser


@asynccontextmanager
async def lived_in(url: str, **cells: str) -> AsyncIterator[tuple[Trial, aiohttp.ClientSession]]:
    """A trial with one participant who got the first link, and their browser."""
    async with open_trial(url) as trial:
        await trial.enrol(row("K-001", **({"channel": "link"} | cells)))
        await trial.ask()
        async with own_page(trial) as browser:
            yield trial, browser


async def read(browser: aiohttp.ClientSession, path: str = "/q/me") -> str:
    async with browser.get(path) as answer:
        assert answer.status == 200
        return await answer.text()


async def set_to(browser: aiohttp.ClientSession, setting: str, value: str) -> str:
    """Choose on the page for one setting; the page that follows."""
    path = f"/q/me/{setting}"
    fields = [one for one in form_to(await read(browser, path), path).fields if one[0] == "key"]
    async with browser.post(path, data=[*fields, ("choice", value)]) as answer:
        assert (answer.status, answer.url.path) == (200, "/q/me")
        return await answer.text()


async def waiting(trial: Trial) -> list[datetime]:
    """When the open nudges are due, at the participant's place."""
    rows = await trial.fetch("SELECT due_at FROM reminders WHERE ended_at IS NULL ORDER BY due_at")
    return [at.astimezone(LOCAL) for (at,) in rows]


async def test_the_page_says_what_is_open_next_and_done_and_whom_to_telephone(
    database_url: str,
) -> None:
    async with lived_in(database_url) as (trial, browser):
        await trial.happened("K-001", planned_on=date(2026, 1, 13))
        page = await read(browser)
        telephone = (await trial.facts("K-001")).site.telephone
        for words in ("There are 26 questions.", 'href="/q"', "Nothing yet.", telephone):
            assert words in page
        async with browser.get("/q") as answer:
            review = await answer_everything(browser, await answer.text())
        async with await send(browser, review) as answer:
            thanks = await answer.text()
        assert 'href="/q/me"' in thanks
        page = await read(browser)
        assert "There is nothing to answer now." in page
        assert "<dt>Before the injection</dt>" in page
        await trial.happened("K-001", statuses=[Status.active])
        tomorrow = (await trial.now()).astimezone(LOCAL).date() + timedelta(days=1)
        coming = f"The next questions come around {format_day(tomorrow, 'en')}."
        assert coming in await read(browser)


async def test_looking_at_the_page_and_at_every_choice_changes_nothing(database_url: str) -> None:
    async with lived_in(database_url) as (trial, browser):
        before = await trial.fetchval("SELECT count(*) FROM audit_entries")
        revision = (await trial.facts("K-001")).revision
        for path in ("", "/time", "/way", "/language", "/letters", "/pause", "/stop", "/nothing"):
            await read(browser, f"/q/me{path}")
        assert await trial.fetchval("SELECT count(*) FROM audit_entries") == before
        assert (await trial.facts("K-001")).revision == revision


async def test_another_hour_moves_the_next_nudge_at_once(database_url: str) -> None:
    async with lived_in(database_url) as (trial, browser):
        (before,) = await waiting(trial)
        assert before.time() == time(18, 30)
        page = await set_to(browser, "time", "10:00")
        assert "Your choice is saved." in page
        assert "<dt>Time for reminders</dt><dd>10:00" in page
        (after,) = await waiting(trial)
        assert (after.date(), after.time()) == (before.date(), time(10))
        await trial.ask()
        sent = await trial.fetchval("SELECT max(claimed_at) FROM messages")
        assert sent.astimezone(LOCAL).time() >= time(10)
        assert sent.astimezone(LOCAL) - after < timedelta(minutes=5)


async def test_an_hour_in_quiet_hours_cannot_be_chosen(database_url: str) -> None:
    async with lived_in(database_url) as (trial, browser):
        page = await read(browser, "/q/me/time")
        assert '<option value="08:30">' in page
        assert '<option value="20:00">' in page
        fields = [one for one in form_to(page, "/q/me/time").fields if one[0] == "key"]
        for hour in ("20:30", "03:00", "18:31", "late", ""):
            sent = [*fields, ("choice", hour)]
            async with browser.post("/q/me/time", data=sent) as answer:
                assert answer.status == 422
        assert await trial.count("preferences") == 0


async def test_a_pause_holds_texts_back_until_its_day_and_answers_are_taken(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial, browsing(trial.server) as browser:
        await trial.enrol(row("K-001", channel="link", planned_injection_on="2026-01-14"))
        code = (await trial.facts("K-001")).personal_code
        async with browser.post("/c", data={"code": code}) as answer:
            assert answer.url.path == "/q/me"
        assert await waiting(trial) == [datetime(2026, 1, 9, 18, 30, tzinfo=LOCAL)]
        assert "No reminders before Monday 12 January 2026" in await set_to(browser, "pause", "7")
        facts = await trial.facts("K-001")
        assert standing(facts.statuses, facts.now).status is Status.paused
        assert "for Monday 12 January 2026, 18:30" in await read(browser)
        at_end = datetime(2026, 1, 12, tzinfo=LOCAL)
        assert standing(facts.statuses, at_end).status is Status.screened
        assert await waiting(trial) == [datetime(2026, 1, 12, 18, 30, tzinfo=LOCAL)]
        await trial.move(datetime(2026, 1, 10, 9, tzinfo=LOCAL))
        await trial.remind()
        assert await trial.texts("K-001") == []
        assert 'href="/q"' in await read(browser)
        assert "No pause" in await set_to(browser, "pause", "end")
        facts = await trial.facts("K-001")
        assert standing(facts.statuses, facts.now).status is Status.screened
        assert await waiting(trial) == [datetime(2026, 1, 10, 18, 30, tzinfo=LOCAL)]
        await trial.ask()
        assert len(await trial.texts("K-001")) == 1


async def test_staff_see_a_pause_who_asked_for_it_and_the_day_it_ends(database_url: str) -> None:
    async with lived_in(database_url) as (trial, browser), browsing(trial.server) as desk:
        await set_to(browser, "pause", "14")
        await set_to(browser, "language", "zh_CN")
        await make_staff(
            trial.operator,
            trial.study_id,
            login="anna",
            password=PASSWORD,
            site="BJ01",
            role="coordinator",
            actor=ACTOR,
        )
        await sign_in(desk)
        ends = local_day(await trial.now(), LOCAL) + timedelta(days=14)
        async with desk.get("/desk/participants/K-001") as answer:
            page = await answer.text()
    assert "<dd>paused</dd>" in page
    assert ", Chinese <span" in page
    log = page.partition('id="log"')[2].split("</li>")
    said = [line for line in log if "chosen on the participant" in line]
    assert ["paused" in line for line in said] == [True, False]
    assert all("by the participant" in line for line in said)
    assert format_date(ends, "EEE d MMM y", locale="en") in said[1]


async def test_language_letters_and_way_hold_for_pages_and_the_next_text(
    database_url: str,
) -> None:
    async with lived_in(database_url) as (trial, browser):
        await set_to(browser, "letters", "larger")
        assert '<html lang="en" class="larger">' in await read(browser, "/q/s/1")
        await set_to(browser, "way", "text")
        page = await set_to(browser, "language", "zh_CN")
        assert '<html lang="zh-Hans" class="larger">' in page
        await trial.ask()
        text = (await trial.texts("K-001"))[-1]
        assert "请您回答几个问题，直接回复短信即可" in text
        kept = await trial.fetch(
            "SELECT language, channel, larger_text, actor FROM preferences ORDER BY id"
        )
        assert kept == [
            ("en", "link", True, "participant:K-001"),
            ("en", "text", True, "participant:K-001"),
            ("zh_CN", "text", True, "participant:K-001"),
        ]
        audited = "table_name = 'preferences' AND actor = 'participant:K-001'"
        assert await trial.count("audit_entries", audited) == 3
        # What enrolment wrote stays, and the same file again still says so.
        assert await trial.enrol(row("K-001", channel="link")) == (0, 1)


async def test_no_more_texts_means_what_stop_by_text_means_after_asking_once_more(
    database_url: str,
) -> None:
    async with lived_in(database_url) as (trial, browser):
        asked = await read(browser, "/q/me/stop")
        assert "reply START" in asked
        assert await trial.count("opt_outs") == 0
        form = form_to(asked, "/q/me/stop").fields
        async with browser.post("/q/me/stop", data=form) as answer:
            page = await answer.text()
        assert "You get no more texts" in page
        async with browser.post("/q/me/stop", data=form) as answer:
            assert answer.status == 200
        assert await trial.fetch("SELECT reason, actor, ended_at FROM opt_outs") == [
            ("said so on the page", "participant:K-001", None)
        ]
        texts = len(await trial.texts("K-001"))
        await trial.ask()
        assert len(await trial.texts("K-001")) == texts
        assert await trial.count("reminders", "end_reason = 'opted_out'") == 1
        await trial.says("K-001", "START")
        assert "You get texts from us" in await read(browser)


async def test_one_form_sent_twice_at_once_is_one_choice(database_url: str) -> None:
    async with lived_in(database_url) as (trial, browser):
        page = await read(browser, "/q/me/letters")
        fields = [one for one in form_to(page, "/q/me/letters").fields if one[0] == "key"]

        async def post() -> int:
            sent = [*fields, ("choice", "larger")]
            async with browser.post("/q/me/letters", data=sent) as answer:
                return answer.status

        assert await asyncio.gather(*(post() for _ in range(4))) == [200] * 4
        assert await trial.count("preferences") == 1


@pytest.mark.parametrize("status", [Status.withdrew_follow_up, Status.died])
async def test_who_left_the_study_finds_the_neutral_page(database_url: str, status: Status) -> None:
    async with lived_in(database_url) as (trial, browser):
        await trial.status("K-001", status)
        async with browser.get("/q/me") as answer:
            assert answer.status == 404
        form = {"key": "k" * 12, "choice": "larger"}
        async with browser.post("/q/me/letters", data=form) as answer:
            assert answer.status == 404
        assert await trial.count("preferences") == 0


async def test_the_pages_role_can_record_a_pause_and_no_other_status(database_url: str) -> None:
    async with lived_in(database_url) as (trial, _):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await trial.pools.participant.execute(
                "INSERT INTO pro.statuses"
                " (study_id, id, participant_id, status, effective_at, actor)"
                " SELECT study_id, gen_random_uuid(), id, 'died', pro.now(), 'x' FROM participants"
            )


async def test_our_number_can_be_saved_as_it_sends_with_the_words_that_come(
    database_url: str,
) -> None:
    async with lived_in(database_url) as (_, browser):
        assert 'href="/q/me/contact"' in await read(browser)
        html = await read(browser, "/q/me/contact")
        for words in (
            SENDER,
            "it is time for your questions",
            "+12025550198",
            "never ask for money",
        ):
            assert words in html, words
        assert "/q/…" in html
        async with browser.get("/q/me/contact.vcf") as answer:
            assert answer.content_type == "text/vcard"
            card = (await answer.read()).decode()
    assert card.startswith("BEGIN:VCARD\r\nVERSION:3.0\r\n")
    assert f"FN:Study team\r\nORG:Study team\r\nTEL;TYPE=CELL:{SENDER}\r\n" in card
