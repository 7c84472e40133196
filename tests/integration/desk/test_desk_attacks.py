"""What nobody types and somebody sends: the desk says what is the matter, and does nothing."""

from __future__ import annotations

from datetime import timedelta

import aiohttp
import asyncpg
import pytest
from yarl import URL

from pro_service.domain.study.permissions import MAY, Role
from pro_service.services.desk.sign_in import form_secret
from pro_service.services.study.staff import make_staff
from pro_service.web.desk.routes import DOINGS
from tests.support.desk import (
    PASSWORD,
    move_to_site,
    page,
    seed_alert,
    seed_call,
    seed_site,
    seed_staff,
    sign_in,
)
from tests.support.seed import ACTOR, SeededParticipant, SeededStudy

NOTHING = "fell\0down"
WRITTEN = (
    "SELECT count(*) FROM pro.audit_entries"
    " WHERE actor LIKE 'staff:%' AND table_name <> 'staff_sessions'"
)


async def send(
    browser: aiohttp.ClientSession, path: str, filled: dict[str, str]
) -> tuple[int, str]:
    """Send a form of the desk; its answer, not followed."""
    secret = form_secret({one.key: one.value for one in browser.cookie_jar}["desk"])
    async with browser.post(path, data={"form": secret} | filled, allow_redirects=False) as answer:
        return answer.status, await answer.text()


async def test_a_character_that_cannot_be_kept_is_refused_in_every_field_and_address(
    participant: SeededParticipant, desk: aiohttp.ClientSession, owner: asyncpg.Connection
) -> None:
    until = ((await owner.fetchval("SELECT pro.now()")) + timedelta(days=9)).date().isoformat()
    rows = {
        "desk-call-close": await seed_call(participant),
        "desk-alert-seen": await seed_alert(
            participant, participant.assessments["baseline", "pain-nrs", "left_knee"]
        ),
    }
    good = {"reason": "x", "note": "x", "action": "x", "outcome": "reached", "key": "k1"}
    good["until"] = until
    for doing in DOINGS:
        if Role.coordinator not in MAY[doing.action]:
            continue  # Nobody gets as far as the form.
        row = rows.get(doing.name, rows["desk-call-close"])
        for field in good:
            path = doing.path.format(code="P-001", id=row)
            status, html = await send(desk, path, good | {field: NOTHING})
            assert (status, "<main" in html) == (400, True), (doing.name, field)
    for path in ("/desk/sign-in", "/desk/language"):
        assert (await send(desk, path, {"login": NOTHING, "language": NOTHING}))[0] == 400
    for path in (
        "/desk/participants/a%00b",
        "/desk/participants/a%00b/card",
        "/desk/participants?code=%00",
    ):
        address = URL(str(desk._base_url).rstrip("/") + path, encoded=True)
        async with desk.get(address) as answer:
            assert (answer.status, "<main" in await answer.text()) == (400, True), path
    assert await owner.fetchval(WRITTEN) == 0


async def test_who_is_moved_to_another_site_after_the_preview_is_not_paused_from_the_old_one(
    study: SeededStudy,
    participant: SeededParticipant,
    desk: aiohttp.ClientSession,
    owner: asyncpg.Connection,
) -> None:
    until = ((await owner.fetchval("SELECT pro.now()")) + timedelta(days=9)).date().isoformat()
    wish = {"until": until, "reason": "x", "key": "k1"}
    assert (await send(desk, "/desk/participants/P-001/pause/preview", wish))[0] == 200
    await move_to_site(participant, await seed_site(study))
    status, html = await send(desk, "/desk/participants/P-001/pause", wish)
    assert (status, "<main" in html) == (404, True)
    assert await owner.fetchval(WRITTEN) == 0


async def test_a_role_at_one_site_is_none_at_another(
    study: SeededStudy,
    participant: SeededParticipant,
    browser: aiohttp.ClientSession,
    owner: asyncpg.Connection,
) -> None:
    """Monitor where the participant is and coordinator next door: two roles do not add up."""
    await seed_staff(study, "both", site="S1", role="monitor")
    await seed_site(study)
    await seed_staff(study, "both", site="S2", role="coordinator")
    await sign_in(browser, "both")
    call = await seed_call(participant)
    until = ((await owner.fetchval("SELECT pro.now()")) + timedelta(days=9)).date().isoformat()
    filled = {"reason": "x", "note": "x", "outcome": "reached", "until": until, "key": "k1"}
    for path in (f"/desk/calls/{call}/close", "/desk/participants/P-001/pause"):
        assert (await send(browser, path, filled))[0] == 403, path
    assert await owner.fetchval(WRITTEN) == 0


async def test_who_gave_a_day_that_cannot_be_is_led_back_to_the_participant(
    participant: SeededParticipant, desk: aiohttp.ClientSession
) -> None:
    wish = {"until": "0001-01-01", "reason": "x", "key": "k1"}
    status, html = await send(desk, "/desk/participants/P-001/pause", wish)
    assert (status, 'href="/desk/participants/P-001"' in html) == (422, True)
    status, html = await send(desk, "/desk/participants/P-999/pause", wish)
    assert (status, "P-999" in html) == (404, False)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_no_other_method_does_what_a_form_does(
    participant: SeededParticipant,
    desk: aiohttp.ClientSession,
    owner: asyncpg.Connection,
    method: str,
) -> None:
    for path in ("/desk", "/desk/participants/P-001", "/desk/participants/P-001/pause"):
        async with desk.request(method, path) as answer:
            assert answer.status == 405, path
    assert await owner.fetchval(WRITTEN) == 0


async def test_looking_changes_nothing_by_whatever_address(
    participant: SeededParticipant, desk: aiohttp.ClientSession, owner: asyncpg.Connection
) -> None:
    call = await seed_call(participant)
    for doing in DOINGS:
        path = doing.path.format(code="P-001", id=call)
        refused = () if Role.coordinator in MAY[doing.action] else (403,)
        told = (200, 404, 405, *refused)
        async with desk.get(path, allow_redirects=False) as answer:
            assert answer.status in told, path
        async with desk.head(path, allow_redirects=False) as answer:
            assert answer.status in told, path
    assert (await page(desk, "/desk/participants/P-001?done=paused"))[0] == 200
    assert await owner.fetchval(WRITTEN) == 0


async def test_a_role_given_twice_is_held_once_so_that_it_can_be_ended(
    study: SeededStudy, owner: asyncpg.Connection
) -> None:
    for site in ("S1", "S1", None, None):
        await make_staff(
            owner,
            study.id,
            login="anna",
            password=PASSWORD,
            site=site,
            role="coordinator",
            actor=ACTOR,
        )
    held = await owner.fetch("SELECT site_id IS NULL AS wide FROM pro.staff_assignments")
    assert sorted(one["wide"] for one in held) == [False, True]


@pytest.mark.thorough
async def test_other_control_characters_are_dropped_from_what_is_typed(
    participant: SeededParticipant, desk: aiohttp.ClientSession, owner: asyncpg.Connection
) -> None:
    call = await seed_call(participant)
    for doing in DOINGS:
        for bad in ("\x1b", "\x07", "\x7f", "\x85"):
            path = doing.path.format(code="P-001", id=call)
            for field in ("reason", "note", "action", "outcome", "key", "until"):
                status, _ = await send(
                    desk, path, {"reason": "x", "key": "k"} | {field: f"a{bad}b"}
                )
                assert status < 500, (doing.name, field, bad)
    kept = await owner.fetchval(
        "SELECT count(*) FROM pro.audit_entries WHERE concat(reason, changes::text) ~ '[\x1b\x07]'"
    )
    assert kept == 0
