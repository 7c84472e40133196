"""A reply of staff: the words that go out, when, once, and what then counts as an answer (R7)."""

from __future__ import annotations

import asyncio
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from pro_service.services import rounds
from pro_service.services.texting import numbers
from tests.integration.desk.person.sheets import said
from tests.integration.desk.texts.conftest import Browsers, plain, settled, shown, text_of
from tests.integration.receiving.test_inbound import dispositions, values
from tests.support.desk import page, press
from tests.support.study import ACTOR, ZONE, Trial

WORDS = "could my sister bring me on tuesday"


async def reply(
    at: Browsers, address: str, login: str = "anna", **filled: str
) -> tuple[int, str, str]:
    """Look at a reply and send it; status and text of what follows, and the preview."""
    browser = await at(login)
    _, html = await page(browser, address)
    status, preview = await press(browser, html, f"{address}/reply/preview", **filled)
    if status != 200:
        return status, plain(preview), plain(preview)
    status, after = await press(browser, preview, f"{address}/reply")
    return status, plain(after), plain(preview)


async def last_text(trial: Trial, code: str = "K-001") -> str:
    return (await trial.texts(code))[-1]


async def test_a_reply_goes_out_once_in_the_words_that_were_looked_at(
    trial: Trial, at: Browsers
) -> None:
    address = await text_of(trial, WORDS)
    before = len(await trial.texts("K-001"))
    status, after, preview = await reply(at, address, reply="thanks")
    assert status == 200
    assert "It goes out within a minute." in preview
    assert "Your reply to K-001 goes out, and the text is off the list." in after
    assert "Answered by a reply, by anna" in after
    assert await settled(trial) == [("reply", "staff.thanks", "staff:anna")]
    for _ in range(3):
        await trial.retry_now()
    await trial.provider.drain()
    texts = await trial.texts("K-001")
    assert len(texts) == before + 1
    assert texts[-1] == (
        "Study team: Thank you for your message. We have read it.\n"
        "We read texts from 08:00 to 17:00. At other times, or if it cannot wait,"
        " call +12025550198. In an emergency, call 120."
    )
    assert plain(texts[-1]) in preview
    conversation = await shown(await at("iris"), address)
    assert "Reply by anna" in conversation
    assert plain(texts[-1]) in conversation
    assert "reached the phone" in conversation
    assert "replies of staff: 1, of these in own words: 0" in conversation
    # It is the same path: claimed in the participant's turn, audited as staff's.
    row = await trial.fetch("SELECT kind, state, tries, actor FROM messages WHERE kind = 'staff'")
    assert row == [("staff", "delivered", 2, "staff:anna")]


async def test_r7_after_a_reply_nothing_is_an_answer_until_our_next_question(
    trial: Trial, at: Browsers
) -> None:
    address = await text_of(trial, WORDS)
    # While it waits in the queue it is not on the line yet: the question before it stands.
    await reply(at, address, reply="thanks")
    await trial.says("K-001", "3")
    assert await values(trial, "K-001") == [("pain_1", 3)]
    await trial.retry_now()
    assert await last_text(trial) != ""
    said = await trial.says("K-001", "4")
    assert said is not None
    assert "will read your message" in said
    assert await values(trial, "K-001") == [("pain_1", 3)]
    assert (await dispositions(trial))[-1] == "needs_reading"
    # Nor may staff take it for the answer: no question counted as asked.
    found = await trial.fetchval("SELECT id FROM inbounds ORDER BY id DESC LIMIT 1")
    text = await shown(await at("anna"), f"/desk/texts/{found}")
    assert "No question counted as asked when this text came." in text
    await trial.ask()
    await trial.says("K-001", "5")
    assert (await values(trial, "K-001"))[-1][1] == 5


async def test_r7_a_number_after_a_reply_goes_to_staff_though_no_question_is_open(
    trial: Trial, at: Browsers
) -> None:
    address = await text_of(trial, WORDS)
    await trial.owner_does(
        "UPDATE pro.conversations SET dialogue = dialogue || '{\"prompt\": null}'"
    )
    await reply(at, address, reply="will_ring")
    await trial.retry_now()
    await trial.says("K-001", "16")
    assert (await dispositions(trial))[-1] == "needs_reading"
    assert await values(trial, "K-001") == []


async def test_a_reply_in_quiet_hours_waits_for_their_end(trial: Trial, at: Browsers) -> None:
    local = (await trial.now()).astimezone(ZoneInfo(ZONE))
    night = datetime.combine(local.date(), time(22, 0), ZoneInfo(ZONE))
    await trial.move(night)
    address = await text_of(trial, WORDS)
    before = len(await trial.texts("K-001"))
    status, _, preview = await reply(at, address, reply="will_ring")
    assert status == 200
    assert "It is within their quiet hours: it goes out at their end" in preview
    assert "08:30" in preview
    await trial.retry_now()
    assert len(await trial.texts("K-001")) == before
    await trial.move(night + timedelta(hours=10, minutes=31))
    await trial.retry_now()
    assert "will ring you today" in await last_text(trial)


async def test_a_reply_that_could_not_go_for_a_day_dies_in_the_queue(
    trial: Trial, at: Browsers
) -> None:
    address = await text_of(trial, WORDS)
    await reply(at, address, reply="will_ring")
    await trial.move(timedelta(hours=25))
    await rounds.retry_round(trial.pools.worker, trial.context)
    state = await trial.fetchval("SELECT state FROM messages WHERE kind = 'staff'")
    assert state == "expired"


