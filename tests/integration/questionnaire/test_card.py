"""The fixed address, the typed code and the card: where no link and no reply can go."""

from __future__ import annotations

import logging
from datetime import timedelta
from urllib.parse import urlsplit

import aiohttp
import asyncpg
import pytest

from pro_service.domain.delivery.segments import segments
from pro_service.domain.study.facts import Status
from pro_service.services import rounds
from pro_service.services.cards import cards
from pro_service.services.texting.reminders import remind
from pro_service.vault.codes import grouped, new_code
from tests.support.providers.registered import register
from tests.support.record.words import spoken
from tests.support.study import ACTOR, Trial, open_trial, row
from tests.support.web import answer_everything, browsing, send

IN_CHINA = "+8613900000001"
"""Of no range that is assigned to anybody."""


async def code_of(trial: Trial, participant: str) -> str:
    """The code on a participant's card, as it is printed."""
    found, _ = await cards.list_cards(
        trial.operator, trial.context, trial.study_id, codes=[participant], actor=ACTOR
    )
    return found[0].code


async def type_code(browser: aiohttp.ClientSession, code: str) -> tuple[int, str, str]:
    """Type a code at the fixed address; status, path and text of what follows."""
    async with browser.get("/c") as page:
        assert page.status == 200
    async with browser.post("/c", data={"code": code}) as answer:
        return answer.status, answer.url.path, await answer.text()


@pytest.mark.parametrize("language", ["en", "zh_CN"])
async def test_a_participant_in_china_is_reminded_types_the_code_answers_and_is_scored(
    database_url: str, language: str
) -> None:
    async with open_trial(database_url) as trial:
        await register(trial)
        await trial.enrol(row("K-001", phone=IN_CHINA, language=language, channel="link"))
        await trial.ask()
        (text,) = await trial.texts("K-001")
        code = await code_of(trial, "K-001")
        assert "http" not in text
        assert trial.context.public_url.partition("//")[2] not in text
        assert code not in text
        assert segments(text).segments <= 2
        assert await trial.count("call_tasks") == 0
        assert (
            await trial.fetchval("SELECT end_reason FROM reminders WHERE ended_at IS NOT NULL")
            == "sent"
        )
        async with browsing(trial.server) as browser:
            status, path, own = await type_code(browser, f" {code.lower().replace('-', ' ')} ")
            assert (status, path) == (200, "/q/me")
            cookie = {one.key: one for one in browser.cookie_jar}["q"]
            assert cookie["httponly"]
            assert cookie["samesite"] == "Lax"
            assert code.replace("-", "") not in cookie.value.upper()
            assert 'href="/q"' in own
            async with browser.get("/q") as answer:
                review = await answer_everything(browser, await answer.text())
            async with await send(browser, review) as answer:
                assert answer.url.path == "/q/thanks"
        assert await trial.fetch("SELECT DISTINCT mode, authentication FROM attempts") == [
            ("web", "card")
        ]
        scored = await trial.fetch(
            "SELECT scale, raw FROM scores WHERE instrument = 'womac-nrs-3.1' AND scale = 'pain'"
        )
        assert [(scale, int(raw)) for scale, raw in scored] == [("pain", 20)]


