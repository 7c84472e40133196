"""A text that staff begin with: to whom, in which words, when, once, and what comes back (R7)."""

from __future__ import annotations

import asyncio
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from pro_service.domain.study.facts import Status
from pro_service.services import rounds
from pro_service.services.desk.texts import ReplyRefusedError, Wanted, compose_first_text
from tests.integration.desk.texts.conftest import Browsers, plain, shown
from tests.integration.receiving.test_inbound import dispositions, values
from tests.support.desk import page, press
from tests.support.study import ZONE, Trial, phone, row

PAGE = "/desk/participants/K-001/write"


async def look(browser: aiohttp.ClientSession, **filled: str) -> tuple[int, str]:
    """Fill in the form; status and what follows: the preview, or what is wrong."""
    _, html = await page(browser, PAGE)
    return await press(browser, html, PAGE, **filled)


async def write(at: Browsers, **filled: str) -> tuple[int, str, str]:
    """The whole way; status and text of what follows, and the preview."""
    anna = await at("anna")
    status, preview = await look(anna, **filled)
    assert status == 200, plain(preview)
    status, after = await press(anna, preview, PAGE, step="do")
    return status, plain(after), plain(preview)


async def test_the_protocols_words_go_out_once_to_whoever_is_texted(
    trial: Trial, at: Browsers
) -> None:
    before = await trial.texts("K-001")
    status, after, preview = await write(at, reply="will_ring")
    assert status == 200
    assert "Your text to K-001 goes out within a minute." in after
    assert "the participant's own" in preview.replace("&#39;", "'")
    assert "Text by anna" in after
    for _ in range(2):
        await trial.retry_now()
    await trial.provider.drain()
    texts = await trial.texts("K-001")
    assert len(texts) == len(before) + 1
    assert texts[-1].startswith("Study team: ")
    assert "We read texts from 08:00 to 17:00." in texts[-1]
    assert "call +12025550198" in texts[-1]
    assert plain(texts[-1]) in preview
    kept = await trial.fetch("SELECT template, state, actor FROM messages WHERE kind = 'staff'")
    assert kept == [("staff.begun.will_ring", "delivered", "staff:anna")]
    assert await trial.count("text_settlements") == 0


async def test_r7_what_comes_back_is_no_answer_and_is_theirs_who_wrote(
    trial: Trial, at: Browsers
) -> None:
    await write(at, reply="own", words="May your sister come along on Tuesday?")
    await trial.retry_now()
    said = await trial.says("K-001", "3")
    assert said is not None
    assert "will read your message" in said
    assert (await dispositions(trial))[-1] == "needs_reading"
    assert await values(trial, "K-001") == []
    assert "Answers what you wrote" in await shown(await at("anna"), "/desk")
    assert "Answers what anna wrote" in await shown(await at("bo"), "/desk/texts")
    assert "in own words: 1" in await shown(await at("bo"), "/desk/participants/K-001")
    await trial.ask()
    await trial.says("K-001", "4")
    assert (await values(trial, "K-001"))[-1][1] == 4
    # What comes after our next question is nobody's in particular again.
    await trial.says("K-001", "my sister asks something else")
    assert (await shown(await at("anna"), "/desk/texts")).count("Answers what you wrote") == 1


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("Take two tablets", "“tablets” speaks of treatment, symptoms or scores"),
        ("", "Choose a reply, or write your own words."),
        ("x" * 301, "at most 300 characters"),
        ("See www.example.com", "A reply holds no address of a page"),
    ],
)
async def test_own_words_are_held_to_the_rules_of_a_reply_and_stay(
    trial: Trial, at: Browsers, words: str, problem: str
) -> None:
    status, html = await look(await at("anna"), reply="own", words=words)
    assert (status, problem in plain(html)) == (422, True), plain(html)
    assert words in html
    assert await trial.count("messages", "kind = 'staff'") == 0


async def test_pressed_twice_or_by_two_copies_it_is_written_once(
    trial: Trial, at: Browsers
) -> None:
    anna = await at("anna")
    _, preview = await look(anna, reply="thanks")
    done = await asyncio.gather(*(press(anna, preview, PAGE, step="do") for _ in range(3)))
    assert [status for status, _ in done] == [200, 200, 200]
    assert await trial.count("messages", "kind = 'staff'") == 1


