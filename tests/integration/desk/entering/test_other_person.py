"""Answers sent for the wrong participant (R13): spouses share a telephone, a card was wrong."""

from __future__ import annotations

import csv
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest

from pro_service.domain.study.facts import Status
from pro_service.services.exports.export import export
from pro_service.services.study.staff import make_staff
from pro_service.store.answering import answers
from pro_service.store.connection import Connection, Guard, StaleRevisionError
from pro_service.store.study.studies import StudyRow
from pro_service.vault import places
from tests.integration.desk.entering.test_entry import send_address
from tests.support.desk import PASSWORD, page, press, sign_in
from tests.support.record.words import spoken
from tests.support.study import ACTOR, Trial, add_site, open_trial, row
from tests.support.web import browsing

SUPERSEDED: Final = "superseded_at IS NOT NULL"
PAGE: Final = "/desk/participants/K-001/corrections"
LOOK: Final = f"{PAGE}/other"
STAFF: Final = {"anna": "coordinator", "ines": "investigator", "ivan": "investigator"}
RAW: Final = "SELECT id, raw_sealed, raw_key FROM responses WHERE raw_key IS NOT NULL ORDER BY id"
STANDS: Final = (
    "SELECT p.code, r.value, r.answered_at, t.mode, t.actor, t.submitted_at FROM attempts AS t"
    " JOIN participants AS p ON p.id = t.participant_id"
    " JOIN assessments AS a ON a.id = t.assessment_id"
    " JOIN visits AS v ON v.id = a.visit_id AND v.superseded_at IS NULL"
    " JOIN sitting_responses AS c ON c.attempt_id = t.id"
    " JOIN responses AS r ON r.id = c.response_id"
    " WHERE a.instrument = 'pain-nrs-now'"
)


@asynccontextmanager
async def told_for_another(url: str, **how: str) -> AsyncIterator[Trial]:
    """Two participants after their injections; that K-001's pain is 9 was told, by K-002."""
    async with open_trial(url) as running:
        await running.enrol(row("K-001"), row("K-002", phone=row("K-001")["phone"]))
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
        for code in ("K-001", "K-002"):
            await running.happened(code, statuses=[Status.active])
        await running.move(timedelta(days=1, hours=2))
        async with browsing(running.server) as browser:
            await sign_in(browser)
            await enter(running, browser, "9", **how)
        yield running


@pytest.fixture
async def trial(database_url: str) -> AsyncIterator[Trial]:
    """The same, told by telephone."""
    async with told_for_another(database_url, mode="telephone") as running:
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


async def rating(trial: Trial, code: str) -> tuple[str, str]:
    """The id of the first rating of pain "now" that is open, and its place as a form names it."""
    facts = await trial.facts(code)
    for visit in facts.visits:
        for one in visit.assessments:
            if one.instrument == "pain-nrs-now" and visit.opens_at <= facts.now:
                return str(one.id), f"{visit.definition}:{visit.occurrence}:{one.target}"
    raise AssertionError(code)


async def enter(
    trial: Trial, desk: aiohttp.ClientSession, pain: str, mode: str = "telephone", **told: str
) -> None:
    """Type in what was told by telephone or on paper."""
    entry = "/desk/participants/K-001/entry"
    _, html = await page(desk, entry)
    assessment, _ = await rating(trial, "K-001")
    filled = {"assessment": assessment, "mode": mode, "respondent": "self", "language": "en"}
    _, html = await press(desk, html, f"{entry}/questions", **filled, **told)
    _, html = await press(desk, html, f"{entry}/keep", **{"then": "on", "a.pain": pain})
    status, html = await press(desk, html, send_address(html))
    assert status == 200, html


async def ask(trial: Trial, desk: aiohttp.ClientSession, other: str = "K-002") -> tuple[int, str]:
    """Say that what was sent for K-001 is another's."""
    _, html = await page(desk, f"{LOOK}?other={other}")
    filled = {
        "sitting": (await rating(trial, "K-001"))[0],
        "place": (await rating(trial, other))[1],
        "evidence": "the wife had taken the telephone",
    }
    return await press(desk, html, f"{PAGE}/person", **filled)