async def test_questions_that_go_by_text_elsewhere_are_asked_on_the_page_there(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001", phone=IN_CHINA), row("K-002"))
        for code in ("K-001", "K-002"):
            await trial.happened(code, statuses=[Status.active])
        await trial.move(timedelta(days=1, hours=2))
        shown = {}
        for code in ("K-001", "K-002"):
            async with browsing(trial.server) as browser:
                _, _, shown[code] = await type_code(browser, await code_of(trial, code))
        assert 'href="/q"' in shown["K-001"]
        assert "There is nothing to answer now." in shown["K-002"]


async def test_two_texts_unanswered_become_a_call_there_as_well(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await register(trial)
        await trial.enrol(row("K-001", phone=IN_CHINA))
        for _ in range(2):
            await trial.ask()
        assert len(await trial.texts("K-001")) == 2
        await trial.move(timedelta(hours=25))
        await rounds.call_round(trial.pools.worker, trial.context)
        assert await trial.fetch("SELECT reason FROM call_tasks") == [("nudges_unanswered",)]


async def test_who_shares_a_number_is_told_whose_card_is_meant_and_no_code(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await register(trial)
        await trial.enrol(row("K-001", phone=IN_CHINA), row("K-002", phone=IN_CHINA))
        await trial.ask()
        codes = [await code_of(trial, code) for code in ("K-001", "K-002")]
        texts = await trial.texts("K-001")
        assert sorted(text.partition(" begins with ")[2][:3] for text in texts) == sorted(
            code[:3] for code in codes
        )
        assert not [code for code in codes for text in texts if code in text]


async def test_a_third_text_of_a_day_does_not_go_where_two_are_allowed(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await register(trial)
        await trial.enrol(*(row(f"K-00{one}", phone=IN_CHINA) for one in (1, 2, 3)))
        await trial.move_to_next_nudge()
        claimed = [
            await remind(trial.pools.worker, trial.context, trial.study_id, one)
            for one in trial.participants.values()
        ]
        assert [one is not None for one in claimed] == [True, True, False]
        assert await trial.count("reminders", "end_reason = 'budget'") == 1


async def test_wrong_and_unknown_codes_and_those_who_left_read_the_same(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"), row("K-002"))
        known = await code_of(trial, "K-001")
        await trial.status("K-002", Status.withdrew_follow_up)
        nobody = new_code(b"nobody has this one")
        mistyped = known[:-1] + ("A" if known[-1] != "A" else "C")
        said = set()
        async with browsing(trial.server) as browser:
            for code in (mistyped, grouped(nobody), await code_of(trial, "K-002"), "?"):
                status, path, page = await type_code(browser, code)
                assert (status, path) == (422, "/c")
                said.add(page.replace(code, ""))
            assert len(said) == 1
            assert "q" not in {one.key for one in browser.cookie_jar}
            async with browser.get("/q/me") as answer:
                assert answer.status == 404


async def test_a_new_card_ends_the_old_ones_picture_code_and_open_pages(
    database_url: str, owner: asyncpg.Connection
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.ask()
        ((old,), _) = await cards.list_cards(
            trial.operator, trial.context, trial.study_id, actor=ACTOR
        )
        picture = urlsplit(old.link).path
        async with browsing(trial.server) as browser:
            async with browser.get(picture) as answer:
                assert answer.status == 200
            assert await owner.fetchval("SELECT count(*) FROM pro.participant_sessions") == 0
            async with browser.post(f"{picture}/open") as answer:
                assert (answer.status, answer.url.path) == (200, "/q/me")
            await cards.renew_card(
                trial.operator,
                trial.context,
                trial.study_id,
                "K-001",
                actor=ACTOR,
                words="lost on the bus",
            )
            for path in ("/q/me", "/q", picture):
                async with browser.get(path) as answer:
                    # Where answers are asked for it is said that the card must be opened again.
                    assert answer.status == (403 if path == "/q" else 404), path
            assert (await type_code(browser, old.code))[0] == 422
            assert (await type_code(browser, await code_of(trial, "K-001")))[:2] == (200, "/q/me")
        history = await trial.fetch("SELECT ended_at IS NULL, reason FROM cards ORDER BY id")
        assert history[0] == (False, "enrolled")
        assert await spoken(trial.operator, trial.context, history[1][1]) == "lost on the bus"
        token = picture.rpartition("/")[2]
        stored = await trial.fetchval("SELECT string_agg(c::text, '') FROM cards c")
        assert token not in stored


async def test_the_language_can_be_changed_before_anybody_came_in(database_url: str) -> None:
    async with open_trial(database_url) as trial, browsing(trial.server) as browser:
        await trial.enrol(row("K-001"))
        ((card,), _) = await cards.list_cards(
            trial.operator, trial.context, trial.study_id, actor=ACTOR
        )
        for path in ("/c", urlsplit(card.link).path):
            for language, html in (("zh_CN", "zh-Hans"), ("en", "en")):
                data = {"language": language, "back": path}
                async with browser.post("/q/language", data=data) as answer:
                    assert answer.url.path == path
                    assert f'<html lang="{html}">' in await answer.text()


@pytest.mark.parametrize(
    "path", ["/c", "/q/me", "/q/me/stop", "/q/me/pause", "/q/leave", "/q/year"]
)
async def test_a_form_sent_by_another_site_is_refused(database_url: str, path: str) -> None:
    async with open_trial(database_url) as trial, browsing(trial.server) as browser:
        headers = {"Sec-Fetch-Site": "cross-site"}
        async with browser.post(path, data={"code": "x"}, headers=headers) as answer:
            assert answer.status == 403
            assert answer.headers["Cache-Control"] == "no-store"
            assert "This form did not come from our pages" in await answer.text()


async def test_log_lines_name_neither_code_nor_token_nor_session(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with open_trial(database_url) as trial, browsing(trial.server) as browser:
        await trial.enrol(row("K-001"))
        ((card,), _) = await cards.list_cards(
            trial.operator, trial.context, trial.study_id, actor=ACTOR
        )
        picture = urlsplit(card.link).path
        async with browser.post(f"{picture}/open") as answer:
            assert answer.status == 200
        await type_code(browser, card.code)
        session = {one.key: one.value for one in browser.cookie_jar}["q"]
    ours = [one for one in caplog.records if one.name == "pro_service.web"]
    assert {"page-card-open", "page-enter", "page-own"} <= {one.__dict__["route"] for one in ours}
    written = "\n".join(str(one.__dict__) for one in ours)
    for secret in (card.code, card.code.replace("-", ""), picture.rpartition("/")[2], session):
        assert secret not in written


async def test_leaving_ends_the_session_on_this_device_and_in_the_database(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        code = await code_of(trial, "K-001")
        async with browsing(trial.server) as browser, browsing(trial.server) as thief:
            await type_code(browser, code)
            stolen = {one.key: one.value for one in browser.cookie_jar}
            async with thief.get("/q/me", cookies=stolen) as answer:
                assert answer.status == 200
            async with browser.post("/q/leave") as answer:
                assert answer.url.path == "/c"
            async with thief.get("/q/me", cookies=stolen) as answer:
                assert answer.status == 404
            await type_code(browser, code)
            await trial.owner_does(
                "UPDATE participant_sessions SET started_at = started_at - interval '12 hours'"
            )
            async with browser.get("/q/me") as answer:
                assert answer.status == 404
