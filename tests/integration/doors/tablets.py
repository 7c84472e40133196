"""A tablet handed over in tests: the trial, the desk's code, and what was recorded."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import aiohttp

from pro_service.catalog.protocol_files import example_protocol_file, read_protocol
from pro_service.services.study.protocols import load_protocol
from pro_service.services.study.staff import make_staff
from tests.support.desk import PASSWORD, page
from tests.support.forms import form_to
from tests.support.study import ACTOR, Trial, open_trial, row
from tests.support.web import current_action

ROOM = "/desk/participants/{}/tablet"
YEAR = "1951"


async def begin_handing(trial: Trial, *, by_year: bool = False) -> None:
    """Two participants who are asked before the injection, and a coordinator."""
    if by_year:
        text = example_protocol_file().read_text("utf-8")
        asking = text.replace("[study]", '[study]\nsecond_factor = "year_of_birth"', 1)
        read = read_protocol(asking)
        await load_protocol(trial.operator, trial.context, *read, actor=ACTOR)
    born = {"year_of_birth": YEAR} if by_year else {}
    shared = row("K-001")["phone"]
    await trial.enrol(
        row("K-001", channel="link", **born),
        row("K-002", channel="link", phone=shared, **born),
    )
    await make_staff(
        trial.operator,
        trial.study_id,
        login="anna",
        password=PASSWORD,
        site="BJ01",
        role="coordinator",
        actor=ACTOR,
    )
    await trial.ask()


@asynccontextmanager
async def handing_trial(url: str, *, by_year: bool = False) -> AsyncIterator[Trial]:
    """That trial, on a database of its own."""
    async with open_trial(url) as trial:
        await begin_handing(trial, by_year=by_year)
        yield trial


async def hand_over(desk: aiohttp.ClientSession, code: str = "K-001", visit: int = 0) -> str:
    """Press "Make a code" for one of the visits offered; the code that is shown."""
    address = ROOM.format(code)
    _, html = await page(desk, address)
    forms = re.findall(r'name="visit" value="([^"]+)"', html)
    fields = dict(form_to(html, address).fields) | {"visit": forms[visit]}
    async with desk.post(address, data=fields) as answer:
        shown = await answer.text()
        assert answer.status == 200, shown
        assert int(answer.headers["Refresh"]) in range(50, 62)
    found = re.search(r"<p class=\"typed large\">(\d{4} \d{4})</p>", shown)
    assert found is not None
    return found[1]


async def open_door(
    tablet: aiohttp.ClientSession, code: str, name: str = "Tablet 2"
) -> tuple[int, str, str]:
    """Type code and name; status, path and text of what follows."""
    async with tablet.post("/t", data={"code": code, "tablet": name}) as answer:
        return answer.status, answer.url.path, await answer.text()


async def begin(tablet: aiohttp.ClientSession, code: str) -> str:
    """Open a tablet and say that it is for oneself; the page that follows."""
    assert (await open_door(tablet, code))[:2] == (200, "/q/tablet")
    async with tablet.post("/q/tablet", data={}) as answer:
        assert answer.url.path == "/q/who"
        return await answer.text()


async def first_screen(tablet: aiohttp.ClientSession, html: str, value: int = 4) -> str:
    """Say who answers and answer the first screen; the page that follows."""
    while (action := current_action(html)) != "/q/s/2":
        form = form_to(html, action)
        data = form.filled(**dict.fromkeys(form.items, str(value)))
        data += [("who", "self")] if action == "/q/who" else []
        async with tablet.post(action, data=data) as answer:
            html = await answer.text()
    return html


async def get(browser: aiohttp.ClientSession, path: str) -> tuple[int, str, str]:
    """Status, path and text of a page."""
    async with browser.get(path) as answer:
        return answer.status, answer.url.path, await answer.text()


async def steps(trial: Trial, code: str = "K-001") -> list[tuple[Any, ...]]:
    """What became of the hand-overs of a participant."""
    return await trial.fetch(
        "SELECT s.step, s.tablet, s.actor FROM tablet_steps AS s WHERE s.participant_id = $1"
        " ORDER BY s.id",
        trial.participants[code],
    )


async def older(trial: Trial, seconds: int) -> None:
    """Every code was made so long ago."""
    await trial.owner_does(
        "ALTER TABLE pro.tablet_handovers DISABLE TRIGGER insert_only;"
        f"UPDATE pro.tablet_handovers SET handed_at = handed_at - interval '{seconds} s';"
        "ALTER TABLE pro.tablet_handovers ENABLE TRIGGER insert_only"
    )


async def link_of(trial: Trial, code: str) -> str:
    """The path of the link in the newest text to a participant."""
    token = await trial.fetchval(
        "SELECT id FROM invitations WHERE participant_id = $1 ORDER BY id DESC LIMIT 1",
        trial.participants[code],
    )
    assert isinstance(token, UUID)
    return f"/q/{trial.context.keys.vault.link_token(token)}"


async def recorded(trial: Trial, code: str) -> list[tuple[Any, ...]]:
    """Every answer and score of a participant, but for who and how."""
    who = trial.participants[code]
    answers = await trial.fetch(
        "SELECT a.instrument, a.target, r.item, r.value, r.gap, a.submitted_at IS NOT NULL"
        " FROM responses AS r JOIN assessments AS a ON a.id = r.assessment_id"
        " WHERE r.participant_id = $1 ORDER BY 1, 2, 3",
        who,
    )
    scores = await trial.fetch(
        "SELECT s.instrument, s.scale, s.raw, s.normalised, s.basis FROM scores AS s"
        " JOIN assessments AS a ON a.id = s.assessment_id WHERE a.participant_id = $1"
        " ORDER BY 1, 2",
        who,
    )
    return answers + scores
