"""Answers that belong elsewhere (R13): asked with evidence, checked by a second, recorded anew."""

from __future__ import annotations

import csv
import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import aiohttp
import pytest

from pro_service.services import rounds
from pro_service.services.exports.export import export
from pro_service.services.study.staff import make_staff
from pro_service.store.study.studies import StudyRow
from tests.integration.desk.entering.test_entry import send_address
from tests.integration.desk.person.sheets import fill
from tests.support.databases import Prepared, prepare
from tests.support.databases.lending import Stock
from tests.support.desk import PASSWORD, page, press, sign_in
from tests.support.record.words import spoken
from tests.support.study import ACTOR, STARTED_AT, Left, Trial, go_on_with, open_trial, row
from tests.support.web import browsing

PAGE: Final = "/desk/participants/K-001/corrections"
ENTRY: Final = "/desk/participants/K-001/entry"
STAFF: Final = {"anna": "coordinator", "ines": "investigator", "ivan": "investigator"}


async def assessment_of(trial: Trial, visit: str, target: str) -> str:
    """The id of a knee's pain rating, or the global one, at a visit of the present schedule."""
    asked = "pga" if target == "person" else "pain-nrs"
    for each in (await trial.facts("K-001")).visits:
        for one in each.assessments:
            if (each.definition, one.instrument, one.target) == (visit, asked, target):
                return str(one.id)
    raise AssertionError((visit, target))


async def enter(
    trial: Trial, desk: aiohttp.ClientSession, visit: str, knee: str, pain: str
) -> None:
    """Type in and send how much a knee hurt."""
    _, html = await page(desk, ENTRY)
    filled = {
        "assessment": await assessment_of(trial, visit, knee),
        "mode": "telephone",
        "respondent": "self",
        "language": "en",
    }
    _, html = await press(desk, html, f"{ENTRY}/questions", **filled)
    _, html = await press(
        desk,
        html,
        f"{ENTRY}/keep",
        **{"then": "on", ("a.pga" if knee == "person" else "a.pain"): pain},
    )
    status, html = await press(desk, html, send_address(html))
    assert status == 200, html


async def answer(url: str) -> Left:
    """A participant both of whose knees hurt: the left one 8, the right one 2."""
    async with open_trial(url) as trial:
        await trial.enrol(row("K-001", treated_knees="both"))
        for login, role in STAFF.items():
            await make_staff(
                trial.operator,
                trial.study_id,
                login=login,
                password=PASSWORD,
                site="BJ01",
                role=role,
                actor=ACTOR,
            )
        async with browsing(trial.server) as browser:
            await sign_in(browser)
            await enter(trial, browser, "baseline", "left_knee", "8")
            await enter(trial, browser, "baseline", "right_knee", "2")
        await trial.move(timedelta(hours=2))
        return Left.of(trial)


@pytest.fixture(scope="module")
def answered(server_url: str, template_database: str) -> Iterator[Prepared[Left]]:
    with prepare(server_url, template_database, answer) as made:
        yield made


@pytest.fixture
async def answered_url(stock: Stock, answered: Prepared[Left]) -> AsyncIterator[str]:
    """A copy of its database, this test's alone."""
    async with stock.lend(answered.database) as url:
        yield url


@pytest.fixture
async def trial(answered_url: str, answered: Prepared[Left]) -> AsyncIterator[Trial]:
    """The trial going on, on the copy."""
    async with go_on_with(answered_url, answered.made) as running:
        yield running


@pytest.fixture
async def desk(trial: Trial) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser in which the coordinator is signed in."""
    async with browsing(trial.server) as browser:
        await sign_in(browser)
        yield browser


@pytest.fixture
async def ines(trial: Trial) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser in which an investigator is signed in."""
    async with browsing(trial.server) as browser:
        await sign_in(browser, "ines")
        yield browser


async def ask(
    trial: Trial, desk: aiohttp.ClientSession, place: str = "baseline:1:right_knee", **said: str
) -> tuple[int, str]:
    """Say that what was sent for the left knee belongs elsewhere."""
    _, html = await page(desk, PAGE)
    filled = {
        "sitting": await assessment_of(trial, "baseline", "left_knee"),
        "place": place,
        "evidence": "the paper names the other knee",
    } | said
    return await press(desk, html, f"{PAGE}/place", **filled)


