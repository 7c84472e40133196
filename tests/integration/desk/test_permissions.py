"""Every form and page of the desk, for every role, at every place: what it answers.

What is expected is worked out here from the table of permissions and from where somebody sits.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import aiohttp
import asyncpg
import pytest
from aiohttp.test_utils import TestServer

from pro_service.domain.study.permissions import Action, Role
from pro_service.services.base.context import ServiceContext
from pro_service.services.desk.sign_in import form_secret
from pro_service.services.study.staff import make_staff
from pro_service.store.ids import new_id
from pro_service.web.desk.guard import WITH_FILES
from pro_service.web.desk.person.registry import SHEETS
from pro_service.web.desk.routes import DOINGS, FIND, FOR_ANYBODY, ROUTES, Doing
from tests.integration.desk.expected import (
    CODE,
    OTHER,
    OTHERS_AS_WELL,
    PLACES,
    SITES,
    Place,
    expected,
    found_at,
    shown,
)
from tests.integration.desk.person.filled import (
    ARMS,
    SHOWN_ONCE,
    filled_for,
)
from tests.integration.desk.rows import (
    KEEPING,
    KEPT_ROWS,
    ROTA_ROWS,
    SETTLING,
    SITE,
    kept_filled,
    rota_filled,
    seed_data_query,
    seed_rota,
    seed_visit_rows,
)
from tests.support.desk import (
    PASSWORD,
    leave_for_site,
    other_study,
    page,
    press,
    seed_site,
    sign_in,
)
from tests.support.seed import ACTOR, SeededParticipant, SeededStudy
from tests.support.web import browsing

WROTE: Final = (
    "SELECT count(*) > 0 FROM pro.audit_entries WHERE actor = $1 AND table_name <> 'data_out'"
)
"""Whether somebody changed anything; that a table was taken out is kept of readers too."""
AROUND_THE_WORLD: Final = ("Europe/London", "America/New_York", "Pacific/Honolulu", "Asia/Shanghai")
"""In one of these it is always between 10 and 18."""
ASSESSED: Final = "EXISTS (SELECT FROM pro.alert_assessments AS a WHERE a.alert_id = alerts.id)"


async def look(browser: aiohttp.ClientSession) -> int | str:
    """Look for the participant by code: where that leads to, or the status of the refusal."""
    cookie = {one.key: one.value for one in browser.cookie_jar}.get("desk", "")
    filled = {"form": form_secret(cookie), "typed": CODE}
    async with browser.post(FIND.path, data=filled, allow_redirects=False) as answer:
        return answer.headers["Location"] if answer.status == 303 else answer.status


@pytest.fixture
async def moved(study: SeededStudy, participant: SeededParticipant) -> SeededParticipant:
    """Somebody who was at S1, with something of each kind to act on, and is at S2 now."""
    here = await seed_site(study, "S2")
    await seed_site(study, "S3")
    await seed_rota(study)
    await seed_visit_rows(participant)
    await leave_for_site(participant, here)
    await be_awake(participant)
    await seed_data_query(participant)
    return participant


async def be_awake(participant: SeededParticipant) -> None:
    """Live where it is day now: in quiet hours some forms answer otherwise."""
    owner = participant.study.owner
    now = await owner.fetchval("SELECT pro.now()")
    zone = next(one for one in AROUND_THE_WORLD if 10 <= now.astimezone(ZoneInfo(one)).hour < 18)
    async with owner.transaction():
        await owner.execute("SELECT set_config('pro.reason', 'moved by the test', true)")
        await owner.execute(
            "UPDATE pro.participants SET zone = $2 WHERE id = $1", participant.id, zone
        )


async def open_rows(owner: asyncpg.Connection) -> dict[str, UUID]:
    """For each action on a row, one that still waits for it."""
    wanted = {
        "desk-alert-seen": ("alerts", "seen_at IS NULL"),
        "desk-alert-taken": ("alerts", f"acted_at IS NULL AND NOT {ASSESSED}"),
        "desk-alert-assessed": ("alerts", f"acted_at IS NULL AND NOT {ASSESSED}"),
        "desk-alert-closed": ("alerts", f"acted_at IS NULL AND {ASSESSED}"),
        "desk-call-close": ("call_tasks", "closed_at IS NULL"),
        "desk-call-number": ("call_tasks", "closed_at IS NULL"),
        "desk-message-dealt": ("messages", "dealt_at IS NULL"),
        "desk-entry-send": ("attempts", f"actor = '{ACTOR}'"),
        "desk-second-keep": ("attempts", f"actor = '{ACTOR}'"),
        "desk-second-settle": ("attempts", f"actor = '{ACTOR}'"),
        **dict.fromkeys((*SETTLING, "desk-undo-text-nothing"), ("inbounds", "read_at IS NULL")),
        "desk-undo-alert-seen": ("alerts", "seen_at IS NULL"),
        "desk-undo-call-no-answer": ("call_tasks", "closed_at IS NULL"),
    }
    wanted |= ROTA_ROWS | KEPT_ROWS
    theirs = "valid_to IS NULL ORDER BY ordinal"
    wanted |= {"first contact": ("contact_points", theirs)}
    wanted |= {"last contact": ("contact_points", f"{theirs} DESC")}
    wanted["data query"] = ("data_queries", "true ORDER BY id DESC")
    wanted["visit"] = ("visits", "opens_at <= pro.now() AND superseded_at IS NULL")
    wanted["assessment"] = ("assessments", "instrument = 'pain-nrs'")
    now = "pro.now() >= opens_at AND pro.now() < closes_at AND kind <> 'screening'"
    wanted["visit"] = ("visits", now)
    # Asked before every form that is sent: thousands of times, so in one statement.
    each = (
        f'(SELECT id FROM pro.{table} WHERE {which} LIMIT 1) AS "{name}"'
        for name, (table, which) in wanted.items()
    )
    return dict(await owner.fetchrow(f"SELECT {', '.join(each)}"))


KEYS = count(1)


def well_filled(doing: Doing, rows: dict[str, UUID], until: str, secret: str) -> dict[str, str]:
    """What a form is sent with, about the participant `CODE` and these rows."""
    filled = {"form": secret, "note": "x", "action": "x", "reason": "x"}
    filled |= {"verdict": "no_ae", "told": "x"} if "alert" in doing.name else {}
    filled |= {"outcome": "reached", "until": until, "key": f"key{next(KEYS)}", "participant": CODE}
    filled |= {"mode": "telephone", "respondent": "self", "language": "en", "a.pain": "4"}
    filled |= {"assessment": str(rows["assessment"]), "decision": "refuse", "scope": "participant"}
    filled |= {"visit": str(rows["visit"]), "handover": str(new_id())}
    filled |= {"reply": "thanks"} if "reply" in doing.name else {}
    filled |= {"reason": "courtesy"} if doing.name == "desk-text-nothing" else {}
    if doing.name in {f"desk-{one.name}" for one in SHEETS}:
        filled = {name: filled[name] for name in ("form", "key", "reason")} | filled_for(
            doing, rows
        )
    if doing.action is Action.change_rota:
        filled |= rota_filled(rows, until)
    if doing.action in KEEPING:
        filled = {"form": filled["form"]} | kept_filled(doing.name, rows)
    return filled


async def send(
    browser: aiohttp.ClientSession, doing: Doing, rows: dict[str, UUID], until: str
) -> int:
    """Send one form, well filled in, and say what it answered."""
    cookie = {one.key: one.value for one in browser.cookie_jar}.get("desk", "")
    filled = well_filled(doing, rows, until, form_secret(cookie))
    data: dict[str, str] | aiohttp.FormData = filled
    if doing.name in WITH_FILES:
        data = aiohttp.FormData(filled, quote_fields=False)
        data.add_field("file", b"nothing", filename="empty.csv")
    code = SITE if doing.action in KEEPING | {Action.change_rota} else CODE
    path = doing.path.format(code=code, id=rows.get(doing.name))
    async with browser.post(path, data=data, allow_redirects=False) as answer:
        if answer.status == 303:
            assert "/desk/sign-in" not in answer.headers["Location"]
        return answer.status


async def seat(
    study: SeededStudy, browser: aiohttp.ClientSession, role: Role, place: Place, other: UUID
) -> str:
    """Sign somebody in who holds this role at this place; returns their login."""
    login = f"{role}-{place}".replace("_", "-")
    study_id = other if place in OTHER else study.id
    held = {study_id: SITES[place]}
    if place.endswith("_of_two"):
        held = {study.id: SITES["here_of_two"], other: SITES["other_of_two"]}
    for one, site in held.items():
        await make_staff(
            study.owner, one, login=login, password=PASSWORD, site=site, role=role, actor=ACTOR
        )
    status, html = await sign_in(browser, login)
    if len(held) > 1:
        status, _ = await press(browser, html, "/desk/studies", study=str(study_id))
    assert status == 200
    return login


@pytest.mark.parametrize(
    "place",
    [
        pytest.param(place, marks=[pytest.mark.thorough] if place in OTHERS_AS_WELL else [])
        for place in PLACES
    ],
)
async def test_every_form_and_page_knows_who_may(
    study: SeededStudy,
    moved: SeededParticipant,
    server: TestServer,
    owner: asyncpg.Connection,
    place: Place,
) -> None:
    other = await other_study(study)
    text = (await open_rows(owner))["desk-text-call"]
    until = ((await owner.fetchval("SELECT pro.now()")) + timedelta(days=9)).date().isoformat()
    wrong: list[tuple[Role, str, object]] = []
    for role in Role:
        async with browsing(server) as browser:
            login = await seat(study, browser, role, place, other)
            did = False
            for doing in DOINGS:
                status = await send(browser, doing, await open_rows(owner), until)
                did |= status == 303 or (status == 200 and doing.name in SHOWN_ONCE | ARMS)
                if status != expected(doing, role, place):
                    wrong.append((role, doing.name, status))
            led = await look(browser)
            if led != found_at(role, place):
                wrong.append((role, FIND.name, led))
            for path, status in shown(role, place, text).items():
                found, _ = await page(browser, path)
                if found != status:
                    wrong.append((role, path, found))
            wrote = await owner.fetchval(WROTE, f"staff:{login}")
            if wrote is not did:
                wrong.append((role, "wrote", wrote))
    assert wrong == []


async def test_nobody_signed_in_does_or_sees_anything(
    moved: SeededParticipant, browser: aiohttp.ClientSession, owner: asyncpg.Connection
) -> None:
    rows = await open_rows(owner)
    for doing in DOINGS:
        path = doing.path.format(code=CODE, id=rows.get(doing.name))
        async with browser.post(path, data={"reason": "x"}, allow_redirects=False) as answer:
            found = (answer.status, answer.headers["Location"])
            assert found == (303, "/desk/sign-in?ended=unsent"), doing
    for path in shown(Role.coordinator, "here", rows["desk-text-call"]):
        async with browser.get(path, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/desk/sign-in"), path
    entries = "SELECT count(*) FROM pro.audit_entries WHERE actor LIKE 'staff:%'"
    assert await owner.fetchval(entries) == 0


def test_every_form_of_the_desk_names_its_action() -> None:
    named = {one.name for one in DOINGS}
    posts = {one.kwargs["name"] for one in ROUTES if one.method == "POST"}
    assert posts == named | FOR_ANYBODY | {FIND.name}
    assert not named & FOR_ANYBODY


async def test_a_study_wide_role_reaches_a_site_added_later(
    study: SeededStudy, participant: SeededParticipant, server: TestServer, context: ServiceContext
) -> None:
    async with browsing(server) as browser:
        await seat(study, browser, Role.monitor, "whole_study", study.id)
        _, html = await page(browser)
        assert "S9" not in html
        await seed_site(study, "S9")
        _, html = await page(browser)
        assert "S9" in html


async def test_a_role_that_sees_nobody_is_shown_the_rooms_it_has(
    study: SeededStudy, participant: SeededParticipant, server: TestServer
) -> None:
    async with browsing(server) as browser:
        await seat(study, browser, Role.reader, "whole_study", study.id)
        _, html = await page(browser)
        assert 'href="/desk/measures/reads"' in html
        assert CODE not in html
