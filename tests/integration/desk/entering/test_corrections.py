"""Answers that were sent, corrected: asked by one person, decided by another, kept for good."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

import aiohttp
import pytest

from pro_service.services.study.staff import make_staff
from tests.integration.desk.entering.test_entry import begin, keep, send_address
from tests.support.begun import begun_by
from tests.support.databases import Prepared
from tests.support.desk import PASSWORD, page, press, sign_in
from tests.support.record.words import spoken
from tests.support.study import ACTOR, STARTED_AT, Left, Trial, go_on_with, row
from tests.support.web import browsing

PAGE: Final = "/desk/participants/K-001/corrections"
TO_DECIDE: Final = '<a href="/desk/corrections#waiting">Corrections to decide: 1</a>'
STAFF: Final = {"anna": "coordinator", "ines": "investigator", "ivan": "investigator"}


async def begin_trial(running: Trial) -> None:
    """A participant whose pain was entered as 8 and sent in."""
    await running.enrol(row("K-001"))
    for login, role in STAFF.items():
        await make_staff(
            running.operator,
            running.study_id,
            login=login,
            password=PASSWORD,
            site="BJ01",
            role=role,
            actor=ACTOR,
        )
    async with browsing(running.server) as browser:
        await sign_in(browser)
        _, html = await begin(running, browser)
        _, html = await keep(browser, html, pain="8")
        await press(browser, html, send_address(html))
    await running.move(timedelta(hours=2))


begun = begun_by(begin_trial)


@pytest.fixture
async def trial(database_url: str, begun: Prepared[Left]) -> AsyncIterator[Trial]:
    """That trial going on, on a copy of its database."""
    async with go_on_with(database_url, begun.made) as running:
        yield running


@pytest.fixture
async def desk(trial: Trial) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser in which the coordinator is signed in."""
    async with browsing(trial.server) as browser:
        await sign_in(browser)
        yield browser


async def ask(trial: Trial, desk: aiohttp.ClientSession, **said: str) -> tuple[int, str]:
    """Fill in the form: they rang an hour ago, and meant 3."""
    _, html = await page(desk, PAGE)
    place = await trial.assessment("K-001", "baseline", "pain-nrs")
    filled = {
        "answer": f"{place}:pain",
        "kind": "meant",
        "value": "3",
        "said_on": "2026-01-05",
        "said_time": "11:00",
        "reason": "she rang: 3, not 8",
    } | said
    return await press(desk, html, PAGE, **filled)


async def decide(
    desk: aiohttp.ClientSession, decision: str, reason: str = "as she said"
) -> tuple[int, str]:
    _, html = await page(desk, PAGE)
    found = re.search(r'action="([^"]+/decide)"', html)
    assert found is not None
    return await press(desk, html, found[1], decision=decision, reason=reason)


async def answers(trial: Trial) -> list[tuple[int, str, bool]]:
    return [
        (value, actor, replaces is not None)
        for value, actor, replaces in await trial.fetch(
            "SELECT value, actor, replaces FROM responses ORDER BY id"
        )
    ]


