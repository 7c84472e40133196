"""The rota at the desk and by command: who is told, who is not, and what Today says of it (R10)."""

from __future__ import annotations

import re

import aiohttp
import asyncpg
import pytest

from pro_service.services.study import staff
from tests.support.command import commands_with
from tests.support.desk import page, press, seed_site, seed_staff, sign_in
from tests.support.seed import SeededStudy

ROOM = "/desk/rota/S1"
ALL_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def on_today(html: str) -> str:
    """What Today says of rotas."""
    return re.sub(r"\s+", " ", html.partition('<section id="gaps">')[2].partition("</section>")[0])


async def add(desk: aiohttp.ClientSession, kind: str, *days: str, **filled: str) -> tuple[int, str]:
    """Fill in one of the forms; people are chosen by login."""
    _, html = await page(desk, f"{ROOM}/{kind}")
    secret = re.findall(r'name="(form|key)" value="([^"]*)"', html)[-2:]
    people = {name: value for value, name in re.findall(r'<option value="([^"]+)">([^<]+)<', html)}
    given = {name: people.get(value, value) for name, value in filled.items()}
    fields = [*secret, *(("weekdays", day) for day in days), *given.items()]
    async with desk.post(f"{ROOM}/{kind}", data=fields) as answer:
        return answer.status, await answer.text()


async def test_a_rota_is_set_at_the_desk_and_its_gaps_stand_on_today(
    study: SeededStudy, desk: aiohttp.ClientSession, owner: asyncpg.Connection
) -> None:
    await seed_staff(study, "bo", role="investigator")
    _, html = await page(desk)
    assert on_today(html).count("No rota was ever set") == 1
    assert 'href="/desk/rota"' in on_today(html)

    status, html = await add(
        *(desk, "shift", *ALL_DAYS),
        begins="08:00",
        ends="20:00",
        person="anna",
        first_on="2026-01-01",
    )
    assert status == 200
    assert "The shift is in the rota of S1." in html
    assert "08:00–20:00" in html
    _, html = await page(desk)
    assert re.search(r"with nobody on duty in the next 14 days: 1[45]", on_today(html))
    assert 'href="/desk/rota/S1"' in on_today(html)

    status, html = await add(
        *(desk, "shift", *ALL_DAYS),
        begins="20:00",
        ends="08:00",
        person="bo",
        deputy="anna",
        first_on="2026-01-01",
    )
    assert "20:00–08:00 on the next day" in html
    assert "deputy anna" in html
    assert "Somebody is on duty at every hour of the next 14 days." in html
    assert 'id="gaps"' not in (await page(desk))[1]

    # The week ahead says who is told at what hour.
    ahead = (await page(desk, ROOM))[1].partition('<section id="ahead">')[2]
    ahead = re.sub(r"<[^>]*>|\s+", " ", ahead.partition("</section>")[0])
    assert re.search(r"00:00–08:00 +bo; then you +08:00–20:00 +you +20:00–24:00 +bo; then", ahead)

    # Whoever is away is told no more; their deputy is.
    tomorrow = await owner.fetchval(
        "SELECT ((pro.now() AT TIME ZONE 'Europe/London')::date + 1)::text"
    )
    _, html = await add(desk, "leave", person="anna", first_on=tomorrow)
    assert "The days away are in the rota of S1." in html
    assert "in the next 14 days: 1<" in html
    ended = re.findall(r'action="(/desk/rota/entries/[^"]*/end)"', html)[-1]
    status, html = await press(desk, html, ended)
    assert "It is out of the rota of S1 from now on." in html
    assert "Somebody is on duty at every hour" in html

    # Whose work here ends is on duty no more, and is named as such.
    await staff.end_membership(owner, study.id, login="bo", reason="left")
    _, html = await page(desk, "/desk/rota")
    assert "bo <strong" in html
    assert "may not be told here any more" in html
    assert "nobody on duty" not in on_today((await page(desk))[1])  # Anna is bo's deputy.


