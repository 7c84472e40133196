"""Safety rules of a protocol at work on the pages: a change since baseline, and what is told."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import asyncpg
import pytest
from aiohttp.test_utils import TestServer

from pro_service.domain.study.protocol import SafetyRule
from pro_service.services.base.context import ServiceContext
from tests.support.forms import form_to
from tests.support.seed import (
    TELEPHONE,
    SeededParticipant,
    SeededStudy,
    seed_injection,
    seed_link,
    seed_participant,
    seed_study,
    seed_visit,
)
from tests.support.web import answer_everything, browsing, open_questions, send

WOMAC = "womac-nrs-3.1"
ASKS = ((WOMAC, "left_knee"), ("pga", "person"))
RULES = (
    SafetyRule(
        id="pain_score_rise",
        instruments=(WOMAC,),
        scale="pain",
        above_baseline=15,
        within_days=14,
        instruction={"en": "Keep the leg up.", "zh_CN": "请把腿抬高。"},
    ),
    SafetyRule(id="worse_overall", instruments=("pga",), above_baseline=1, severity="notice"),
)


@pytest.fixture
async def study(owner: asyncpg.Connection, context: ServiceContext) -> SeededStudy:
    """The example study with a rule about a score's change and one about an item's."""
    return await seed_study(owner, context, rules=RULES)


@pytest.fixture
async def participant(study: SeededStudy) -> SeededParticipant:
    """Somebody who may answer, without visits."""
    return await seed_participant(study)


@pytest.fixture
async def phone(server: TestServer) -> AsyncIterator[aiohttp.ClientSession]:
    """A second phone."""
    async with browsing(server) as session:
        yield session


async def answered(
    browser: aiohttp.ClientSession, participant: SeededParticipant, definition: str, value: int
) -> aiohttp.ClientResponse:
    """Answer everything at a visit with one value, and send it in."""
    await seed_visit(participant, definition, asks=ASKS)
    page = await open_questions(browser, await seed_link(participant, definition))
    return await send(browser, await answer_everything(browser, page, value))


async def rules(owner: asyncpg.Connection) -> list[str]:
    return [row["rule"] for row in await owner.fetch("SELECT rule FROM pro.alerts ORDER BY rule")]


async def test_a_score_that_rose_by_the_step_is_told_when_all_is_answered_before_it_is_sent(
    owner: asyncpg.Connection,
    participant: SeededParticipant,
    browser: aiohttp.ClientSession,
    phone: aiohttp.ClientSession,
) -> None:
    await answered(browser, participant, "baseline", 2)
    await seed_injection(participant)
    await seed_visit(participant, "week_2", asks=ASKS)
    first = await open_questions(phone, await seed_link(participant, "week_2"))
    review = await answer_everything(phone, first, 5)  # 25 of 50, from 10
    assert await rules(owner) == ["pain_score_rise", "worse_overall"]
    async with phone.get("/q/now") as response:
        page = await response.text()
    for told in ("Keep the leg up.", TELEPHONE, "999"):
        assert told in page
    assert (await send(phone, review)).url.path == "/q/thanks"
    assert await rules(owner) == ["pain_score_rise", "worse_overall"]
    async with phone.post("/q/language", data={"language": "zh_CN", "back": "/q/now"}) as response:
        assert "请把腿抬高。" in await response.text()


async def test_a_point_less_is_no_alert_and_a_notice_is_for_staff_alone(
    owner: asyncpg.Connection,
    participant: SeededParticipant,
    browser: aiohttp.ClientSession,
    phone: aiohttp.ClientSession,
) -> None:
    await answered(browser, participant, "baseline", 2)
    await seed_injection(participant)
    sent = await answered(phone, participant, "week_2", 4)
    assert sent.url.path == "/q/thanks"
    assert await rules(owner) == ["worse_overall"]


async def test_without_a_baseline_nothing_has_changed(
    owner: asyncpg.Connection, participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    await seed_injection(participant)
    sent = await answered(browser, participant, "week_2", 9)
    assert sent.url.path == "/q/thanks"
    assert await rules(owner) == []


async def test_the_page_tells_what_was_said_once_and_only_while_it_matters(
    participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    await seed_injection(participant)
    await seed_visit(participant, "week_2", asks=(("pain-nrs", "left_knee"), ("pga", "person")))
    page = await open_questions(browser, await seed_link(participant, "week_2"))
    async with browser.get("/q/now") as response:
        assert "Until you have spoken to them" not in await response.text()
    data = form_to(page, "/q/s/1").filled(pain="9")
    async with browser.post("/q/s/1", data=data) as response:
        shown = await response.text()
    assert shown.count("Rest the knee") == 1