async def test_what_they_meant_is_corrected_once_another_person_approves(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    before = await trial.fetch("SELECT answered_at, submitted_at FROM responses, assessments")
    status, html = await ask(trial, desk)
    assert (status, "an investigator who is another person decides" in html) == (200, True)
    assert await answers(trial) == [(8, "staff:anna", False)]
    async with browsing(trial.server) as ines:
        await sign_in(ines, "ines")
        _, html = await page(ines, PAGE)
        assert "8 becomes 3" in html
        assert "she rang: 3, not 8" in html
        assert "What was typed:" in html
        status, html = await decide(ines, "approve")
        assert (status, "is corrected, with its scores" in html) == (200, True)
        assert "approved by ines" in html
    assert await answers(trial) == [(8, "staff:anna", False), (3, "staff:ines", True)]
    scores = await trial.fetch("SELECT revision, round(raw) FROM scores ORDER BY revision")
    assert scores == [(1, 8), (2, 3)]
    after = await trial.fetch(
        "SELECT DISTINCT answered_at, submitted_at FROM responses, assessments"
    )
    assert set(after) == set(before)
    ((approved, actor, reason),) = await trial.fetch(
        "SELECT approved, actor, reason FROM correction_decisions"
    )
    assert (approved, actor) == (True, "staff:ines")
    assert await spoken(trial.operator, trial.context, reason) == "as she said"


async def test_what_is_refused_is_kept_and_changes_nothing(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await ask(trial, desk)
    async with browsing(trial.server) as ines:
        await sign_in(ines, "ines")
        status, html = await decide(ines, "refuse", "no record of the call")
        assert (status, "refused by ines" in html) == (200, True)
        assert "no record of the call" in html
    assert await answers(trial) == [(8, "staff:anna", False)]
    assert await trial.count("scores") == 1
    ((asked,),) = await trial.fetch("SELECT reason FROM corrections")
    assert await spoken(trial.operator, trial.context, asked) == "she rang: 3, not 8"


async def test_nobody_decides_about_what_they_asked_for_or_twice(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    async with browsing(trial.server) as ines, browsing(trial.server) as ivan:
        await sign_in(ines, "ines")
        await sign_in(ivan, "ivan")
        await ask(trial, ines)
        _, html = await page(ines, PAGE)
        assert "another person decides" in html
        assert "/decide" not in html
        # Today tells whoever may decide, and nobody of what they asked for themselves.
        told = [(await page(one, "/desk/signing/waiting"))[1] for one in (ines, ivan)]
        assert [TO_DECIDE in one for one in told] == [False, True]
        _, theirs = await page(ivan, PAGE)
        found = re.search(r'action="([^"]+/decide)"', theirs)
        assert found is not None
        own = {"form": re.findall(r'name="form" value="([^"]+)"', html)[0]}
        filled = {"decision": "approve", "reason": "x"}
        async with ines.post(found[1], data=own | filled) as answer:
            assert (answer.status, "Another person decides" in await answer.text()) == (403, True)
        assert (await press(ivan, theirs, found[1], **filled))[0] == 200
        status, html = await press(ivan, theirs, found[1], decision="refuse", reason="x")
        assert (status, "You approved this request of K-001 already." in html) == (200, True)
        assert TO_DECIDE not in (await page(ivan, "/desk/signing/waiting"))[1]
    assert await trial.count("correction_decisions") == 1


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"value": "11"}, "no answer to this question"),
        ({"value": ""}, "no answer to this question"),
        ({"said_on": ""}, "on which day"),
        ({"said_time": "09:00"}, "after they had answered"),
        ({"said_on": "2026-01-09"}, "not later than now"),
        ({"reason": " "}, "a reason in words"),
        ({"kind": "liked"}, "what was wrong"),
        ({"answer": ""}, "which answer"),
    ],
)
async def test_what_cannot_be_asked_for_is_said_and_stays_in_the_form(
    trial: Trial, desk: aiohttp.ClientSession, said: dict[str, str], words: str
) -> None:
    status, html = await ask(trial, desk, **said)
    assert (status, words in html) == (422, True)
    assert await trial.count("corrections") == 0


