"""One participant's scores over time: who sees them, and that they say what an export says."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Final

import pytest

from pro_service.domain.instruments.scoring import as_text
from pro_service.domain.study.permissions import Role
from pro_service.services.desk.charting.course import Entry, derive_courses, read_rules
from pro_service.services.desk.seat import Place, at_desk
from pro_service.services.desk.timeline import derive_timeline, read_timeline
from pro_service.store.desk.sessions import Assignment
from tests.integration.desk.charting.conftest import Browsers
from tests.integration.desk.texts.conftest import plain
from tests.integration.exports.test_export import pick, read
from tests.support.desk import page
from tests.support.study import Trial

PAGE: Final = "/desk/participants/K-001"
TRAJECTORY: Final = f"{PAGE}/trajectory"


async def entries(trial: Trial, code: str) -> dict[tuple[str, str, str], Entry]:
    """What is drawn of a participant for the data manager, by instrument, scale and visit."""
    staff = await trial.fetch("SELECT id FROM pro.staff WHERE login = 'dora'")
    sites = await trial.fetch("SELECT id FROM pro.sites")
    held = tuple(Assignment(site_id=one, role=Role.data_manager) for (one,) in sites)
    seat = Place(trial.study_id, staff[0][0], "dora", held)
    async with at_desk(trial.pools.desk, seat, one_snapshot=True) as connection:
        facts = await read_timeline(connection, trial.context, trial.study_id, code)
        rules = await read_rules(connection, trial.context, trial.study_id, facts.document.now)
    found = derive_courses(
        trial.context.catalogue.instruments, derive_timeline(trial.context, facts), rules
    )
    return {
        (course.instrument, course.scale, one.visit.definition): one
        for course in found.courses
        for drawn in course.entries.values()
        for one in drawn
    }


def written(value: Fraction | None) -> str:
    """A figure as exports write it."""
    return "" if value is None else as_text(value)


async def test_what_is_drawn_is_what_is_exported(trial: Trial, tmp_path: Path) -> None:
    tables = await read(trial, tmp_path / "out")
    responders = tables["endpoints.csv"]
    for code in ("K-001", "K-002", "K-006"):
        drawn = await entries(trial, code)
        exported = {
            (one["instrument"], one["scale"], one["visit"]): one
            for one in pick(tables["scores.csv"], participant=code)
            if one["raw"] or one["state"] in ("missed", "partial", "declined", "completed", "late")
        }
        assert drawn.keys() == exported.keys()
        for key, one in drawn.items():
            said = exported[key]
            assert written(one.value) == (said["score_0_100"] or said["raw"])
            assert (one.missing or "") == said["missing_reason"]
            if one.row is not None:
                assert one.row.is_baseline == (said["is_baseline"] == "yes")
                assert str(one.row.study_day) == said["study_day"]
                changed = one.row.change_raw if one.row.change is None else one.row.change
                assert written(changed) == (said["change_0_100"] or said["change_raw"])
                assert written(one.row.percent_improvement) == said["percent_improvement"]
            if one.responder is not None:
                (judged,) = pick(responders, participant=code, visit=key[2])
                assert judged["responder"] == one.responder.outcome


@pytest.mark.parametrize(("login", "sees"), [("ines", True), ("dora", True), ("anna", False)])
async def test_r6_only_who_may_see_scores_sees_a_chart(
    at: Browsers, login: str, sees: bool
) -> None:
    reader = await at(login)
    status, html = await page(reader, TRAJECTORY)
    assert (status, "<svg" in html) == ((200, True) if sees else (403, False))
    status, html = await page(reader, PAGE)
    assert (status, 'id="trajectory"' in html) == (200, sees)


async def test_nothing_is_told_of_another_sites_participant(at: Browsers) -> None:
    status, html = await page(await at("iris"), TRAJECTORY)
    assert (status, "<svg" in html) == (404, False)


async def test_a_chart_has_its_words_its_table_and_what_it_comes_to(at: Browsers) -> None:
    status, html = await page(await at("ines"), TRAJECTORY)
    assert status == 200
    said = plain(html)
    assert "left knee, Week 2: 40, −40 from baseline; 50 % better" in said
    assert "responder by path A" in said
    assert "reached: a change in pain that is felt" in said
    assert "Day 1 is Mon 12 Jan 2026" in said
    assert 'role="img"' in html
    assert "style=" not in html
    assert "pain 0 to 100, higher is worse" in said


async def test_what_is_missing_is_said_with_its_reason(at: Browsers) -> None:
    _, html = await page(await at("ines"), "/desk/participants/K-006/trajectory")
    assert "missing (missed)" in plain(html)
    assert 'class="c-missing' in html
    assert 'class="c-mark' not in html.split("</ul>", 3)[-1]


async def test_who_withdrew_the_use_of_the_data_is_not_drawn(trial: Trial, at: Browsers) -> None:
    await trial.owner_does(
        "INSERT INTO pro.statuses (study_id, id, participant_id, status, effective_at, actor,"
        " reason) SELECT study_id, gen_random_uuid(), id, 'withdrew_data_use', pro.now(), 'cli:t',"
        " 'said' FROM pro.participants WHERE code = 'K-001'"
    )
    status, html = await page(await at("ines"), TRAJECTORY)
    assert (status, "c-mark" in html) == (200, False)
    assert "withdrew the use of the data" in html