async def test_what_cannot_stand_in_a_rota_is_said_and_what_was_typed_stays(
    study: SeededStudy, desk: aiohttp.ClientSession, owner: asyncpg.Connection
) -> None:
    await seed_staff(study, "mona", role="monitor")
    _, html = await page(desk, f"{ROOM}/shift")
    assert ">mona<" not in html  # Nobody who may not act on alerts is offered.
    filled = {"begins": "22:00", "ends": "06:00", "person": "anna", "first_on": "2026-12-01"}
    for changed, says in (
        ({"deputy": "anna"}, "A deputy is somebody else"),
        ({"begins": "late"}, "This is not a time of day"),
        ({"person": ""}, "Please fill this in"),
        ({"last_on": "2026-11-01"}, "The last day is not before the first"),
    ):
        status, html = await add(desk, "shift", "fri", "sat", **(filled | changed))
        assert (status, says in html) == (422, True), changed
        assert 'value="fri" checked' in html
        assert 'value="06:00"' in html
    assert "Please tick one at least" in (await add(desk, "shift", **filled))[1]
    assert await owner.fetchval("SELECT count(*) FROM pro.rota_entries") == 0
    # A second copy of the same form changes nothing.
    _, html = await page(desk, f"{ROOM}/holiday")
    for _ in range(2):
        status, after = await press(desk, html, f"{ROOM}/holiday", first_on="2026-12-25")
        assert (status, "The holiday is in the rota of S1." in after) == (200, True)
    assert await owner.fetchval("SELECT count(*) FROM pro.rota_entries") == 1


async def test_another_site_neither_sees_nor_changes_it(
    study: SeededStudy, desk: aiohttp.ClientSession, browser: aiohttp.ClientSession
) -> None:
    await seed_site(study, "S2")
    await add(desk, "holiday", first_on="2026-12-25")
    await seed_staff(study, "zoe", site="S2")
    await sign_in(browser, "zoe")
    _, html = await page(browser, "/desk/rota")
    assert "S2" in html
    assert "S1" not in html
    assert (await page(browser, ROOM))[0] == 404
    assert (await page(browser, f"{ROOM}/shift"))[0] == 404


@pytest.mark.parametrize("language", ["en", "zh_CN"])
async def test_several_sites_stand_in_short_and_each_has_its_page(
    study: SeededStudy, browser: aiohttp.ClientSession, language: str
) -> None:
    await seed_site(study, "S2")
    for site in ("S1", "S2"):
        await seed_staff(study, "both", site=site, language=language)
    await sign_in(browser, "both")
    _, html = await page(browser, "/desk/rota")
    assert 'href="/desk/rota/S2"' in html
    _, html = await page(browser, "/desk/rota/S2")
    assert 'class="crumb"' in html
    assert 'href="/desk/rota/S2/cover"' in html


async def test_the_command_sets_shows_and_ends_what_the_desk_does(
    study: SeededStudy, desk: aiohttp.ClientSession, database_url: str
) -> None:
    commands = commands_with(database_url, study.context.keys.vault)
    assert "never set" in (await commands.call("rota", "list")).out
    hours = ("--days", "fri-mon", "--from", "20:00", "--until", "08:00")
    done = await commands.call("rota", "set", "S1", "shift", *hours, "--person", "anna")
    assert (done.code, done.err) == (0, "")
    assert "mon,fri,sat,sun  20:00-08:00  anna" in done.out
    _, html = await page(desk, ROOM)
    assert "Mon, Fri – Sun" in html
    for words, says in (
        (("S1", "shift", *hours, "--person", "nobody"), "nobody may not be told of urgent matters"),
        (("S1", "shift", "--person", "anna"), "names no days of the week"),
        (("S1", "cover", "--person", "anna"), "Say from when until when."),
        (("S9", "holiday"), "There is no site S9."),
    ):
        refused = await commands.call("rota", "set", *words)
        assert (refused.code, says in refused.err) == (1, True), refused.err
    entry = re.findall(r"([0-9a-f-]{36})  shift", done.out)[0]
    assert (await commands.call("rota", "end", "S1", entry)).code == 0
    assert entry not in (await commands.call("rota", "list", "--site", "S1")).out
    assert (await commands.call("rota", "end", "S1", entry)).code == 1