async def test_a_value_that_stands_already_is_refused_to_whoever_may_read_it(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    async with browsing(trial.server) as ines:
        await sign_in(ines, "ines")
        status, html = await ask(trial, ines, value="8")
        assert (status, "the value that stands already" in html) == (422, True)
    assert await trial.count("corrections") == 0
    # R6: to a coordinator the refusal would tell what was answered.
    status, html = await ask(trial, desk, value="8")
    assert (status, "the value that stands" in html) == (200, False)


async def test_later_than_they_can_recall_it_needs_a_source_from_then(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await trial.move(timedelta(days=3))
    late = {"said_on": "2026-01-08"}
    status, html = await ask(trial, desk, **late)
    assert (status, "what there is from that time" in html) == (422, True)
    status, _ = await ask(trial, desk, **late, source="her diary of that day")
    assert status == 200
    status, html = await ask(trial, desk, **late, source="her diary of that day")
    assert (status, "waits for its decision already" in html) == (422, True)


async def test_who_may_not_read_answers_asks_unseen_and_reads_no_text_anew(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    """R6: a coordinator passes on what a participant said, and is shown neither answer."""
    assert (await ask(trial, desk, kind="misread"))[0] == 403
    await ask(trial, desk)
    _, html = await page(desk, PAGE)
    assert "she rang" in html
    for sign in ("becomes", "What was typed", ">8<", "<q>"):
        assert sign not in html
    async with browsing(trial.server) as ines:
        await sign_in(ines, "ines")
        await decide(ines, "approve")
    _, html = await page(desk, PAGE)
    assert "approved by ines" in html
    assert "becomes" not in html


async def test_what_was_misread_is_corrected_against_what_was_typed(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    async with browsing(trial.server) as ines, browsing(trial.server) as ivan:
        await sign_in(ines, "ines")
        await sign_in(ivan, "ivan")
        assert (await ask(trial, ines, kind="misread"))[0] == 200
        _, html = await page(ivan, PAGE)
        assert "<q>8</q>" in html
        await decide(ivan, "approve")
    assert [value for value, _, _ in await answers(trial)] == [8, 3]


async def test_an_alert_that_a_correction_raises_says_that_it_is_late_and_stays(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await trial.happened("K-001", at=STARTED_AT - timedelta(hours=1))
    await ask(trial, desk, value="9")
    async with browsing(trial.server) as ines, browsing(trial.server) as ivan:
        await sign_in(ines, "ines")
        await sign_in(ivan, "ivan")
        await decide(ines, "approve")
        late = "late: a correction raised it, of an answer given Mon 5 Jan 2026, 10:00"
        for address in ("/desk", "/desk/participants/K-001", "/desk/alerts"):
            assert late in (await page(ines, address))[1], address
        _, table = await page(ines, "/desk/alerts.csv")
        ((row,),) = [list(csv.DictReader(io.StringIO(table.lstrip("\ufeff"))))]
        assert (row["rule"], row["late"], row["answered_at"][:16]) == (
            "severe_pain",
            "yes",
            "2026-01-05T02:00",
        )
        # Corrected once more, to what raises nothing: the alert is not withdrawn.
        assert (await ask(trial, ines, value="2"))[0] == 200
        assert (await decide(ivan, "approve"))[0] == 200
    assert await trial.fetch("SELECT rule, acted_at FROM alerts") == [("severe_pain", None)]


async def test_corrections_are_counted_by_site_and_interviewer(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await make_staff(
        trial.operator,
        trial.study_id,
        login="dora",
        password=PASSWORD,
        site="BJ01",
        role="data_manager",
        actor=ACTOR,
    )
    await ask(trial, desk)
    async with browsing(trial.server) as ines, browsing(trial.server) as dora:
        await sign_in(ines, "ines")
        await sign_in(dora, "dora")
        await decide(ines, "refuse")
        await ask(trial, desk)
        _, html = await page(ines, "/desk/corrections")
        row = "<td>anna</td><td>they meant another answer, and asked for it</td>"
        assert f'<th scope="row">BJ01</th>{row}<td>2</td><td>0</td><td>1</td><td>1</td>' in html
        assert f'<a href="{PAGE}">K-001</a>' in html
        assert f'<a href="{PAGE}">' not in (await page(dora, "/desk/corrections"))[1]
        assert '<a href="/desk/corrections">' in (await page(dora, "/desk/figures"))[1]
        _, table = await page(dora, "/desk/corrections.csv")
        assert list(csv.DictReader(io.StringIO(table.lstrip("\ufeff")))) == [
            {
                "site": "BJ01",
                "interviewer": "staff:anna",
                "kind": "meant",
                "asked": "2",
                "approved": "0",
                "refused": "1",
                "waiting": "1",
            }
        ]
    for address in ("/desk/corrections", "/desk/corrections.csv"):
        assert (await page(desk, address))[0] == 403
    assert '<a href="/desk/corrections">' not in (await page(desk, "/desk/figures"))[1]
