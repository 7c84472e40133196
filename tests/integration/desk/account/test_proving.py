"""Asked for the password anew: what was typed goes on, and nothing happens before."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import asyncpg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from pro_service.domain.study.permissions import Action
from pro_service.services.base.context import ServiceContext
from pro_service.services.desk.seat import Seat
from pro_service.services.desk.sign_in import PLAIN_DOOR, Door
from pro_service.store.pools import Pools
from pro_service.web import keys
from pro_service.web.cookies import BY_HTTPS
from pro_service.web.desk.guard import for_staff
from pro_service.web.desk.routes import DOINGS, ROUTES, Doing, set_up
from pro_service.web.requests import read_form
from tests.support.desk import PASSWORD, page, press, seed_call, seed_line, seed_staff, sign_in
from tests.support.forms import form_to
from tests.support.seed import SeededParticipant, SeededStudy
from tests.support.web import browsing, serving

NUMBER = "It is recorded that you saw this."


async def stale(owner: asyncpg.Connection, minutes: float) -> None:
    """Every session proved who it is this long ago."""
    await owner.execute(
        "UPDATE pro.staff_sessions SET proved_at = clock_timestamp() - $1::interval",
        timedelta(minutes=minutes),
    )


@pytest.fixture
async def server(pools: Pools, context: ServiceContext) -> AsyncIterator[TestServer]:
    """A desk that asks before numbers are shown."""
    async with serving(pools, context, door=Door(proof_for_numbers=True)) as running:
        yield running


async def test_a_number_is_shown_after_the_password_and_at_once_for_a_quarter_of_an_hour(
    desk: aiohttp.ClientSession, participant: SeededParticipant, owner: asyncpg.Connection
) -> None:
    await seed_line(participant)
    await seed_call(participant)
    path, show = f"/desk/participants/{participant.code}", "number"
    _, html = await page(desk, path)
    await stale(owner, 14.9)
    assert NUMBER in (await press(desk, html, f"{path}/{show}"))[1]
    await stale(owner, 15.1)
    status, asked = await press(desk, html, f"{path}/{show}")
    assert (status, "Is it still you?" in asked, NUMBER in asked) == (200, True, False)
    status, asked = await press(desk, asked, f"{path}/{show}", proof_password="wrong words here")
    assert (status, "This is not your password" in asked, NUMBER in asked) == (422, True, False)
    status, shown = await press(desk, asked, f"{path}/{show}", proof_password=PASSWORD)
    assert (status, NUMBER in shown) == (200, True)
    assert NUMBER in (await press(desk, html, f"{path}/{show}"))[1]
    kinds = await owner.fetch("SELECT kind FROM pro.staff_events ORDER BY id")
    assert [one["kind"] for one in kinds][-2:] == ["proof_refused", "proved"]


async def test_numbers_are_shown_without_it_unless_the_setting_says_so(
    study: SeededStudy,
    participant: SeededParticipant,
    pools: Pools,
    context: ServiceContext,
    owner: asyncpg.Connection,
) -> None:
    await seed_staff(study)
    await seed_line(participant)
    await seed_call(participant)
    path = f"/desk/participants/{participant.code}"
    async with serving(pools, context) as plain, browsing(plain) as browser:
        await sign_in(browser)
        await stale(owner, 300)
        _, html = await page(browser, path)
        assert NUMBER in (await press(browser, html, f"{path}/number"))[1]


async def echo(request: web.Request, seat: Seat) -> web.Response:
    """Says what was sent."""
    form = await read_form(request) if request.method == "POST" else {}
    return web.Response(text=f"{seat.staff.login}: {form.get('typed', 'looked')}")


async def test_whatever_room_asks_keeps_what_was_typed_and_a_page_leads_on(
    study: SeededStudy, pools: Pools, context: ServiceContext, owner: asyncpg.Connection
) -> None:
    await seed_staff(study)
    doing = Doing("/desk/signed", echo, Action.see_participants, "desk-signed", step_up=True)
    look = web.get("/desk/look/out", for_staff(echo, step_up=True))

    app = web.Application()
    app[keys.POOLS], app[keys.CONTEXT], app[keys.DOOR] = pools, context, PLAIN_DOOR
    app[keys.TRUSTED_PROXIES] = 0
    app[BY_HTTPS] = False
    set_up(app)
    # But for the last, which takes every other address.
    app.add_routes((*ROUTES[:-1], doing.route, look))
    running = TestServer(app, access_log=None)
    async with running, browsing(running) as browser:
        _, html = await sign_in(browser)
        form = dict(form_to(html, "/desk/sign-out").fields)
        await stale(owner, 16)
        async with browser.post("/desk/signed", data=form | {"typed": "all of it"}) as answer:
            asked = await answer.text()
        assert "Is it still you?" in asked
        _, said = await press(browser, asked, "/desk/signed", proof_password=PASSWORD)
        assert said == "anna: all of it"
        await stale(owner, 16)
        _, asked = await page(browser, "/desk/look/out?at=1")
        _, said = await press(browser, asked, "/desk/prove", proof_password=PASSWORD)
        assert said == "anna: looked"


def test_nothing_urgent_ever_asks_for_a_password() -> None:
    urgent = {Action.take_alert, Action.see_alert, Action.assess_alert, Action.close_call}
    assert [one.name for one in DOINGS if one.step_up and one.action in urgent] == []
