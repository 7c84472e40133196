"""Restricted (R17): all stops but safety, numbers leave every room, an investigator opens them."""

from __future__ import annotations

from datetime import timedelta

import aiohttp
import pytest

from pro_service.domain.study.facts import Status
from pro_service.domain.study.pausing import status_of
from pro_service.services import rounds
from pro_service.services.base.notes import noted_in
from pro_service.services.visits import RestrictionRefusedError, lift_restriction, restrict
from tests.integration.desk.person.sheets import PAGE, do, problem, said
from tests.support.desk import page
from tests.support.forms import form_to
from tests.support.study import ACTOR, Trial, phone, row

WHY = "At the participant's wish"
HIDDEN = "The numbers are not shown: the participant is restricted."


async def press_number(browser: aiohttp.ClientSession, html: str, **filled: str) -> tuple[int, str]:
    """Ask for the numbers by the form of a page."""
    fields = [
        *(one for one in form_to(html, f"{PAGE}/number").fields if one[0] != "reason"),
        *filled.items(),
    ]
    async with browser.post(f"{PAGE}/number", data=fields) as answer:
        return answer.status, await answer.text()


async def find(browser: aiohttp.ClientSession, typed: str) -> str:
    """Look somebody up; the address it leads to."""
    _, html = await page(browser, "/desk/participants")
    fields = [one for one in form_to(html, "/desk/participants/find").fields if one[0] != "typed"]
    fields.append(("typed", typed))
    async with browser.post(
        "/desk/participants/find", data=fields, allow_redirects=False
    ) as answer:
        return answer.headers["Location"]


async def test_an_investigator_restricts_after_a_look_and_the_number_leaves_every_room(
    trial: Trial, desk: aiohttp.ClientSession, investigator: aiohttp.ClientSession
) -> None:
    number = phone(1)
    assert await find(desk, number) == PAGE
    status, html = await do(investigator, "restriction", reason=WHY)
    assert (status, said(html)) == (200, "K-001 is restricted from now on.")
    assert status_of(await trial.facts("K-001")) is Status.stopped_questionnaires
    for browser in (desk, investigator):
        _, html = await page(browser, PAGE)
        assert HIDDEN in html
        assert "Restricted: nothing is asked or sent" in html
        for place in (PAGE, f"{PAGE}/new-number", f"{PAGE}/contact-first", "/desk"):
            _, text = await page(browser, place)
            assert "··01" not in text
        assert await find(browser, number) == "/desk/participants?nobody"
        assert await find(browser, number[-4:]) == "/desk/participants?nobody"
        assert await find(browser, "K-001") == PAGE
    checked = await trial.enrol(row("K-002", phone=number))
    assert checked.enrolled == 1, "and whose number it is as well is not said"


async def test_the_investigator_alone_opens_the_numbers_with_a_reason_that_is_kept(
    trial: Trial, desk: aiohttp.ClientSession, investigator: aiohttp.ClientSession
) -> None:
    _, before = await page(desk, PAGE)
    await restrict(trial.who("K-001"), actor=ACTOR, reason=WHY)
    status, text = await press_number(desk, before)
    assert (status, "An investigator opens the numbers" in text) == (403, True)
    _, html = await page(desk, PAGE)
    assert f'action="{PAGE}/number"' not in html
    _, html = await page(investigator, PAGE)
    status, _ = await press_number(investigator, html, reason=" ")
    assert (status, await trial.count("number_showings")) == (422, 0)
    status, text = await press_number(investigator, html, reason="She fainted, said her son")
    assert (status, phone(1) in text) == (200, True)
    (shown,) = await trial.fetch("SELECT actor, reason FROM number_showings")
    assert shown[0] == "staff:ivan"
    assert noted_in(shown[1]) is not None


async def test_nothing_is_sent_any_more_and_a_safety_day_is_a_call_the_same_evening(
    trial: Trial, investigator: aiohttp.ClientSession
) -> None:
    await trial.happened("K-001")
    await restrict(trial.who("K-001"), actor=ACTOR, reason=WHY)
    await trial.move(timedelta(days=1, hours=10))
    await trial.remind()
    await rounds.call_round(trial.pools.worker, trial.context)
    assert await trial.texts("K-001") == []
    (call,) = await trial.fetch("SELECT id FROM call_tasks WHERE reason = 'safety_unanswered'")
    _, html = await page(investigator, f"/desk/calls/{call[0]}")
    fields = form_to(html, f"/desk/calls/{call[0]}/number").fields
    async with investigator.post(f"/desk/calls/{call[0]}/number", data=fields) as answer:
        assert answer.status == 403
        assert phone(1) not in await answer.text()
    # What comes in from the number is kept, answers nothing, and waits for somebody to read it.
    reply = await trial.says("K-001", "4")
    assert await trial.count("responses") == 0
    assert reply is None or "4" not in reply


async def test_a_restriction_holds_through_a_later_status_until_it_is_lifted(
    trial: Trial, investigator: aiohttp.ClientSession
) -> None:
    who = trial.who("K-001")
    await restrict(who, actor=ACTOR, reason=WHY)
    with pytest.raises(RestrictionRefusedError):
        await restrict(who, actor=ACTOR, reason=WHY)
    await trial.status("K-001", Status.active)
    _, html = await page(investigator, PAGE)
    assert HIDDEN in html
    status, html = await do(investigator, "restriction", reason="She changed her mind")
    assert (status, said(html)) == (200, "The restriction of K-001 is lifted.")
    assert HIDDEN not in html
    assert "··01" in html
    with pytest.raises(RestrictionRefusedError):
        await lift_restriction(who, actor=ACTOR, reason=WHY)
    assert problem(html) == ""
    assert await trial.count("restrictions") == 2
