"""An answer with decimals all the way: typed on a page, stored, scored, proved and exported."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from pro_service.catalog.instrument_files import load_instruments
from pro_service.services.base.context import ServiceContext
from pro_service.services.exports.export import export
from pro_service.store.pools import connect
from pro_service.store.study.studies import StudyRow
from tests.support.forms import form_to
from tests.support.seed import (
    SeededParticipant,
    SeededStudy,
    make_context,
    seed_link,
    seed_participant,
    seed_visit,
)
from tests.support.web import current_action, open_questions, send


@pytest.fixture
def context() -> ServiceContext:
    """The services' context, in which the global rating is answered to a tenth."""
    shipped = load_instruments()
    pga = shipped["pga"]
    fine = tuple(item.model_copy(update={"step": Decimal("0.1")}) for item in pga.items)
    return make_context(instruments={**shipped, "pga": pga.model_copy(update={"items": fine})})


@pytest.fixture
async def participant(study: SeededStudy) -> SeededParticipant:
    """Somebody who is asked for the global rating alone."""
    made = await seed_participant(study)
    await seed_visit(made, asks=(("pga", "person"),))
    return made


async def test_an_answer_of_a_tenth_is_kept_as_it_was_typed(
    owner: asyncpg.Connection,
    database_url: str,
    context: ServiceContext,
    participant: SeededParticipant,
    browser: aiohttp.ClientSession,
    tmp_path: Path,
) -> None:
    page = await open_questions(browser, await seed_link(participant))
    assert 'inputmode="decimal"' in page
    assert "in steps of 0.1" in page
    form = form_to(page, current_action(page))
    (code,) = form.items
    async with browser.post(form.action, data=form.filled(**{code: "7.25"})) as response:
        refused = await response.text()
    assert "Please enter a number from 0 to 10, in steps of 0.1." in refused
    form = form_to(refused, form.action)
    async with browser.post(form.action, data=form.filled(**{code: "7,50"})) as response:
        review = await response.text()
    assert "7.5" in review
    assert (await send(browser, review)).status == 200
    stored = await owner.fetchrow("SELECT value::text, lowest, highest FROM pro.responses")
    assert tuple(stored or ()) == ("7.5", 0, 10)
    assert await owner.fetchval("SELECT raw FROM pro.scores") == Decimal("7.5")

    study = StudyRow(participant.study.id, "KNEE-OA-UCMSC", "", "")
    operator = await connect(database_url, role="pro_operator", actor="cli:test")
    try:
        await export(operator, context, study, tmp_path / "out")
    finally:
        await operator.close()
    with (tmp_path / "out" / "items.csv").open(encoding="utf-8-sig", newline="") as opened:
        (written,) = csv.DictReader(opened)
        assert (written["value"], written["mode"], written["by_text"]) == ("7.5", "web", "no")


async def test_a_number_has_one_form_in_the_record(
    owner: asyncpg.Connection, participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    page = await open_questions(browser, await seed_link(participant))
    form = form_to(page, current_action(page))
    (code,) = form.items
    async with browser.post(form.action, data=form.filled(**{code: "7.0"})) as response:
        assert response.status == 200
    assert await owner.fetchval("SELECT value::text FROM pro.responses") == "7"
    # As a second writer would store it: refused, for 7.50 and 7.5 would be told apart.
    with pytest.raises(asyncpg.CheckViolationError, match="value_is_plain"):
        await owner.execute(
            "INSERT INTO pro.responses SELECT (r).* FROM (SELECT jsonb_populate_record(r, "
            "jsonb_build_object('id', gen_random_uuid(), 'value', 7.50)) AS r"
            " FROM pro.responses AS r) AS copied"
        )
