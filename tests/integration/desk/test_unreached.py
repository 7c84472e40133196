"""Who cannot be reached is a list on the desk's first page; it ends by itself (N1)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest

from pro_service.domain.study.facts import Status
from pro_service.domain.study.protocol import Calls
from pro_service.services import rounds
from pro_service.services.desk.today import list_to_do, read_protocols
from pro_service.services.study.staff import make_staff
from pro_service.services.texting import numbers
from pro_service.services.texting.opt_outs import opt_out_by_staff
from pro_service.services.texting.reminders import open_link
from pro_service.store.connection import Looking
from pro_service.store.desk import desk as store
from pro_service.store.ids import new_id
from tests.support.desk import PASSWORD, page, sign_in
from tests.support.statements import statements
from tests.support.study import ACTOR, Trial, open_trial, phone, row
from tests.support.web import answer_everything, browsing, open_questions

PAGE = "/desk/participants/K-001"


@pytest.fixture
async def trial(database_url: str) -> AsyncIterator[Trial]:
    async with open_trial(database_url) as running:
        await running.enrol(row("K-001"), row("K-002"))
        for code in ("K-001", "K-002"):
            await running.status(code, Status.active)
        for login, role in (("anna", "coordinator"), ("mona", "monitor")):
            await make_staff(
                running.operator,
                running.study_id,
                login=login,
                password=PASSWORD,
                site="BJ01",
                role=role,
                actor=ACTOR,
            )
        yield running


@pytest.fixture
async def desk(trial: Trial) -> AsyncIterator[aiohttp.ClientSession]:
    async with browsing(trial.server) as browser:
        await sign_in(browser)
        yield browser


async def listed(desk: aiohttp.ClientSession) -> list[tuple[str, str]]:
    """Codes and reasons of the list, as the page shows them."""
    status, html = await page(desk)
    assert status == 200
    section = html.partition('<section id="unreached">')[2].partition("</section>")[0]
    rows = re.findall(r'class="code" href="[^"]*/([^"/]+)">.*?class="what">([^<]*)<', section, re.S)
    counted = re.search(r'href="#unreached">[^<]*<strong>(\d+)', html)
    assert (0 if counted is None else int(counted[1])) == len(rows)
    return [(code, why.replace("&#39;", "'")) for code, why in rows]


async def test_the_second_text_that_did_not_arrive_puts_them_on_the_list_until_one_does(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    """N1: 22 texts were refused as 30003 over six months, and the first page showed nothing."""
    trial.faults.unreachable.add(trial.phones["K-001"])
    assert await listed(desk) == []
    await trial.ask()
    assert await listed(desk) == []
    await trial.ask()
    assert await listed(desk) == [("K-001", "Two texts in a row or more did not arrive")]
    offered = f'<a href="{PAGE}#contacts">Find another way'
    assert offered in (await page(desk))[1]
    # Who may change no number is offered none.
    async with browsing(trial.server) as monitor:
        await sign_in(monitor, login="mona")
        watched = await listed(monitor)
        assert [code for code, _ in watched] == ["K-001"]
        assert offered not in (await page(monitor))[1]
    _, html = await page(desk, PAGE)
    assert html.count("sent, but not delivered") == 2
    _, html = await page(desk, "/desk/participants/K-002")
    assert "not delivered" not in html
    assert await rounds.call_round(trial.pools.worker, trial.context) >= 1
    _, html = await page(desk)
    assert "The reminders did not arrive: find another way to reach them" in html
    trial.faults.unreachable.clear()
    await trial.happened("K-001")
    await trial.ask()
    assert await listed(desk) == []


async def test_an_answer_ends_it_though_no_text_arrives(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    trial.faults.unreachable.add(trial.phones["K-001"])
    await trial.ask()
    await trial.ask()
    assert [code for code, _ in await listed(desk)] == ["K-001"]
    await trial.move(timedelta(minutes=1))
    # A text would answer nothing: no question has arrived. The link on their card does.
    operator = trial.who("K-001")
    link = await open_link(operator._replace(connection=trial.pools.worker))
    assert link is not None
    async with browsing(trial.server) as phone:
        first = await open_questions(phone, link.rpartition("/")[2])
        await answer_everything(phone, first)
    assert await listed(desk) == []


async def test_numbers_that_rest_are_listed_with_why_and_nobody_who_can_be_reached(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await trial.ask()
    await trial.says("K-001", "wrong number")
    await opt_out_by_staff(trial.who("K-002"), ACTOR, "asked for it on the telephone")
    assert await listed(desk) == [
        ("K-001", "The number is somebody else's: find the right one"),
        ("K-002", "The number wants no texts, and there is no other"),
    ]
    await numbers.change_number(trial.who("K-001"), phone(60), ACTOR, "the daughter said it")
    found = dict(await listed(desk))
    assert found["K-001"] == "The new number has not been confirmed"
    await numbers.confirm_by_staff(trial.who("K-001"), ACTOR, "rang there")
    assert "K-001" not in dict(await listed(desk))
    # However few are looked at first, nobody behind them is hidden.
    await opt_out_by_staff(trial.who("K-001"), ACTOR, "asked for it on the telephone")
    async with trial.pools.desk.acquire() as connection, connection.transaction():
        roles = [(await trial.fetchval("SELECT id FROM sites WHERE code = 'BJ01'"), "coordinator")]
        await store.enter_desk(connection, Looking.of("staff:anna", roles), "")
        versions = await read_protocols(connection, trial.context, trial.study_id)
        given = (connection, trial.context, trial.study_id, versions)
        to_do = await list_to_do(*given, judged=1)
    assert {one.code for one in to_do.unreached} == {"K-001", "K-002"}
    assert not to_do.unreached_more
    await trial.status("K-002", Status.withdrew_follow_up)
    assert [code for code, _ in await listed(desk)] == ["K-001"]


async def test_visits_that_pass_without_a_word_are_silence(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await trial.ask()
    await trial.says("K-002", "4")
    for code in ("K-001", "K-002"):
        await trial.happened(code)
    assert await listed(desk) == []
    # Three safety visits pass; of K-002 nothing more is heard either, after an answer before them.
    await trial.move(timedelta(days=10))
    assert [why for _, why in await listed(desk)] == ["Nothing was answered at the last visits"] * 2
    assert Calls().silent_visits == 2


async def test_the_list_costs_the_first_page_one_statement(
    trial: Trial, desk: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    await trial.ask()
    await trial.says("K-001", "wrong number")
    await page(desk)
    with statements(monkeypatch) as said:
        await page(desk)
    assert said.count("list_unreached") == 1
    assert said.count("list_open_calls") == 1


async def test_whoever_is_at_no_site_of_theirs_sees_nobody_of_it(trial: Trial) -> None:
    await trial.ask()
    await trial.says("K-001", "wrong number")
    site = await trial.fetchval("SELECT id FROM sites WHERE code = 'BJ01'")
    for sites, found in (([], []), ([new_id()], []), ([site], ["K-001"])):
        async with trial.pools.desk.acquire() as connection, connection.transaction():
            roles = [(one, "coordinator") for one in sites]
            await store.enter_desk(connection, Looking.of("staff:anna", roles), "")
            rows = await store.list_unreached(connection, trial.study_id, (), 10)
            assert [one.code for one in rows] == found
