"""What programs read: pages and their cursors, tags, and who sees what at which site."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import aiohttp
import asyncpg
import pytest
from aiohttp.test_utils import TestServer

from pro_service.domain.programs.scopes import Scope
from pro_service.domain.study.permissions import MAY, Role
from pro_service.web.api.endpoints import ENDPOINTS
from pro_service.web.api.table import Endpoint
from tests.integration.desk.expected import CODE, OPEN, OTHER, PLACES, SEES_SCORES, SITES, Place
from tests.support.desk import (
    leave_for_site,
    other_study,
    seed_alert,
    seed_call,
    seed_line,
    seed_message,
    seed_site,
    seed_text,
)
from tests.support.programs import ask, seed_key, write
from tests.support.seed import SeededParticipant, SeededStudy, seed_participant
from tests.support.web import browsing

CANARY: Final = "my neighbour waters the azaleas"
NUMBER: Final = "+12025550143"
NARROW: Final = frozenset(PLACES) - {"here_of_two", "other_of_two"}


async def test_a_list_is_read_page_by_page_whatever_comes_meanwhile(
    participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    study = participant.study
    for number in (2, 3, 4):
        await seed_participant(study, code=f"P-00{number}", personal_code=f"B{number}")
    made = await seed_key(study)
    first = await ask(browser, made, "/participants?limit=2")
    assert [one["code"] for one in first.json["items"]] == ["P-001", "P-002"]
    await seed_participant(study, code="P-0015", personal_code="B15")
    rest = await ask(browser, made, f"/participants?limit=2&after={first.json['next']}")
    assert [one["code"] for one in rest.json["items"]] == ["P-003", "P-004"]
    assert rest.json["next"] is None
    one = await ask(browser, made, "/participants/P-003")
    assert one.json == rest.json["items"][0]

    for query, place in {
        f"after={first.json['next']}&limit=0": "query.limit",
        "limit=2&limit=3": "query.limit",
        "sites=S1": "query.sites",
        "site=%00": "query.site",
    }.items():
        wrong = await ask(browser, made, f"/participants?{query}")
        assert (wrong.status, wrong.json["errors"][0]["place"]) == (400, place)
    for path in (
        f"/alerts?after={first.json['next']}",
        "/calls?after=%C3%A9",
        "/alerts?after=WzFd",
    ):
        assert (await ask(browser, made, path)).status == 400
    assert (await ask(browser, made, "/participants?site=S9")).status == 404


async def test_a_representation_has_a_tag_and_methods_are_told(
    participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    made = await seed_key(participant.study)
    path = "/participants/P-001/schedule"
    read = await ask(browser, made, path)
    tag = read.headers["ETag"]
    same = await ask(browser, made, path, headers={"If-None-Match": f'"x", W/{tag}'})
    assert (same.status, same.body, same.headers["ETag"]) == (304, b"", tag)
    assert (await ask(browser, made, path, headers={"If-None-Match": '"x"'})).status == 200
    head = await ask(browser, made, path, method="HEAD")
    assert (head.status, head.body, head.headers["ETag"]) == (200, b"", tag)
    assert head.headers["Content-Length"] == str(len(read.body))
    told = await ask(browser, None, path, method="OPTIONS")
    assert (told.status, told.headers["Allow"]) == (204, "GET,HEAD,OPTIONS")
    for method in ("DELETE", "PUT", "PATCH"):
        refused = await ask(browser, made, path, method=method)
        assert (refused.status, refused.json["title"]) == (405, "Method Not Allowed")
    nothing = await ask(browser, made, "/nothing")
    assert (nothing.status, nothing.headers["Content-Type"]) == (404, "application/problem+json")


@pytest.fixture
async def moved(study: SeededStudy, participant: SeededParticipant) -> SeededParticipant:
    """Somebody who was at S1, with something of each kind, and is at S2 now."""
    here = await seed_site(study, "S2")
    await seed_site(study, "S3")
    line = await seed_line(participant, NUMBER)
    await seed_text(participant, line, CANARY)
    await seed_message(participant, line, "delivered")
    await seed_call(participant)
    await seed_alert(participant, participant.assessments["baseline", "pain-nrs", "left_knee"])
    await leave_for_site(participant, here)
    return participant


def expected(one: Endpoint, role: Role, place: Place) -> int:
    """What reading from an endpoint answers."""
    if role not in MAY[one.action]:
        return 403
    if one.scope is Scope.export:
        return 404  # Nobody asked for any.
    if "{" not in one.path:
        return 200
    if place in OTHER | {"elsewhere"}:
        return 404
    if one.scope is Scope.read_scores and role not in SEES_SCORES:
        return 403
    if one.scope is Scope.read_measures:
        # Not of who has left; nor beside scores, before the reads are locked.
        return 200 if place in OPEN and role not in SEES_SCORES else 403
    return 200


async def test_every_address_knows_which_role_at_which_site_reads(
    study: SeededStudy, moved: SeededParticipant, server: TestServer
) -> None:
    other = replace(study, id=await other_study(study))
    wrong: list[tuple[str, str, str, int]] = []
    call = await study.owner.fetchval("SELECT id FROM pro.call_tasks")
    async with browsing(server) as browser:
        for place in sorted(NARROW):
            for role in Role:
                login = f"{role}-{place}".replace("_", "-")
                of = other if place in OTHER else study
                made = await seed_key(of, login, role=role, site=SITES[place])
                for one in ENDPOINTS:
                    if one.method != "GET":
                        continue
                    answer = await ask(browser, made, one.path.format(code=CODE, id=call))
                    if answer.status != expected(one, role, place):
                        wrong.append((role, place, one.name, answer.status))
                    # Identities and words never leave, whatever the role (R6, R22).
                    if CANARY.encode() in answer.body or NUMBER.encode() in answer.body:
                        wrong.append((role, place, one.name, 0))
    assert wrong == []


async def test_whoever_moves_is_listed_once_wherever_they_are_seen(
    moved: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    study = moved.study
    first = await study.owner.fetchval("SELECT id FROM pro.sites WHERE code = 'S1'")
    sees = {
        place: await seed_key(study, f"of-{place}".lower(), site=None if place == "all" else place)
        for place in ("all", "S1", "S2", "S3")
    }

    async def listed(place: str, query: str = "") -> list[tuple[str, bool]]:
        found = await ask(browser, sees[place], f"/participants{query}")
        return [(one["site"], one["present"]) for one in found.json["items"]]

    assert [await listed(place) for place in sees] == [
        [("S2", True)],
        [("S1", False)],
        [("S2", True)],
        [],
    ]
    await leave_for_site(moved, first)  # Back again.
    assert [await listed(place) for place in sees] == [
        [("S1", True)],
        [("S1", True)],
        [("S2", False)],
        [],
    ]
    assert await listed("all", "?site=S1") == [("S1", True)]
    assert await listed("all", "?site=S2") == []


async def test_nothing_of_somebody_restricted_goes_to_a_program(
    participant: SeededParticipant, browser: aiohttp.ClientSession, owner: asyncpg.Connection
) -> None:
    study = participant.study
    made = await seed_key(study, role=Role.investigator)
    await owner.execute(
        "INSERT INTO pro.restrictions (study_id, id, participant_id, restricted, reason, actor)"
        " VALUES ($1, gen_random_uuid(), $2, true, $3, 'staff:x')",
        *(study.id, participant.id, f"note:{participant.id}"),
    )
    one = await ask(browser, made, "/participants/P-001")
    assert (one.status, one.json["restricted"]) == (200, True)
    for part in ("schedule", "events", "sittings", "scores", "measures", "messages"):
        assert (await ask(browser, made, f"/participants/P-001/{part}")).status == 403, part
    event = {"kind": "injection", "planned_on": "2027-01-05", "reason": "x"}
    assert (await write(browser, made, "/participants/P-001/events", event, "k" * 8)).status == 403
    assert (await ask(browser, made, "/alerts")).status == 200
