"""Locks at the desk: looked at first, holding values and nothing else, lifted by signatures."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Final

import aiohttp

from pro_service.services.exports.export import export
from pro_service.store.study.studies import StudyRow
from tests.integration.desk.signing.test_signing import THEIRS, correct, sign
from tests.support.desk import PASSWORD, page, press, sign_in
from tests.support.study import Trial, add_site
from tests.support.web import browsing

LOCKS: Final = "/desk/locks"
NOBODY_ELSE: Final = "Nobody else may unlock it now"


async def look(browser: aiohttp.ClientSession, **said: str) -> tuple[int, str]:
    """Fill in the form that sets a lock, and look at what it would hold."""
    _, html = await page(browser, LOCKS)
    filled = {"reason": "interim analysis"} | said
    return await press(browser, html, f"{LOCKS}/preview", **filled)


async def lock(browser: aiohttp.ClientSession, **said: str) -> tuple[int, str]:
    """Set a lock as it was looked at."""
    status, html = await look(browser, **said)
    assert status == 200
    return await press(browser, html, LOCKS)


async def lift(browser: aiohttp.ClientSession, **said: str) -> tuple[int, str]:
    """Sign the lifting of the newest lock."""
    _, html = await page(browser, LOCKS)
    found = re.search(r'action="([^"]+/lift)"', html)
    assert found is not None
    filled = {"reason": "it was too early", "name": "Dora Data", "password": PASSWORD} | said
    return await press(browser, html, found[1], **filled)


async def items(trial: Trial, folder: Path) -> bytes:
    """The answers for analysis as they are exported now."""
    study = StudyRow(trial.study_id, "KNEE-OA-UCMSC", "", "")
    await export(trial.operator, trial.context, study, folder)
    text = (folder / "items.csv").read_bytes()
    # What is open and due changes with time alone.
    return b"\n".join(one for one in text.splitlines() if b",baseline," in one)


async def test_a_locked_value_stays_and_the_correction_waits_until_it_is_unlocked(
    trial: Trial, tmp_path: Path
) -> None:
    async with browsing(trial.server) as dora, browsing(trial.server) as ines:
        await sign_in(dora, "dora")
        await sign_in(ines, "ines")
        await sign(ines)
        status, html = await look(dora, scope="participant", participant="K-001")
        assert (status, "Visits to be locked: 1; participants: 1." in html) == (200, True)
        assert await trial.count("locks") == 0
        status, html = await press(dora, html, LOCKS)
        assert (status, "It was locked." in html) == (200, True)
        assert "interim analysis" in html
        before = await items(trial, tmp_path / "locked")
        async with browsing(trial.server) as anna:
            await sign_in(anna)
            for room in ("entry", "corrections"):
                _, html = await page(anna, f"{THEIRS}/{room}")
                assert "Locked for analysis. What comes for these visits is kept" in html
        await correct(trial)
        assert await trial.count("correction_decisions") == 0
        assert await items(trial, tmp_path / "asked") == before
        _, html = await page(ines, THEIRS)
        assert "Locked for analysis." in html
        status, html = await lift(dora)
        assert (status, "It was unlocked." in html) == (200, True)
        assert "Unlocked by Dora Data (dora)" in html
        assert await items(trial, tmp_path / "lifted") == before
        _, html = await page(ines, f"{THEIRS}/corrections")
        found = re.search(r'action="([^"]+/decide)"', html)
        assert found is not None
        await press(ines, html, found[1], decision="approve", reason="as she said")
    assert await trial.count("correction_decisions") == 1
    assert await items(trial, tmp_path / "corrected") != before
    ((reason,),) = await trial.fetch("SELECT reason FROM locks")
    assert reason.startswith("note:")


async def test_a_site_is_unlocked_by_two_persons(trial: Trial) -> None:
    async with browsing(trial.server) as dora, browsing(trial.server) as dirk:
        await sign_in(dora, "dora")
        await sign_in(dirk, "dirk")
        status, html = await lock(dora, scope="site", site="BJ01")
        assert (status, "Visits held: 2." in html) == (200, True)
        assert NOBODY_ELSE not in html
        await trial.owner_does(
            "SELECT set_config('pro.actor', 'cli:test', false),"
            " set_config('pro.reason', 'x', false);"
            "UPDATE pro.people SET disabled_at = clock_timestamp(), disabled_reason = 'away'"
            " WHERE login IN ('dirk', 'ines', 'ivan')"
        )
        assert NOBODY_ELSE in (await page(dora, LOCKS))[1]
        await trial.owner_does(
            "SELECT set_config('pro.actor', 'cli:test', false),"
            " set_config('pro.reason', 'x', false);"
            "UPDATE pro.people SET disabled_at = NULL, disabled_reason = NULL"
        )
        status, html = await lift(dora)
        assert (status, "You have asked for it to be unlocked." in html) == (200, True)
        status, html = await lift(dora)
        assert (status, "another person unlocks it" in html) == (422, True)
        assert 'value="Dora Data"' in html
        await trial.move(timedelta(days=8))
        status, html = await lift(dirk, name="Dirk Data")
        assert "You have asked for it to be unlocked." in html
        status, html = await lift(dora)
        assert (status, "Unlocked by Dora Data (dora)" in html) == (200, True)
        status, html = await lock(dora, scope="study")
        assert (status, "The whole study" in html) == (200, True)
    steps = await trial.fetch("SELECT step, actor FROM lock_lifts ORDER BY id")
    assert steps == [("asked", "staff:dora"), ("asked", "staff:dirk"), ("lifted", "staff:dora")]


async def test_what_has_not_closed_is_named_and_what_names_nothing_stays_in_the_form(
    trial: Trial,
) -> None:
    await trial.move(timedelta(days=1, hours=2))
    async with browsing(trial.server) as dora:
        await sign_in(dora, "dora")
        _, html = await look(dora, scope="study")
        assert "Visits to be locked: 2; participants: 2." in html
        opened = re.findall(r">(K-\d+)</a> · ([^<]+)</li>", html)
        assert opened == [("K-001", "Safety check, day 1"), ("K-002", "Safety check, day 1")]
        assert re.findall(r"being closed by the service: (\d+)", html) == [str(len(opened))]
        for said, problem in (
            ({"scope": "participant", "participant": "K-009"}, "There is no such"),
            ({"scope": "visit", "participant": "K-001", "visit": "week_99"}, "There is no such"),
            ({"scope": "visit", "participant": "K-001", "visit": ":x"}, "There is no such"),
            ({"scope": "visit", "participant": "K-001"}, "Name what is to be locked"),
            ({"scope": "site"}, "Name what is to be locked"),
            ({"scope": "site", "site": "BJ01", "reason": " "}, "Say why."),
        ):
            status, html = await look(dora, **said)
            assert (status, problem in html) == (422, True)
            assert f'value="{said["scope"]}" required checked' in html
        await lock(dora, scope="visit", participant="K-001", visit="baseline")
        status, html = await look(dora, scope="visit", participant="K-001", visit="baseline")
        assert (status, "Visits to be locked: 0;" in html) == (200, True)
        assert f'action="{LOCKS}"' not in html
    assert await trial.count("locked_visits") == 1


async def test_a_study_is_locked_by_who_may_at_each_of_its_sites(trial: Trial) -> None:
    await add_site(trial.operator, trial.study_id, "SH01")
    async with browsing(trial.server) as ines, browsing(trial.server) as anna:
        await sign_in(ines, "ines")
        assert (await look(ines, scope="study"))[0] == 403
        assert (await look(ines, scope="site", site="SH01"))[0] == 422
        assert (await look(ines, scope="site", site="BJ01"))[0] == 200
        await sign_in(anna)
        _, html = await page(anna, LOCKS)
        assert "/desk/locks/preview" not in html


async def test_what_comes_while_a_visit_is_locked_is_listed_without_a_value(trial: Trial) -> None:
    async with browsing(trial.server) as dora, browsing(trial.server) as anna:
        await sign_in(dora, "dora")
        await sign_in(anna)
        _, html = await lock(dora, scope="visit", participant="K-002", visit="baseline")
        assert "What came while it was locked" not in html
        await trial.move(timedelta(minutes=5))
        entry = "/desk/participants/K-002/entry"
        _, html = await page(anna, entry)
        head = {"mode": "telephone", "respondent": "self", "language": "en"}
        asked = str(await trial.assessment("K-002", "baseline", "pain-nrs"))
        told = {"told_on": "2026-01-11", "told_time": "10:00", "assessment": asked}
        status, html = await press(anna, html, f"{entry}/questions", **head, **told)
        assert status == 200
        typed = {"then": "on", "a.pain": "7"}
        status, html = await press(anna, html, f"{entry}/keep", **typed)
        assert status == 200
        _, html = await page(dora, LOCKS)
        came = html.partition('id="arrived"')[2].partition("</section>")[0]
        assert "K-002" in came
        assert "Answers: 1; sittings begun or sent: 1" in came