async def test_in_quiet_hours_it_waits_for_their_end(trial: Trial, at: Browsers) -> None:
    local = (await trial.now()).astimezone(ZoneInfo(ZONE))
    night = datetime.combine(local.date(), time(22, 0), ZoneInfo(ZONE))
    await trial.move(night)
    before = len(await trial.texts("K-001"))
    _, after, preview = await write(at, reply="will_ring")
    assert "It is within their quiet hours: it goes out at their end" in preview
    assert "goes out when their quiet hours end" in after
    await trial.retry_now()
    assert len(await trial.texts("K-001")) == before
    await trial.move(night + timedelta(hours=10, minutes=31))
    await trial.retry_now()
    assert len(await trial.texts("K-001")) > before


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (Status.paused, "asked for a rest"),
        (Status.stopped_questionnaires, "asked for a rest"),
        (Status.lost, "asked for a rest"),
        (Status.completed, "asked for a rest"),
        (Status.withdrew_follow_up, "asked for a rest"),
        (Status.withdrew_data_use, "has died, or withdrew"),
        (Status.died, "has died, or withdrew"),
    ],
)
async def test_r1_nobody_begins_where_texts_rest_and_what_waits_does_not_go(
    trial: Trial, at: Browsers, status: Status, why: str
) -> None:
    await write(at, reply="thanks")
    await trial.status("K-001", status)
    before = len(await trial.texts("K-001"))
    await trial.retry_now()
    assert len(await trial.texts("K-001")) == before
    assert await trial.fetchval("SELECT state FROM messages WHERE kind = 'staff'") == "suppressed"
    assert why in await shown(await at("anna"), PAGE)
    refused, html = await look(await at("anna"), reply="thanks")
    assert (refused, why in plain(html)) == (422, True)
    assert await trial.count("messages", "kind = 'staff'") == 1


async def test_whoever_wants_no_texts_gets_none(trial: Trial, at: Browsers) -> None:
    await write(at, reply="thanks")
    await trial.says("K-001", "STOP")
    before = len(await trial.texts("K-001"))
    await trial.retry_now()
    assert len(await trial.texts("K-001")) == before
    assert "asked for no texts" in await shown(await at("anna"), PAGE)
    refused, html = await look(await at("anna"), reply="thanks")
    assert (refused, "asked for no texts" in plain(html)) == (422, True)


async def test_a_pause_between_the_preview_and_the_press_is_seen(
    trial: Trial, at: Browsers
) -> None:
    anna = await at("anna")
    _, preview = await look(anna, reply="thanks")
    await trial.status("K-001", Status.paused)
    status, html = await press(anna, preview, PAGE, step="do")
    assert (status, "asked for a rest" in plain(html)) == (422, True)
    assert await trial.count("messages", "kind = 'staff'") == 0


async def test_a_number_never_written_to_gets_a_line_and_a_shared_one_says_for_whom(
    trial: Trial, at: Browsers
) -> None:
    await trial.enrol(row("K-009", phone=phone(90)))
    lines = await trial.count("lines")
    browser = await at("anna")
    address = "/desk/participants/K-009/write"
    _, html = await page(browser, address)
    _, preview = await press(browser, html, address, reply="thanks")
    status, _ = await press(browser, preview, address, step="do")
    assert (status, await trial.count("lines")) == (200, lines + 1)
    await trial.retry_now()
    assert (await trial.texts("K-009"))[-1].startswith("Study team: Thank you")
    address = "/desk/participants/K-002/write"
    _, html = await page(browser, address)
    _, preview = await press(browser, html, address, reply="thanks")
    start = (await trial.facts("K-002")).start_of_code
    assert start in plain(preview)


async def test_where_texts_are_registered_no_words_of_staff_go(trial: Trial) -> None:
    facts = await trial.facts("K-001")
    protocol = await trial.context.reader.protocol(
        trial.operator, trial.study_id, facts.protocol_version_id
    )
    await trial.enrol(row("K-008", phone="+8613800138000"))
    there = await trial.facts("K-008")
    for wanted in (Wanted("thanks", ""), Wanted("own", "Tuesday at ten.")):
        with pytest.raises(ReplyRefusedError) as caught:
            compose_first_text(trial.context, there, protocol, wanted)
        assert caught.value.why == "unregistered"


async def test_a_text_nobody_could_send_for_a_day_dies_in_the_queue(
    trial: Trial, at: Browsers
) -> None:
    await write(at, reply="will_ring")
    await trial.move(timedelta(hours=25))
    await rounds.retry_round(trial.pools.worker, trial.context)
    assert await trial.fetchval("SELECT state FROM messages WHERE kind = 'staff'") == "expired"


async def test_who_only_reads_begins_nothing(trial: Trial, at: Browsers) -> None:
    browser = await at("mo")
    assert PAGE not in (await page(browser, "/desk/participants/K-001"))[1]
    status, _ = await page(browser, PAGE)
    assert status == 403


async def test_the_form_has_all_its_words_in_chinese(trial: Trial, at: Browsers) -> None:
    browser = await at("anna")
    async with browser.post("/desk/language", data={"language": "zh_CN", "back": PAGE}) as got:
        html = await got.text()
    _, preview = await press(browser, html, PAGE, reply="thanks")
    assert "写短信" in plain(html)
    for text in (plain(html), plain(preview)):
        assert "desk." not in text
        for word in ("Write", "goes out", "quiet", "It ends"):
            assert word not in text, word
