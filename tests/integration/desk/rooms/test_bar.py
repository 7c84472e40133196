"""The bar of rooms, and the one sentence that says what was done."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import aiohttp
import asyncpg
import pytest

from pro_service.web.desk.frame.done import without_done
from tests.support.desk import (
    page,
    seed_alert,
    seed_line,
    seed_staff,
    seed_text,
    sign_in,
)
from tests.support.seed import SeededParticipant

CURRENT = re.compile(r'<a href="([^"]*)" aria-current="(\w+)">([^<]*?) *<')
SAID = re.compile(r'<p class="said" tabindex="-1" autofocus role="status">([^<]*)</p>')


async def alert_on(participant: SeededParticipant) -> str:
    assessment = participant.assessments["baseline", "pain-nrs", "left_knee"]
    return f"/desk/alerts/{await seed_alert(participant, assessment)}/seen"


async def test_each_room_has_its_address_and_the_bar_says_where_one_is(
    participant: SeededParticipant, desk: aiohttp.ClientSession
) -> None:
    expected = {
        "/desk": ("/desk", "page", "Today"),
        "/desk/participants": ("/desk/participants", "page", "Participants"),
        "/desk/participants?state=due": ("/desk/participants", "page", "Participants"),
        "/desk/participants/P-001": ("/desk/participants", "true", "Participants"),
        "/desk/participants/P-001/card": ("/desk/participants", "true", "Participants"),
        "/desk/texts": ("/desk/texts", "page", "Texts"),
    }
    for path, current in expected.items():
        status, text = await page(desk, path)
        assert (status, CURRENT.findall(text)) == (200, [current]), path
        assert '<span class="sites">S1</span>' in text
    assert CURRENT.findall((await page(desk, "/desk/nowhere"))[1]) == []


async def test_the_bar_says_what_waits_in_its_rooms(
    participant: SeededParticipant, owner: asyncpg.Connection, desk: aiohttp.ClientSession
) -> None:
    assert 'class="waiting' not in (await page(desk, "/desk/texts"))[1]
    await alert_on(participant)
    line = await seed_line(participant)
    warns = await seed_text(participant, line, "my knee is swollen")
    await seed_text(participant, line, "who are you?")
    for path in ("/desk", "/desk/participants", "/desk/participants/P-001"):
        _, text = await page(desk, path)
        bar = text.partition('<nav class="rooms"')[2].partition("</nav>")[0]
        assert re.findall(r'class="unseen">([^<]*)<', bar) == ["1 urgent", "2 to read"], path
    # A text that warns and raised no alert is urgent as well.
    await owner.execute("UPDATE pro.inbounds SET urgent = true WHERE id = $1", warns)
    assert "2 urgent" in (await page(desk, "/desk/texts"))[1]


async def test_a_reader_is_shown_the_one_room_there_is(
    participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    await seed_staff(participant.study, "rita", role="reader")
    await sign_in(browser, "rita")
    bar = (await page(browser))[1].partition('<nav class="rooms"')[2].partition("</nav>")[0]
    assert re.findall(r'href="([^"]*)"', bar) == ["/desk/measures/reads"]


async def test_an_administrator_is_shown_staff_sites_and_the_audit_alone(
    participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    await seed_staff(participant.study, "adam", role="administrator")
    await sign_in(browser, "adam")
    bar = (await page(browser))[1].partition('<nav class="rooms"')[2].partition("</nav>")[0]
    assert re.findall(r'href="([^"]*)"', bar) == ["/desk/staff", "/desk/sites", "/desk/record"]


async def test_what_was_done_is_said_once_where_the_form_was(
    participant: SeededParticipant, desk: aiohttp.ClientSession
) -> None:
    address = await alert_on(participant)
    _, text = await page(desk, "/desk/participants/P-001")
    assert SAID.findall(text) == []
    kept = dict(re.findall(r'name="(form|back)" value="([^"]*)"', text.partition(address)[2]))
    async with desk.post(address, data=kept) as answer:
        shown, where = await answer.text(), answer.url
    assert where.path == "/desk/participants/P-001"
    (said,) = SAID.findall(shown)
    assert said.startswith("It is recorded that you have seen the alert of P-001.")
    # The next form of that page leads back to the page, not to the sentence.
    assert 'name="back" value="/desk/participants/P-001"' in shown
    assert without_done(str(where.relative())) == "/desk/participants/P-001"


async def test_nobody_else_can_make_a_page_say_that_something_was_done(
    participant: SeededParticipant, desk: aiohttp.ClientSession, browser: aiohttp.ClientSession
) -> None:
    _, text = await page(desk, "/desk?" + urlencode({"done": "paused", "of": "P-001"}))
    assert SAID.findall(text) == []
    address = await alert_on(participant)
    _, text = await page(desk)
    form = dict(re.findall(r'name="(form|back)" value="([^"]*)"', text.partition(address)[2]))
    async with desk.post(address, data=form) as answer:
        made = answer.url
    for wrong in (
        made.update_query(of="P-002"),
        made.update_query(done="alert_closed"),
        made.update_query(on="2026-01-01"),
        made.update_query(proof="é"),
        made.without_query_params("proof"),
    ):
        assert SAID.findall((await page(desk, str(wrong.relative())))[1]) == [], wrong
    assert len(SAID.findall((await page(desk, str(made.relative())))[1])) == 1
    # Another session of the same person was not told.
    await sign_in(desk)
    assert SAID.findall((await page(desk, str(made.relative())))[1]) == []


@pytest.mark.parametrize(
    ("back", "leads_to"),
    [
        ("/desk/texts", "/desk/texts"),
        ("/desk/participants?state=due", "/desk/participants"),
        ("/desk/participants/P-001/entry", "/desk/participants/P-001/entry"),
        ("/desk/../q/me", "/desk"),
        ("/desk/%2e%2e/q/me", "/desk"),
        ("//elsewhere.example/desk", "/desk"),
        ("/desk//elsewhere.example", "/desk"),
        ("/desk\\elsewhere", "/desk"),
    ],
)
async def test_a_form_leads_back_to_pages_of_the_desk_only(
    participant: SeededParticipant, desk: aiohttp.ClientSession, back: str, leads_to: str
) -> None:
    address = await alert_on(participant)
    _, text = await page(desk)
    secret = re.findall(r'name="form" value="([^"]*)"', text)[0]
    data = {"form": secret, "back": back}
    async with desk.post(address, data=data, allow_redirects=False) as answer:
        location = answer.headers["Location"]
    assert location.partition("?")[0] == leads_to
