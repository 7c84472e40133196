"""A slip taken back: by the same person, within minutes, once, and not after something followed."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from uuid import UUID

import aiohttp
import pytest

from pro_service.store.ids import new_id
from tests.integration.desk.texts.conftest import Browsers, plain, settled, shown, text_of
from tests.support.desk import page, press
from tests.support.study import Trial

WORDS = "could my sister bring me on tuesday"


async def alert_of(trial: Trial) -> UUID:
    """An urgent alert of K-001."""
    row = new_id()
    await trial.owner_does(
        "INSERT INTO pro.alerts (study_id, id, participant_id, rule, severity, raised_at, actor)"
        f" VALUES ('{trial.study_id}', '{row}', '{trial.participants['K-001']}', 'warning_sign',"
        " 'urgent', pro.now(), 'service')"
    )
    return row


async def call_of(trial: Trial, reason: str = "asked_by_text") -> UUID:
    """A call to K-001 that is to be made."""
    row = new_id()
    await trial.owner_does(
        "INSERT INTO pro.call_tasks (study_id, id, participant_id, reason, created_at, actor)"
        f" VALUES ('{trial.study_id}', '{row}', '{trial.participants['K-001']}', '{reason}',"
        " pro.now(), 'service')"
    )
    return row


async def nothing(browser: aiohttp.ClientSession, address: str) -> str:
    """Say that nothing is needed about a text; the page that follows."""
    _, html = await page(browser, address)
    status, after = await press(browser, html, f"{address}/nothing", reason="courtesy")
    assert status == 200
    return after


async def seen(browser: aiohttp.ClientSession, alert: UUID) -> str:
    """Mark an alert as seen; the page that follows."""
    _, html = await page(browser, "/desk")
    status, after = await press(browser, html, f"/desk/alerts/{alert}/seen")
    assert status == 200
    return after


async def nobody_there(browser: aiohttp.ClientSession, call: UUID) -> str:
    """Close a call because nobody was there; the page that follows."""
    _, html = await page(browser, f"/desk/calls/{call}")
    address = f"/desk/calls/{call}/close"
    status, after = await press(browser, html, address, outcome="no_answer", note="rang long")
    assert status == 200, plain(after)
    return after


async def tries(trial: Trial) -> list[tuple[object, ...]]:
    """Every task of the call: what came of it, and whether it waits for a time."""
    return await trial.fetch(
        "SELECT split_part(outcome, ':', 1), closed_at IS NULL, wanted_from IS NULL FROM call_tasks"
        " ORDER BY id"
    )


async def test_a_text_settled_as_nothing_is_to_be_read_again(trial: Trial, at: Browsers) -> None:
    anna, address = await at("anna"), await text_of(trial, WORDS)
    after = await nothing(anna, address)
    assert "Undo" in plain(after)
    status, html = await press(anna, after, f"{address}/nothing/undo")
    assert status == 200
    assert "Taken back: the text of K-001 is to be read again." in plain(html)
    assert f"{address}/nothing/undo" not in html
    assert WORDS in await shown(anna, "/desk/texts")
    # What was said stays in the record, beside the entry that takes it back.
    assert await settled(trial) == [("nothing", "courtesy", "staff:anna")]
    kept = await trial.fetch("SELECT kind, actor FROM undone")
    assert kept == [("text_nothing", "staff:anna")]
    audited = "SELECT count(*) FROM audit_entries WHERE table_name = 'undone'"
    assert await trial.fetchval(audited) == 1
    log = (await shown(anna, "/desk/participants/K-001")).partition("What happened")[2]
    assert "Taken back: that nothing was needed about a text by anna" in log or "Taken back" in log
    # It is settled anew, once, and taken back anew.
    bo = await at("bo")
    _, before = await page(bo, address)
    after = await nothing(anna, address)
    status, _ = await press(bo, before, f"{address}/call", note="ring her")
    assert status == 409
    status, _ = await press(anna, after, f"{address}/nothing/undo")
    assert (status, await trial.count("undone")) == (200, 2)
    _, html = await page(bo, address)
    status, _ = await press(bo, html, f"{address}/call", note="ring her")
    assert status == 200
    assert [one[0] for one in await settled(trial)] == ["nothing", "nothing", "call"]


async def test_an_alert_seen_by_a_slip_counts_as_not_seen(trial: Trial, at: Browsers) -> None:
    anna, alert = await at("anna"), await alert_of(trial)
    after = await seen(anna, alert)
    assert await trial.count("alerts", "seen_at IS NULL") == 0
    status, html = await press(anna, after, f"/desk/alerts/{alert}/seen/undo")
    assert (status, "counts as not seen" in plain(html)) == (200, True)
    assert await trial.count("alerts", "seen_at IS NULL AND seen_by IS NULL") == 1
    assert f"/desk/alerts/{alert}/seen" in html
    for count in (2, 3):
        after = await seen(anna, alert)
        await press(anna, after, f"/desk/alerts/{alert}/seen/undo")
        assert await trial.count("undone") == count


async def test_a_try_that_was_none_does_not_count_and_the_call_is_wanted_at_once(
    trial: Trial, at: Browsers
) -> None:
    anna, call = await at("anna"), await call_of(trial)
    after = await nobody_there(anna, call)
    assert await tries(trial) == [("no_answer", False, True), (None, True, False)]
    status, html = await press(anna, after, f"/desk/calls/{call}/close/undo")
    assert (status, "the try does not count" in plain(html)) == (200, True)
    assert await tries(trial) == [("no_answer", False, True), (None, True, True)]
    again = await trial.fetchval("SELECT id FROM call_tasks WHERE closed_at IS NULL")
    assert "rang long" not in await shown(anna, f"/desk/calls/{again}")


async def test_the_last_try_taken_back_makes_the_call_once_more(trial: Trial, at: Browsers) -> None:
    anna, call = await at("anna"), await call_of(trial, "no_channel")
    for _ in range(3):
        after = await nobody_there(anna, call)
        ended, call = (
            call,
            await trial.fetchval("SELECT id FROM call_tasks ORDER BY id DESC LIMIT 1"),
        )
    assert await trial.count("call_tasks", "closed_at IS NULL") == 0
    status, _ = await press(anna, after, f"/desk/calls/{ended}/close/undo")
    assert (status, await trial.count("call_tasks", "closed_at IS NULL")) == (200, 1)
    made = await trial.fetchval("SELECT count(DISTINCT created_at) FROM call_tasks")
    assert made == 1
    # Two tries count; the third may be made.
    call = await trial.fetchval("SELECT id FROM call_tasks WHERE closed_at IS NULL")
    await nobody_there(anna, call)
    assert await trial.count("call_tasks", "closed_at IS NULL") == 0


async def test_pressed_twice_or_thrice_at_once_it_is_taken_back_once(
    trial: Trial, at: Browsers
) -> None:
    anna, address, call = await at("anna"), await text_of(trial, WORDS), await call_of(trial)
    forms = [
        (await nothing(anna, address), f"{address}/nothing/undo"),
        (await nobody_there(anna, call), f"/desk/calls/{call}/close/undo"),
    ]
    for html, path in forms:
        done = await asyncio.gather(*(press(anna, html, path) for _ in range(3)))
        assert [status for status, _ in done] == [200, 200, 200]
    assert await trial.count("undone") == 2
    assert await trial.count("call_tasks", "closed_at IS NULL") == 1


async def test_only_whoever_did_it_takes_it_back(trial: Trial, at: Browsers) -> None:
    anna, bo, alert = await at("anna"), await at("bo"), await alert_of(trial)
    after = await seen(anna, alert)
    path = f"/desk/alerts/{alert}/seen/undo"
    assert path in after
    _, html = await page(bo, "/desk")
    secret = re.search(r'name="form" value="([^"]+)"', html)
    assert secret is not None
    async with bo.post(path, data={"form": secret[1], "back": "/desk"}) as answer:
        assert (answer.status, "Somebody else did this" in await answer.text()) == (409, True)
    assert await trial.count("undone") == 0


async def test_what_followed_stands(trial: Trial, at: Browsers) -> None:
    anna, iris, alert = await at("anna"), await at("iris"), await alert_of(trial)
    after = await seen(anna, alert)
    _, html = await page(iris, "/desk")
    path = f"/desk/alerts/{alert}/assessed"
    status, _ = await press(iris, html, path, verdict="no_ae", told="all well")
    assert status == 200
    status, html = await press(anna, after, f"/desk/alerts/{alert}/seen/undo")
    assert (status, "Something has followed from this" in plain(html)) == (409, True)
    call = await call_of(trial)
    after = await nobody_there(anna, call)
    again = await trial.fetchval("SELECT id FROM call_tasks WHERE closed_at IS NULL")
    _, html = await page(iris, f"/desk/calls/{again}")
    path = f"/desk/calls/{again}/close"
    await press(iris, html, path, outcome="reached", note="spoke to her")
    status, html = await press(anna, after, f"/desk/calls/{call}/close/undo")
    assert (status, "so it stands" in plain(html)) == (409, True)
    assert await trial.count("undone") == 0


async def test_of_an_undoing_and_an_assessment_at_once_one_is_told(
    trial: Trial, at: Browsers
) -> None:
    anna, iris, alert = await at("anna"), await at("iris"), await alert_of(trial)
    after = await seen(anna, alert)
    _, html = await page(iris, "/desk")
    (undone, _), (assessed, _) = await asyncio.gather(
        press(anna, after, f"/desk/alerts/{alert}/seen/undo"),
        press(iris, html, f"/desk/alerts/{alert}/assessed", verdict="no_ae", told="all well"),
    )
    assert assessed == 200
    assert undone in (200, 409)
    assert await trial.count("undone") == (undone == 200)
    # Assessed is seen, whoever was first.
    assert await trial.count("alerts", "seen_at IS NULL") == 0


async def test_after_ten_minutes_it_stands(trial: Trial, at: Browsers) -> None:
    anna, address = await at("anna"), await text_of(trial, WORDS)
    after = await nothing(anna, address)
    await trial.move(timedelta(minutes=11))
    status, html = await press(anna, after, f"{address}/nothing/undo")
    assert (status, "It is too late to take this back" in plain(html)) == (409, True)
    assert await trial.count("undone") == 0


async def test_a_reply_that_was_queued_has_no_undo(trial: Trial, at: Browsers) -> None:
    anna, address = await at("anna"), await text_of(trial, WORDS)
    _, html = await page(anna, address)
    _, preview = await press(anna, html, f"{address}/reply/preview", reply="thanks")
    _, after = await press(anna, preview, f"{address}/reply")
    assert "/undo" not in after
    secret = re.search(r'name="form" value="([^"]+)"', after)
    assert secret is not None
    async with anna.post(f"{address}/nothing/undo", data={"form": secret[1]}) as answer:
        assert answer.status == 409
    assert await trial.count("undone") == 0


@pytest.mark.parametrize("language", ["en", "zh_CN"])
async def test_the_press_has_its_words(trial: Trial, at: Browsers, language: str) -> None:
    anna, address = await at("anna"), await text_of(trial, WORDS)
    async with anna.post("/desk/language", data={"language": language, "back": address}):
        pass
    after = await nothing(anna, address)
    assert "desk." not in plain(after)
    assert {"en": "Undo", "zh_CN": "撤销"}[language] in plain(after)
