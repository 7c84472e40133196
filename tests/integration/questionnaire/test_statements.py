"""How many statements a participant's pages cost: no more than they ever did."""

from __future__ import annotations

import aiohttp
import pytest

from tests.support.forms import form_to
from tests.support.seed import SeededParticipant, seed_link
from tests.support.statements import statements
from tests.support.web import answer_everything, open_questions, send

TO_OPEN, TO_SAVE, TO_SAVE_WITHOUT_SCRIPT, TO_FINISH = 8, 2, 4, 21
"""From link to first screen, one screen both ways, and all that is left.

As counted since who comes in is read with their facts; 15, 4, 7 and 42 before.
"""
IN_PLACE = {"X-Page": "in-place"}
"""How our script posts a screen: the answer is the screen after next, not a redirect."""


async def test_a_saved_screen_and_a_whole_sitting_cost_no_more_statements_than_before(
    participant: SeededParticipant, browser: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await seed_link(participant)
    with statements(monkeypatch) as opened:
        page = await open_questions(browser, token)
    form = form_to(page, "/q/s/1")
    data = form.filled(**dict.fromkeys(form.items, "4"))
    with statements(monkeypatch) as saved:
        async with browser.post("/q/s/1", data=data, headers=IN_PLACE) as response:
            assert response.status == 200
    with statements(monkeypatch) as without_script:
        async with browser.post("/q/s/1", data=data) as response:
            page = await response.text()
    with statements(monkeypatch) as rest:
        await send(browser, await answer_everything(browser, page))
    assert len(opened) <= TO_OPEN, opened
    assert len(saved) <= TO_SAVE, saved
    assert len(without_script) <= TO_SAVE_WITHOUT_SCRIPT, without_script
    assert len(rest) <= TO_FINISH, rest