async def test_own_words_go_out_checked_and_what_was_typed_stays(
    trial: Trial, at: Browsers
) -> None:
    address = await text_of(trial, WORDS)
    for words, problem in (
        ("Take two tablets", "“tablets” speaks of treatment, symptoms or scores"),
        ("Is the knee hot", "“knee” speaks of treatment, symptoms or scores"),
        ("Is it warm inside", "These words speak of symptoms"),
        ("See www.example.com", "A reply holds no address of a page"),
        ("", "Choose a reply, or write your own words."),
    ):
        status, text, _ = await reply(at, address, reply="own", words=words)
        assert (status, problem in text) == (422, True), text
        assert words in text
    assert await settled(trial) == []
    status, _, preview = await reply(at, address, reply="own", words="Yes, she may.  Tuesday, ten.")
    assert status == 200
    assert "Study team: Yes, she may. Tuesday, ten." in preview
    await trial.retry_now()
    assert (await last_text(trial)).startswith("Study team: Yes, she may. Tuesday, ten.\nWe read")
    assert "in own words: 1" in await shown(await at("anna"), address)


async def test_no_reply_goes_where_no_text_may(trial: Trial, at: Browsers) -> None:
    address = await text_of(trial, WORDS)
    browser = await at("anna")
    _, before = await page(browser, address)
    await trial.says("K-001", "STOP")
    assert "This number asked for no texts" in await shown(browser, address)
    status, text = await press(browser, before, f"{address}/reply/preview", reply="thanks")
    assert (status, "This number asked for no texts" in plain(text)) == (409, True)
    assert await settled(trial) == []


async def test_a_reply_on_a_number_that_is_theirs_no_more_is_refused(
    trial: Trial, at: Browsers
) -> None:
    address = await text_of(trial, WORDS)
    await numbers.change_number(trial.who("K-001"), "+12025550177", ACTOR, "another telephone")
    assert "the number is none of this participant" in await shown(await at("anna"), address)


async def test_a_stop_after_the_reply_was_written_keeps_it_from_going(
    trial: Trial, at: Browsers
) -> None:
    address = await text_of(trial, WORDS)
    await reply(at, address, reply="thanks")
    await trial.says("K-001", "STOP")
    before = len(await trial.texts("K-001"))
    await trial.retry_now()
    assert len(await trial.texts("K-001")) == before
    assert await trial.fetchval("SELECT state FROM messages WHERE kind = 'staff'") == "suppressed"


async def test_of_two_people_with_one_text_the_second_is_told_who_did_what(
    trial: Trial, at: Browsers
) -> None:
    address = await text_of(trial, WORDS)
    bo = await at("bo")
    _, seen_by_bo = await page(bo, address)
    await reply(at, address, reply="thanks")
    status, text = await press(bo, seen_by_bo, f"{address}/alert", note="sounds unwell to me")
    said = plain(text)
    assert status == 409
    assert "Somebody settled this text while you were at it." in said
    assert "Answered by a reply, by anna" in said
    assert "sounds unwell to me" in said
    assert await settled(trial) == [("reply", "staff.thanks", "staff:anna")]
    assert await trial.count("alerts") == 0


async def test_a_reply_pressed_twice_by_one_person_says_what_became_of_the_text(
    trial: Trial, at: Browsers
) -> None:
    address = await text_of(trial, WORDS)
    anna = await at("anna")
    _, html = await page(anna, address)
    _, preview = await press(anna, html, f"{address}/reply/preview", reply="thanks")
    await press(anna, preview, f"{address}/reply")
    for sent, form in ((preview, "reply"), (html, "call")):
        status, after = await press(anna, sent, f"{address}/{form}")
        assert (status, said(after)) == (
            200,
            "You dealt with this text already: Answered by a reply.",
        )
    assert await settled(trial) == [("reply", "staff.thanks", "staff:anna")]


async def test_two_at_the_same_instant_write_one_reply(trial: Trial, at: Browsers) -> None:
    address = await text_of(trial, WORDS)
    pages = []
    for login in ("anna", "bo"):
        browser = await at(login)
        _, html = await page(browser, address)
        _, preview = await press(browser, html, f"{address}/reply/preview", reply="thanks")
        pages.append((browser, preview))
    done = await asyncio.gather(
        *(press(browser, preview, f"{address}/reply") for browser, preview in pages)
    )
    assert sorted(status for status, _ in done) == [200, 409]
    assert await trial.count("messages", "kind = 'staff'") == 1
    assert len(await settled(trial)) == 1


@pytest.mark.parametrize("language", ["en", "zh_CN"])
async def test_the_page_of_a_text_has_all_its_words(
    trial: Trial, at: Browsers, language: str
) -> None:
    address = await text_of(trial, WORDS)
    browser = await at("anna")
    async with browser.post("/desk/language", data={"language": language, "back": address}) as got:
        html = await got.text()
    _, preview = await press(browser, html, f"{address}/reply/preview", reply="thanks")
    assert "desk." not in plain(html) + plain(preview)
    if language == "zh_CN":
        ours = plain(html.partition('id="conversation"')[0])
        for word in ("Reply", "Nothing", "Take it", "to call", "waiting"):
            assert word not in ours, word