async def decide(desk: aiohttp.ClientSession, decision: str = "approve") -> tuple[int, str]:
    _, html = await page(desk, PAGE)
    found = re.search(r'action="([^"]+/decide)"', html)
    assert found is not None
    return await press(desk, html, found[1], decision=decision, reason="the paper was seen")


STANDS: Final = (
    "SELECT a.target, r.value, t.started_at, t.submitted_at, t.mode, t.actor"
    " FROM attempts AS t JOIN assessments AS a ON a.id = t.assessment_id"
    " JOIN visits AS v ON v.id = a.visit_id AND v.superseded_at IS NULL"
    " JOIN sitting_responses AS c ON c.attempt_id = t.id"
    " JOIN responses AS r ON r.id = c.response_id"
    " WHERE a.instrument = 'pain-nrs' ORDER BY a.target"
)


async def exported_pain(trial: Trial, folder: Path) -> list[tuple[str, ...]]:
    """Target, value, where it came from, mode and who typed each pain of baseline, exported."""
    study = StudyRow(trial.study_id, "KNEE-OA-UCMSC", "", "")
    await export(trial.operator, trial.context, study, folder)
    with (folder / "items.csv").open(newline="", encoding="utf-8-sig") as file:
        return [
            (one["target"], one["value"], one["moved_from"], one["mode"], one["entered_by"])
            for one in csv.DictReader(file)
            if (one["visit"], one["instrument"]) == ("baseline", "pain-nrs")
        ]


async def test_two_knees_that_were_mixed_up_change_places_and_all_follows(
    trial: Trial, desk: aiohttp.ClientSession, ines: aiohttp.ClientSession, tmp_path: Path
) -> None:
    before = await trial.fetch(STANDS)
    kept = await trial.fetch("SELECT to_jsonb(r) FROM responses AS r ORDER BY id")
    assert [one[:2] for one in before] == [("left_knee", 8), ("right_knee", 2)]
    status, html = await ask(trial, desk)
    assert (status, "an investigator who is another person decides" in html) == (200, True)
    assert await trial.fetch(STANDS) == before
    _, html = await page(ines, PAGE)
    assert "belongs to: Before the injection, right knee" in html
    assert "the paper names the other knee" in html
    status, html = await decide(ines)
    assert (status, "is corrected, with its scores" in html) == (200, True), html
    after = await trial.fetch(STANDS)
    assert [one[:2] for one in after] == [("left_knee", 2), ("right_knee", 8)]
    # As it was given: when, how, and when it was sent; recorded by who approved it.
    assert [one[2:5] for one in after] == [before[1][2:5], before[0][2:5]]
    assert {one[5] for one in after} == {"staff:ines"}
    # Nothing recorded before is changed or gone.
    now = await trial.fetch("SELECT to_jsonb(r) FROM responses AS r ORDER BY id")
    assert now[: len(kept)] == kept
    assert len(now) == len(kept) + 2
    scores = await trial.fetch(
        "SELECT a.target, round(s.raw) FROM scores AS s JOIN assessments AS a"
        " ON a.id = s.assessment_id JOIN visits AS v ON v.id = a.visit_id"
        " WHERE v.superseded_at IS NULL ORDER BY a.target"
    )
    assert scores == [("left_knee", 2), ("right_knee", 8)]
    facts = await trial.facts("K-001")
    sent = {
        one.target: one.submitted_at
        for visit in facts.visits
        for one in visit.assessments
        if visit.definition == "baseline" and one.instrument == "pain-nrs"
    }
    assert sent == {"left_knee": before[1][3], "right_knee": before[0][3]}
    rows = await exported_pain(trial, tmp_path / "out")
    assert sorted(rows) == [
        ("left_knee", "2", "baseline 1 right_knee", "telephone", "staff:anna"),
        ("right_knee", "8", "baseline 1 left_knee", "telephone", "staff:anna"),
    ]
    _, html = await page(desk, "/desk/participants/K-001")
    assert "Before the injection" in html
    # The reminder goes on for what is still owed there, and asks it of the visit dated anew.
    assert (
        await trial.fetchval(
            "SELECT count(*) FROM reminders AS r JOIN visits AS v ON v.id = r.visit_id"
            " WHERE r.ended_at IS NULL AND v.definition = 'baseline' AND v.superseded_at IS NULL"
        )
        == 1
    )


