"""How somebody wants to be asked, at which site they are, and a note, written at the desk."""

from __future__ import annotations

import re
from datetime import time

import aiohttp

from pro_service.services.visits.placing import move_to_site
from pro_service.store.pools import connect
from tests.integration.desk.person.sheets import PAGE, by_staff, confirm, fill, problem, said
from tests.support.desk import page
from tests.support.record.words import places_of
from tests.support.study import ACTOR, Trial, add_site, row

NOTE = "Prefers mornings, hears badly on the left"


async def test_language_way_and_hour_are_kept_and_the_waiting_reminder_follows(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    status, html = await fill(
        desk, "settings", language="zh_CN", channel="link", hour="10:15", reason="Asked for it"
    )
    assert status == 200, problem(html)
    assert said(html) == "How K-001 wants to be asked is kept."
    facts = await trial.facts("K-001")
    assert (facts.language, facts.channel, facts.nudge_at) == ("zh_CN", "link", time(10, 15))
    due = await trial.fetchval("SELECT min(due_at) FROM reminders WHERE ended_at IS NULL")
    assert (due.hour + 8, due.minute) == (10, 15)
    assert await by_staff(trial, "preferences") == 1
    status, html = await fill(
        desk, "settings", language="en", channel="link", hour="22:00", reason="Asked for it"
    )
    assert (status, "quiet hours" in problem(html)) == (422, True)


async def test_another_site_sees_and_acts_and_the_former_one_reads_on(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await add_site(trial.operator, trial.study_id, "SH02")
    await trial.enrol(row("K-002"))
    _, html = await page(desk, f"{PAGE}/site")
    assert re.findall(r'<option value="(\w+)"', html) == ["SH02"], "chosen, not typed"
    for site, words in (("NO99", "choose one of what is offered"),):
        status, html = await fill(desk, "site", site=site, reason="Moved house")
        assert (status, words in problem(html)) == (422, True)
    status, html = await fill(desk, "site", site="SH02", reason="Moved house")
    assert "From BJ01 to SH02" in html
    assert (await trial.facts("K-001")).site.code == "BJ01"
    status, html = await confirm(desk, html, "site")
    assert (status, said(html)) == (200, "K-001 is at the other site from now on.")
    assert f'href="{PAGE}/event"' not in html
    status, _ = await page(desk, f"{PAGE}/event")
    assert status == 403
    await move_to_site(trial.who("K-002"), "SH02", actor=ACTOR, reason="Moved house")
    assert (await trial.facts("K-001")).site == (await trial.facts("K-002")).site
    placings = "SELECT count(*), count(valid_to) FROM participant_sites GROUP BY participant_id"
    assert await trial.fetch(placings) == [(2, 1), (2, 1)]


async def test_a_note_is_sealed_and_stands_in_the_story_under_its_name(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    status, html = await fill(desk, "note", words=" ")
    assert (status, "Please fill this in" in problem(html)) == (422, True)
    status, html = await fill(desk, "note", words=NOTE)
    assert (status, said(html)) == (200, "The note about K-001 is kept.")
    log = html.partition('id="log"')[2]
    assert NOTE in log
    assert "by anna" in log
    assert await by_staff(trial, "remarks") == 1
    owner = await connect(trial.url, role="pro_owner", actor="test:owner")
    assert await places_of(owner, [NOTE]) == {}
    await owner.close()
