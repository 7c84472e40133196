"""Chosen participants together: each under the single action's rules, with a result a row."""

from __future__ import annotations

import re
from datetime import timedelta

import aiohttp

from tests.integration.desk.person.sheets import problem, said, send
from tests.support.desk import page
from tests.support.study import Trial, row

LIST = "/desk/participants"
ASK = "/desk/chosen/ask"
CARDS = "/desk/chosen/cards"


async def enrolled(trial: Trial) -> None:
    """Three at the coordinator's site whose baseline is open, and one at another."""
    await trial.enrol(row("K-002"), row("K-003"))
    baseline = next(
        one for one in (await trial.facts("K-001")).visits if one.definition == "baseline"
    )
    await trial.move(baseline.opens_at + timedelta(hours=12))


def results(html: str) -> dict[str, str]:
    """What each row says."""
    rows = re.findall(r'<tr><th scope="row">.*?>([^<]+)</a></th><td>([^<]*)</td>', html)
    return dict(rows)


async def test_each_of_those_ticked_is_asked_once_and_whoever_may_not_be_is_told(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await enrolled(trial)
    await trial.says("K-003", "STOP")
    _, html = await page(desk, LIST)
    assert 'value="K-500"' not in html
    chosen = ["K-001", "K-003", "K-500"]
    status, html = await send(desk, html, ASK, {"chosen": chosen})
    assert status == 200, html
    assert "A text goes to 1 of them, and none to 2." in html
    assert results(html) == {
        "K-001": "✓ The text goes now",
        "K-003": "✕ Not sent. This number wants no texts. Ring, or let texts go again if"
        " that is the wish.",
        "K-500": "✕ Not sent. There is nobody of this code at your sites now.",
    }
    assert await trial.count("reminders", "due_at <= pro.now() AND ended_at IS NULL") == 0
    status, done = await send(desk, html, ASK, {"step": "do"})
    assert (status, said(done)) == (200, "Asked: 1. Not sent: 0. Each line says why.")
    _, again = await send(desk, html, ASK, {"step": "do"})
    assert results(again) == {"K-001": "✓ Asked already by this form"}
    await trial.remind()
    await trial.provider.drain()
    assert {code: len(await trial.texts(code)) for code in ("K-001", "K-002", "K-500")} == {
        "K-001": 1,
        "K-002": 0,
        "K-500": 0,
    }
    _, html = await page(desk, LIST)
    status, html = await send(desk, html, ASK, {})
    assert (status, "Nobody is ticked" in problem(html)) == (422, True)


async def test_all_that_the_filter_shows_are_asked_and_nobody_else(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await enrolled(trial)
    _, html = await page(desk, f"{LIST}?code=K-00")
    assert "All 3 that the filter shows" in html
    status, html = await send(desk, html, ASK, {"all": "1"})
    assert status == 200
    assert sorted(results(html)) == ["K-001", "K-002", "K-003"]


async def test_cards_of_those_ticked_are_one_file_and_that_is_recorded(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await enrolled(trial)
    _, html = await page(desk, LIST)
    form = re.search(r'name="form" value="(\w+)"', html)
    assert form is not None
    filled = [("form", form[1]), ("chosen", "K-001"), ("chosen", "K-002")]
    async with desk.post(CARDS, data=filled) as answer:
        assert (answer.status, answer.content_type) == (200, "application/pdf")
        assert (await answer.read()).startswith(b"%PDF")
    assert await trial.count("card_showings", "actor = 'staff:anna' AND way = 'desk'") == 2
    async with desk.post(CARDS, data=[*filled, ("chosen", "K-500")]) as answer:
        assert answer.status == 404
    assert await trial.count("card_showings") == 2


async def test_who_only_reads_chooses_nobody(
    desk: aiohttp.ClientSession, monitor: aiohttp.ClientSession
) -> None:
    for browser, chooses in ((desk, True), (monitor, False)):
        _, html = await page(browser, LIST)
        assert ('name="chosen"' in html) is chooses
