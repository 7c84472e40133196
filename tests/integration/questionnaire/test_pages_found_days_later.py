"""Every form of a questionnaire sent again when its answers are too old to be read along."""

from __future__ import annotations

from datetime import timedelta

import aiohttp
import asyncpg
import pytest
from aiohttp.test_utils import TestServer

from tests.support.forms import PageForm, form_to, forms_of
from tests.support.seed import SeededParticipant, seed_link, seed_visit
from tests.support.web import browsing, current_action, open_questions, send

LATER = timedelta(days=3)
SENT_IN = (
    "SELECT id, submitted_at FROM pro.assessments WHERE submitted_at < pro.now() - interval '1 day'"
    " ORDER BY id"
)


async def walk(browser: aiohttp.ClientSession, page: str) -> list[PageForm]:
    """Answer everything and send it in; every form that was met, in order."""
    met: list[PageForm] = []
    while True:
        met += forms_of(page)
        action = current_action(page)
        if action == "/q/review":
            done = await send(browser, page)
            met += forms_of(await done.text())
            return met
        form = form_to(page, action)
        data = form.filled(**dict.fromkeys(form.items, "4"))
        if action == "/q/who":
            data.append(("who", "self"))
        async with browser.post(action, data=data) as response:
            assert response.status == 200
            page = await response.text()


@pytest.mark.parametrize("another", [False, True], ids=["nothing_open", "another_visit_open"])
async def test_no_form_sent_days_later_fails_or_changes_what_was_sent_in(
    owner: asyncpg.Connection, participant: SeededParticipant, server: TestServer, another: bool
) -> None:
    token = await seed_link(participant, expires=timedelta(days=20))
    async with browsing(server) as browser:
        met = await walk(browser, await open_questions(browser, token))
        assert len(met) > 4
        scores = await owner.fetchval("SELECT count(*) FROM pro.scores")
        await owner.execute("SELECT pro.move_clock(pro.now() + $1::interval)", LATER)
        before = await owner.fetch(SENT_IN)
        assert before
        if another:
            await seed_visit(participant, "week_2", closes=timedelta(days=20))
        failed = []
        for form in met:
            values = form.filled(**dict.fromkeys(form.items, "9"))
            for button in [None, *form.buttons]:
                data = values if button is None else [*values, button]
                async with browser.post(form.action, data=data) as answer:
                    if answer.status >= 500:
                        failed.append((form.action, button))
        for path in ("/q/review", "/q/s/1", "/q/me", "/q/done", "/q/decline", "/q/who", "/q"):
            async with browser.get(path) as answer:
                if answer.status >= 500:
                    failed.append((path, None))
        assert failed == []
        assert await owner.fetchval("SELECT count(*) FROM pro.scores") == scores
        assert await owner.fetch(SENT_IN) == before