async def decide(desk: aiohttp.ClientSession, decision: str = "approve") -> tuple[int, str]:
    """Decide the request that waits."""
    _, html = await page(desk, PAGE)
    found = re.search(r'action="([^"]+/decide)"', html)
    assert found is not None
    return await press(desk, html, found[1], decision=decision, reason="both were asked")


async def test_they_are_recorded_for_whose_they_are_and_stand_for_the_other_no_more(
    trial: Trial, desk: aiohttp.ClientSession, ines: aiohttp.ClientSession, tmp_path: Path
) -> None:
    before = await trial.fetch(STANDS)
    kept = await trial.fetch("SELECT to_jsonb(r) FROM responses AS r ORDER BY id")
    assert [one[:2] for one in before] == [("K-001", 9)]
    status, html = await ask(trial, desk)
    assert (status, "an investigator who is another person decides" in html) == (200, True), html
    assert await trial.fetch(STANDS) == before
    _, html = await page(ines, PAGE)
    assert "belongs to K-002:" in html
    assert "the wife had taken the telephone" in html
    status, html = await decide(ines)
    assert (status, "is corrected, with its scores" in html) == (200, True), html
    ((code, value, answered_at, mode, actor, sent_at),) = await trial.fetch(STANDS)
    assert (code, value, actor) == ("K-002", 9, "staff:ines")
    assert (answered_at, mode, sent_at) == (before[0][2], before[0][3], before[0][5])
    now = await trial.fetch("SELECT to_jsonb(r) FROM responses AS r ORDER BY id")
    assert now[: len(kept)] == kept
    scores = await trial.fetch(
        "SELECT p.code, round(s.raw) FROM scores AS s JOIN assessments AS a"
        " ON a.id = s.assessment_id JOIN participants AS p ON p.id = a.participant_id"
        " JOIN visits AS v ON v.id = a.visit_id WHERE v.superseded_at IS NULL"
    )
    assert scores == [("K-002", 9)]
    # An alert stays where it was raised, and is raised for whom it is about, late.
    alerts = await trial.fetch(
        "SELECT p.code, x.rule, x.answered_at IS NOT NULL FROM alerts AS x"
        " JOIN participants AS p ON p.id = x.participant_id ORDER BY 1, 2"
    )
    assert alerts == [("K-001", "severe_pain", False), ("K-002", "severe_pain", True)]
    study = StudyRow(trial.study_id, "KNEE-OA-UCMSC", "", "")
    await export(trial.operator, trial.context, study, tmp_path / "out")
    with (tmp_path / "out" / "items.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = [one for one in csv.DictReader(file) if one["instrument"] == "pain-nrs-now"]
    found = {
        (one["participant"], one["moved_from"].split()[:1][0] if one["moved_from"] else "")
        for one in rows
        if one["value"] == "9"
    }
    assert found == {("K-002", "K-001")}
    _, html = await page(ines, "/desk/participants/K-002/corrections")
    assert "recorded for K-001 before; approved by ines" in html
    reasons = await trial.fetch(
        "SELECT DISTINCT e.reason ~ '^note:' FROM audit_entries AS e"
        " WHERE e.actor = 'staff:ines' AND e.table_name = 'attempts'"
    )
    assert reasons == [(True,)]


async def test_of_paper_where_it_lies_is_sealed_anew_for_whose_it_is(database_url: str) -> None:
    """Restricting or erasing whom it was typed for takes nothing from whose answers they are."""
    how = {"mode": "paper", "original": "binder 3", "told_on": "2026-01-06", "told_time": "11:30"}
    async with told_for_another(database_url, **how) as trial, AsyncExitStack() as stack:
        seats = [await stack.enter_async_context(browsing(trial.server)) for _ in range(2)]
        for browser, login in zip(seats, ("anna", "ines"), strict=True):
            await sign_in(browser, login)
        typed = await trial.fetch(RAW)
        assert (await ask(trial, seats[0]))[0] == 200
        assert (await decide(seats[1]))[0] == 200
        assert [one[:2] for one in await trial.fetch(STANDS)] == [("K-002", 9)]
        held = await trial.fetch(
            "SELECT p.code, t.mode, t.started_at, t.original, k.code FROM attempts AS t"
            " JOIN participants AS p ON p.id = t.participant_id"
            " JOIN notes AS n ON t.original = 'note:' || n.id"
            " JOIN participants AS k ON k.id = n.participant_id ORDER BY t.id"
        )
        assert [one[0] for one in held] == [one[4] for one in held] == ["K-001", "K-002"]
        assert held[0][1:3] == held[1][1:3]
        assert held[0][3] != held[1][3]
        for one in held:
            assert await spoken(trial.operator, trial.context, one[3]) == "binder 3"
        # What was typed is sealed for its new row as well, and reads the same.
        vault = trial.context.keys.vault
        words = [
            places.TYPED_ANSWER.open(vault, sealed, key=key, row_id=row_id)
            for row_id, sealed, key in await trial.fetch(RAW)
        ]
        assert (len(typed), words) == (1, ["9", "9"])


async def test_refused_or_asked_for_by_who_decides_nothing_moves(
    trial: Trial, desk: aiohttp.ClientSession, ines: aiohttp.ClientSession
) -> None:
    before, superseded = await trial.fetch(STANDS), await trial.count("visits", SUPERSEDED)
    assert (await ask(trial, ines))[0] == 200
    _, html = await page(ines, PAGE)
    assert "/decide" not in html
    async with browsing(trial.server) as ivan:
        await sign_in(ivan, "ivan")
        status, html = await decide(ivan, "refuse")
    assert status == 200
    assert await trial.fetch(STANDS) == before
    assert await trial.count("visits", SUPERSEDED) == superseded


async def test_of_nobody_else_of_another_site_or_where_something_was_sent_it_is_refused(
    trial: Trial, desk: aiohttp.ClientSession, ines: aiohttp.ClientSession
) -> None:
    await add_site(trial.operator, trial.study_id, "SH01")
    await trial.enrol(row("K-003", site="SH01"))
    for other in ("K-001", "K-003", "K-999", ""):
        status, html = await page(desk, f"{LOOK}?other={other}")
        assert (status, "Name another participant" in html) == (422, True), other
        assert 'name="place"' not in html
    assert (await ask(trial, desk))[0] == 200
    status, html = await ask(trial, desk)
    assert (status, "waits" in html) == (422, True)
    await decide(ines)
    async with browsing(trial.server) as browser:
        await sign_in(browser)
        await enter(trial, browser, "3")
    status, html = await ask(trial, desk)
    assert (status, "the wife had taken the telephone" in html) == (422, True)


async def test_when_the_other_answers_meanwhile_neither_turn_is_written_until_both_are(
    trial: Trial,
    desk: aiohttp.ClientSession,
    ines: aiohttp.ClientSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await ask(trial, desk)
    before = await trial.count("visits", SUPERSEDED)
    theirs, record = trial.participants["K-002"], answers.record_answers
    seen: list[int] = []

    async def slow(connection: Connection, guard: Guard, document: Any) -> None:
        if guard.participant_id == theirs:
            seen.append(
                await connection.fetchval(
                    "SELECT count(*) FROM pro.visits WHERE superseded_at IS NOT NULL"
                )
            )
            if len(seen) == 1:
                raise StaleRevisionError
        await record(connection, guard, document)

    monkeypatch.setattr(answers, "record_answers", slow)
    assert (await decide(ines))[0] == 200
    # What was written here the first time was undone with it.
    assert seen == [before + 1] * 2
    assert await trial.count("visits", SUPERSEDED) == before + 1
    assert [one[:2] for one in await trial.fetch(STANDS)] == [("K-002", 9)]
