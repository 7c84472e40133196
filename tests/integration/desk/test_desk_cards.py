"""The card at the desk: printed by those who hand it out, and made anew when it was lost."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from pro_service.services.cards import cards
from pro_service.services.study.staff import make_staff
from tests.support.begun import begun_by
from tests.support.databases import Prepared
from tests.support.desk import PASSWORD, page, press, sign_in
from tests.support.forms import form_to
from tests.support.record.words import spoken
from tests.support.study import ACTOR, SENDER, Left, Trial, add_site, go_on_with, row
from tests.support.web import browsing

CARD = "/desk/participants/K-001/card"


async def begin_trial(running: Trial) -> None:
    """A participant with a Chinese card, and staff of two sites."""
    await add_site(running.operator, running.study_id, "SH02")
    await running.enrol(row("K-001", language="zh_CN"))
    for login, site, role in (
        ("anna", "BJ01", "coordinator"),
        ("mona", "BJ01", "monitor"),
        ("other", "SH02", "coordinator"),
    ):
        await make_staff(
            running.operator,
            running.study_id,
            login=login,
            password=PASSWORD,
            site=site,
            role=role,
            actor=ACTOR,
        )


begun = begun_by(begin_trial)


@pytest.fixture
async def trial(database_url: str, begun: Prepared[Left]) -> AsyncIterator[Trial]:
    """That trial going on, on a copy of its database."""
    async with go_on_with(database_url, begun.made) as running:
        yield running


@pytest.fixture
async def desk(trial: Trial) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser of a member of staff."""
    async with browsing(trial.server) as browser:
        yield browser


async def card_of(trial: Trial) -> cards.Card:
    """The card as the command line would print it."""
    ((card,), _) = await cards.list_cards(
        trial.operator, trial.context, trial.study_id, actor=ACTOR
    )
    return card


async def shown(desk: aiohttp.ClientSession) -> aiohttp.ClientResponse:
    """Press the button that shows the card; the page that follows."""
    _, html = await page(desk, CARD)
    return await desk.post(f"{CARD}/show", data=dict(form_to(html, f"{CARD}/show").fields))


async def test_the_card_is_shown_in_the_participants_language_and_leads_to_their_page(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await sign_in(desk)
    _, participant = await page(desk, "/desk/participants/K-001")
    assert f'href="{CARD}"' in participant
    async with await shown(desk) as answer:
        html = await answer.text()
        policy = answer.headers["Content-Security-Policy"]
    card = await card_of(trial)
    assert card.texts_from == (SENDER,)
    assert f"我们的短信来自{SENDER}" in html
    for words in (card.code, card.address, card.telephone, "请用手机扫描二维码", 'lang="zh-Hans"'):
        assert words in html
    assert card.link not in html
    assert policy.endswith("; img-src 'self'")
    async with desk.get(f"{CARD}.svg") as answer:
        assert (answer.status, answer.content_type) == (200, "image/svg+xml")
        assert answer.headers["Cache-Control"] == "no-store"
        picture = await answer.text()
    assert "style" not in picture
    assert picture.count("<path") == 2


@pytest.mark.parametrize("login", ["mona", "other"])
async def test_nobody_else_sees_or_makes_it(
    trial: Trial, desk: aiohttp.ClientSession, login: str
) -> None:
    await sign_in(desk, login)
    _, first = await page(desk)
    secret = first.partition('name="form" value="')[2].partition('"')[0]
    for path in (CARD, f"{CARD}.svg"):
        assert (await page(desk, path))[0] == 404
    before = await card_of(trial)
    async with desk.post(CARD, data={"form": secret, "reason": "mine now"}) as answer:
        assert answer.status == 404
    assert await card_of(trial) == before


async def test_a_new_one_needs_a_reason_ends_the_old_one_and_is_audited(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await sign_in(desk)
    before = await card_of(trial)
    _, html = await page(desk, CARD)
    assert (await press(desk, html, CARD, reason=" "))[0] == 422
    assert await card_of(trial) == before
    status, html = await press(desk, html, CARD, reason="lost on the bus")
    assert (await page(desk, f"{CARD}.svg"))[0] == 404
    status, html = await press(desk, html, f"{CARD}/show")
    after = await card_of(trial)
    assert status == 200
    assert after.code in html
    assert before.code not in html
    assert (before.link, before.code) != (after.link, after.code)
    audited = await trial.fetch(
        "SELECT actor, reason FROM audit_entries"
        " WHERE table_name IN ('participants', 'cards') AND operation = 'UPDATE'"
    )
    assert [actor for actor, _ in audited] == ["staff:anna"] * 2
    assert {await spoken(trial.operator, trial.context, reason) for _, reason in audited} == {
        "lost on the bus"
    }


async def test_who_has_no_card_yet_gets_one_with_the_code_they_have(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await sign_in(desk)
    code = (await card_of(trial)).code
    await trial.owner_does("UPDATE cards SET ended_at = pro.now()")
    _, html = await page(desk, CARD)
    assert "There is no card yet." in html
    assert (await page(desk, f"{CARD}.svg"))[0] == 404
    _, html = await press(desk, html, CARD, reason="first card")
    status, html = await press(desk, html, f"{CARD}/show")
    assert status == 200
    assert code in html


async def test_the_contact_card_shows_number_words_and_switchboard_and_opens_nothing(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await sign_in(desk)
    _, html = await page(desk, CARD)
    for words in ("+12025550199", "研究团队", "+12025550198", "我们绝不会索要钱款", "请您试一次"):
        assert words in html, words
    assert await trial.count("card_showings") == 0
    status, svg = await page(desk, "/desk/participants/K-001/contact.svg")
    assert (status, "<svg" in svg) == (200, True)
    for login in ("mona", "other"):
        await sign_in(desk, login)
        assert (await page(desk, "/desk/participants/K-001/contact.svg"))[0] == 404
