"""The year of birth, where a protocol asks for it before anything is shown."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import aiohttp
import pytest

from pro_service.catalog.protocol_files import example_protocol_file, read_protocol
from pro_service.services.cards import cards
from pro_service.services.pages.second_factor import TRIES_A_PARTICIPANT
from pro_service.services.study.protocols import load_protocol
from pro_service.services.visits.enrolment_rows import EnrolmentRefusedError
from tests.support.study import ACTOR, Trial, open_trial, row
from tests.support.web import answer_everything, browsing, send

YEAR = "1951"
SENDER_NAME = "Study team"


@asynccontextmanager
async def asking_trial(url: str) -> AsyncIterator[Trial]:
    """A trial whose protocol asks for the year of birth, with a participant who has a link."""
    async with open_trial(url) as trial:
        text = example_protocol_file().read_text("utf-8")
        asking = text.replace("[study]", '[study]\nsecond_factor = "year_of_birth"', 1)
        protocol, source, sha256 = read_protocol(asking)
        await load_protocol(trial.operator, trial.context, protocol, source, sha256, actor=ACTOR)
        await trial.enrol(row("K-001", channel="link", year_of_birth=YEAR))
        await trial.ask()
        yield trial


async def link_of(trial: Trial) -> str:
    """The path of the link in the newest text."""
    text = (await trial.texts("K-001"))[-1]
    return urlsplit(text[text.index("http") :].split()[0]).path


async def give(browser: aiohttp.ClientSession, year: str) -> tuple[int, str, str]:
    """Send the year; status, path and text of what follows."""
    async with browser.post("/q/year", data={"year": year}) as answer:
        return answer.status, answer.url.path, await answer.text()


async def test_a_link_shows_nothing_before_the_year_and_the_sitting_says_how_it_was_opened(
    database_url: str,
) -> None:
    async with asking_trial(database_url) as trial, browsing(trial.server) as browser:
        link = await link_of(trial)
        async with browser.get(link) as answer:
            first = await answer.text()
        assert SENDER_NAME not in first
        assert "questions." not in first.partition("<main>")[2]
        async with browser.post(f"{link}/open") as answer:
            assert answer.url.path == "/q/year"
        for path in ("/q", "/q/s/1", "/q/review", "/q/now", "/q/thanks", "/q/decline"):
            async with browser.get(path) as answer:
                assert answer.status == 403, path
        async with browser.get("/q/me") as answer:
            assert answer.url.path == "/q/year"
        assert (await give(browser, "1950"))[:2] == (422, "/q/year")
        assert (await give(browser, "fifty-one"))[:2] == (422, "/q/year")
        assert (await give(browser, " １９５１年 "))[:2] == (200, "/q/me")
        async with browser.get("/q") as answer:
            review = await answer_everything(browser, await answer.text())
        async with await send(browser, review) as answer:
            assert answer.url.path == "/q/thanks"
        found = await trial.fetch("SELECT DISTINCT authentication FROM attempts")
        assert found == [("link_and_factor",)]


async def test_the_links_own_token_in_the_cookie_does_not_pass_by_the_question(
    database_url: str,
) -> None:
    async with asking_trial(database_url) as trial, browsing(trial.server) as browser:
        token = (await link_of(trial)).rpartition("/")[2]
        for path in ("/q", "/q/s/1", "/q/review"):
            async with browser.get(path, cookies={"q": token}) as answer:
                assert answer.status == 403
        form = {"key": "k" * 12, "choice": "larger"}
        async with browser.post("/q/me/letters", data=form, cookies={"q": token}) as answer:
            assert answer.url.path == "/q/year"
        assert await trial.count("preferences") == 0


async def test_after_a_few_wrong_years_the_page_stays_closed_and_says_whom_to_telephone(
    database_url: str,
) -> None:
    async with asking_trial(database_url) as trial, browsing(trial.server) as browser:
        link = await link_of(trial)
        async with browser.post(f"{link}/open"):
            pass
        for year in range(1900, 1900 + TRIES_A_PARTICIPANT):
            assert (await give(browser, str(year)))[0] == 422
        status, _, page = await give(browser, YEAR)
        assert status == 429
        assert (await trial.facts("K-001")).site.telephone in page
        # Another device is no way round it.
        async with browsing(trial.server) as other:
            async with other.post(f"{link}/open"):
                pass
            assert (await give(other, YEAR))[0] == 429
            await trial.owner_does(
                "UPDATE entry_tries SET tried_at = tried_at - interval '25 hours'"
            )
            assert (await give(other, YEAR))[:2] == (200, "/q/me")


async def test_a_card_asks_for_the_year_as_well(database_url: str) -> None:
    async with asking_trial(database_url) as trial, browsing(trial.server) as browser:
        ((card,), _) = await cards.list_cards(
            trial.operator, trial.context, trial.study_id, actor=ACTOR
        )
        async with browser.post("/c", data={"code": card.code}) as answer:
            assert answer.url.path == "/q/year"
        assert (await give(browser, YEAR))[:2] == (200, "/q/me")
        async with browser.get("/q") as answer:
            await answer_everything(browser, await answer.text())
        found = await trial.fetch("SELECT DISTINCT authentication FROM attempts")
        assert found == [("card_and_factor",)]


async def test_the_year_is_sealed_and_must_be_given_and_stay_the_same(database_url: str) -> None:
    async with asking_trial(database_url) as trial:
        stored = await trial.fetchval("SELECT string_agg(i::text, '') FROM identities i")
        assert YEAR.encode().hex() not in stored
        assert YEAR not in stored.replace("2026", "")
        same = row("K-001", channel="link", year_of_birth=YEAR)
        assert await trial.enrol(same) == (0, 1)
        with pytest.raises(EnrolmentRefusedError) as refused:
            await trial.enrol(same | {"year_of_birth": "1952"})
        assert [one.column for one in refused.value.problems] == ["year_of_birth"]
        for year in ("", "1850", "2030", "51", "year"):
            with pytest.raises(EnrolmentRefusedError) as refused:
                await trial.enrol(row("K-002", year_of_birth=year))
            assert [one.column for one in refused.value.problems] == ["year_of_birth"]
