"""Data queries from raised to closed, by who may; and visits compared with their source."""

from __future__ import annotations

import re

import aiohttp
import asyncpg

from tests.integration.desk.person.sheets import PAGE, fill, said, send
from tests.integration.desk.record.conftest import SignedIn
from tests.support.desk import page
from tests.support.record.words import places_of
from tests.support.study import Trial

CANARY = "the date on the paper differs"


async def step(
    browser: aiohttp.ClientSession, name: str, words: str, *, at: str = PAGE
) -> tuple[int, str]:
    """Open the form of the one query there is, from a page that lists it, and send it."""
    _, html = await page(browser, at)
    found = re.search(rf'href="([^"]+/{name}\?query=[^"]+)"', html)
    assert found is not None, html
    _, html = await page(browser, found[1])
    return await send(browser, html, f"{PAGE}/{name}", {"words": words})


async def test_a_query_is_raised_answered_reopened_and_closed_by_who_may(
    trial: Trial, seated: SignedIn, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    mona, anna = await seated("mona"), await seated("anna")
    status, html = await fill(mona, "data-query", about="participant", words=CANARY)
    assert (status, said(html)) == (200, "The data query about K-001 is raised.")
    _, html = await page(anna)
    assert "Data queries to answer: 1" in html
    _, html = await page(anna, "/desk/record/queries")
    assert CANARY in html
    assert "query-close" not in html
    status, html = await step(anna, "query-answer", "copied wrongly", at="/desk/record/queries")
    assert (status, said(html)) == (200, "The data query about K-001 is answered.")
    _, html = await page(mona)
    assert "Data queries answered, to close: 1" in html
    assert (await step(mona, "query-reopen", "which date?"))[0] == 200
    assert (await step(anna, "query-answer", "the fourth"))[0] == 200
    status, html = await step(mona, "query-close", "thank you")
    assert (status, said(html)) == (200, "The data query about K-001 is closed.")
    steps = await trial.fetch("SELECT step, actor FROM data_query_steps ORDER BY id")
    assert steps == [
        ("answered", "staff:anna"),
        ("reopened", "staff:mona"),
        ("answered", "staff:anna"),
        ("closed", "staff:mona"),
    ]
    _, html = await page(anna)
    assert "data queries" not in html
    assert await places_of(owner, [CANARY, "copied wrongly"]) == {}


async def test_a_query_about_a_question_names_it_and_a_number_there_is_not_is_refused(
    trial: Trial, seated: SignedIn
) -> None:
    dana = await seated("dana")
    about = str(await trial.assessment("K-001", "baseline", "womac-nrs-3.1"))
    status, html = await fill(dana, "data-query", about=about, question="99", words=CANARY)
    assert status == 422
    assert CANARY in html
    status, html = await fill(dana, "data-query", about=about, question="3", words=CANARY)
    assert status == 200
    assert "question 3 of 24" in html
    assert await trial.count("data_queries") == 1


async def test_a_closed_query_is_not_answered(trial: Trial, seated: SignedIn) -> None:
    mona, anna = await seated("mona"), await seated("anna")
    await fill(mona, "data-query", about="participant", words="x")
    _, html = await page(anna, PAGE)
    found = re.search(r'href="([^"]+/query-answer\?query=[^"]+)"', html)
    assert found is not None
    _, form = await page(anna, found[1])
    assert (await step(mona, "query-close", "mine"))[0] == 200
    status, html = await send(anna, form, f"{PAGE}/query-answer", {"words": "too late"})
    assert status == 422
    assert "open it again first" in html
    assert "too late" in html


async def test_a_mark_is_void_once_anything_of_the_visit_changed(
    trial: Trial, seated: SignedIn
) -> None:
    mona = await seated("mona")
    facts = await trial.facts("K-001")
    visit = next(one for one in facts.visits if one.opens_at <= facts.now and one.assessments)
    status, html = await fill(mona, "source-checked", visit=str(visit.id), words="the paper file")
    assert (status, "verified" in html) == (200, True)
    assert "void" not in html
    await trial.owner_does("UPDATE visits SET attended_on = target_on WHERE id = $1", visit.id)
    _, html = await page(mona, PAGE)
    assert "void: something changed since" in html


async def test_what_a_rule_found_in_answers_is_seen_by_who_may_see_answers(
    trial: Trial, seated: SignedIn
) -> None:
    about = await trial.assessment("K-001", "baseline", "womac-nrs-3.1")
    await trial.owner_does(
        "INSERT INTO data_queries (study_id, id, participant_id, assessment_id, rule, actor)"
        " SELECT study_id, gen_random_uuid(), participant_id, id, $2, 'test:rule'"
        " FROM assessments WHERE id = $1",
        about,
        "answers_fit_smaller_version",
    )
    told = "All answers would fit a smaller version"
    for login, sees in (("anna", False), ("mona", True)):
        browser = await seated(login)
        for path in (PAGE, "/desk/record/queries"):
            _, html = await page(browser, path)
            assert (told in html) is sees, (login, path)
        # Nor does the audit tell that there is one.
        _, html = await page(browser, "/desk/record?code=K-001&what=queries")
        assert ("Data query" in html.partition("<tbody>")[2]) is sees, login
        _, html = await page(browser)
        assert ("ata queries to answer" in html) is False