async def test_answers_of_another_visit_are_recorded_there_and_this_one_owes_again(
    trial: Trial, desk: aiohttp.ClientSession, ines: aiohttp.ClientSession
) -> None:
    await fill(desk, "extra-visit", ask="pga:person", when="now", reason="she wished to say more")
    (extra,) = [
        visit.definition
        for visit in (await trial.facts("K-001")).visits
        if visit.closes_at is None and visit.asks_anything
    ]
    await enter(trial, desk, extra, "person", "5")
    owed = {"sitting": await assessment_of(trial, extra, "person")}
    status, _ = await ask(trial, desk, f"{extra}:1:person", **owed)
    assert status == 422
    status, html = await ask(trial, desk, "baseline:1:person", **owed)
    assert status == 200, html
    # The extra visit asks nothing of a knee.
    status, html = await ask(trial, desk, f"{extra}:1:person")
    assert (status, "is not asked there" in html) == (422, True)
    status, html = await decide(ines)
    assert (status, "is corrected, with its scores" in html) == (200, True), html
    stands = {
        visit.definition: one.submitted_at
        for visit in (await trial.facts("K-001")).visits
        for one in visit.assessments
        if one.instrument == "pga" and visit.definition in ("baseline", extra)
    }
    assert stands["baseline"] is not None
    assert stands[extra] is None
    assert await trial.fetch(
        "SELECT v.definition, r.value FROM responses AS r JOIN assessments AS a"
        " ON a.id = r.assessment_id JOIN visits AS v ON v.id = a.visit_id"
        " WHERE a.instrument = 'pga' AND v.superseded_at IS NULL"
    ) == [("baseline", 5)]


async def test_what_cannot_be_asked_is_said_and_what_is_refused_is_kept(
    trial: Trial, desk: aiohttp.ClientSession, ines: aiohttp.ClientSession
) -> None:
    for said, words in (
        ({"place": "baseline:1:left_knee"}, "stand there already"),
        ({"place": "baseline:1:person"}, "not asked there"),
        ({"place": "nowhere"}, "Say where they belong"),
        ({"sitting": ""}, "Say which answers"),
        ({"evidence": " "}, "Say what shows"),
    ):
        status, html = await ask(trial, desk, **said)
        assert (status, words in html) == (422, True), (said, html)
    before = await trial.fetch(STANDS)
    await ask(trial, desk)
    status, html = await ask(trial, desk)
    assert (status, "waits for its decision already" in html) == (422, True)
    _, html = await page(desk, PAGE)
    assert "/decide" not in html  # A coordinator decides nothing.
    status, html = await decide(ines, "refuse")
    assert (status, "refused by ines" in html) == (200, True)
    assert await trial.fetch(STANDS) == before
    ((evidence,),) = await trial.fetch("SELECT reason FROM corrections")
    assert await spoken(trial.operator, trial.context, evidence) == "the paper names the other knee"
    status, html = await ask(trial, ines)
    assert status == 200
    _, html = await page(ines, PAGE)
    assert "/decide" not in html  # Nor does who asked for it.


async def test_an_alert_at_the_knee_where_it_belongs_is_late_and_the_old_one_stays(
    trial: Trial, desk: aiohttp.ClientSession, ines: aiohttp.ClientSession
) -> None:
    await trial.happened("K-001", at=STARTED_AT - timedelta(hours=1))
    await ask(trial, desk)
    status, html = await decide(ines)
    assert status == 200, html
    alerts = await trial.fetch(
        "SELECT x.rule, a.target, x.answered_at IS NOT NULL FROM alerts AS x"
        " JOIN assessments AS a ON a.id = x.assessment_id"
    )
    assert alerts == [("severe_pain", "right_knee", True)]
    await trial.move(timedelta(days=1))
    await rounds.closing_round(trial.pools.worker, trial.context)
    chosen = await trial.fetch(
        "SELECT DISTINCT v.superseded_at IS NULL FROM standing_sittings AS c"
        " JOIN assessments AS a ON a.id = c.assessment_id JOIN visits AS v ON v.id = a.visit_id"
    )
    assert chosen == [(True,)]
