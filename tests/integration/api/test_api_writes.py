"""What programs write: once for a key, in the participant's turn, by the rules of the desk."""

from __future__ import annotations

import asyncio
from typing import Final

import aiohttp
import asyncpg
from aiohttp.test_utils import TestServer

from pro_service.domain.programs.scopes import Scope
from pro_service.domain.study.permissions import MAY, Action, Role
from pro_service.services.base.context import ServiceContext
from pro_service.services.record.reading import Whence, Wish, read_audit
from pro_service.services.study.programs import KeyWish, make_key
from pro_service.store.record.reading import Reading
from tests.integration.desk.expected import CODE, OPEN, OTHER, SITES, Place
from tests.support.desk import (
    leave_for_site,
    other_study,
    page,
    seed_call,
    seed_site,
    seed_staff,
    sign_in,
)
from tests.support.programs import ask, seed_key, write
from tests.support.seed import ACTOR, SeededParticipant, SeededStudy
from tests.support.web import browsing

EVENTS: Final = f"/participants/{CODE}/events"
PLANNED: Final = {"kind": "injection", "planned_on": "2030-01-07", "reason": "the theatre is free"}
NEW: Final = {
    "code": "N-001",
    "site": "S1",
    "phone": "+12025550177",
    "language": "en",
    "zone": "Europe/London",
    "channel": "link",
    "consent_version": "1",
    "consent_on": "2026-01-05",
    "messaging_consent": "yes",
    "treated_knees": "left",
}
SAID: Final = "SELECT kind, planned_on::text, actor FROM pro.events WHERE actor LIKE 'staff:%'"
HERE: Final[tuple[Place, ...]] = ("here", "elsewhere", "formerly", "whole_study")


async def test_a_write_is_done_once_for_its_key(
    participant: SeededParticipant, browser: aiohttp.ClientSession, owner: asyncpg.Connection
) -> None:
    made = await seed_key(participant.study)
    both = await asyncio.gather(*(write(browser, made, EVENTS, PLANNED, "same-key") for _ in "ab"))
    again = await write(browser, made, EVENTS, PLANNED, "same-key")
    assert [one.status for one in (*both, again)] == [201, 201, 201]
    assert both[0].body == both[1].body == again.body
    written = [tuple(one) for one in await owner.fetch(SAID)]
    assert written == [("injection", "2030-01-07", "staff:registry")]

    other = await write(browser, made, EVENTS, PLANNED | {"reason": "another"}, "same-key")
    assert (other.status, other.json["type"]) == (422, "urn:pro-service:problem:form-reused")
    assert len(await owner.fetch(SAID)) == 1
    # As the guide says: under the program's next API key it is refused, and not done twice.
    study, next_key = participant.study, KeyWish("registry", frozenset({Scope.record_events}), 1)
    rotated = await make_key(study.owner, study.id, next_key, actor=ACTOR)
    late = await write(browser, rotated, EVENTS, PLANNED, "same-key")
    assert (late.status, late.json["type"]) == (422, "urn:pro-service:problem:form-reused")
    assert len(await owner.fetch(SAID)) == 1
    # Another program that takes the same key does not meet it.
    second = await seed_key(participant.study, "second")
    moved = PLANNED | {"planned_on": "2030-01-08"}
    assert (await write(browser, second, EVENTS, moved, "same-key")).status == 201
    assert len(await owner.fetch(SAID)) == 2


async def test_the_audit_says_that_a_program_wrote(
    participant: SeededParticipant,
    browser: aiohttp.ClientSession,
    owner: asyncpg.Connection,
    context: ServiceContext,
    server: TestServer,
) -> None:
    study = participant.study
    made = await seed_key(study)
    assert (await write(browser, made, EVENTS, PLANNED, "program-key")).status == 201
    reading = Reading(owner, study.id, everything=True, nobodys=True)
    told = await read_audit(reading, context, Wish(person="staff:registry"))
    assert {one.whence for one in told.entries} == {Whence.program}
    await seed_staff(study, "mona", role="monitor")
    async with browsing(server) as monitor:
        await sign_in(monitor, "mona")
        _, html = await page(monitor, "/desk/record?who=registry")
    assert "by a program" in html
    assert "at the desk" not in html


async def test_a_write_on_what_has_changed_is_refused_in_the_turn(
    participant: SeededParticipant, browser: aiohttp.ClientSession, owner: asyncpg.Connection
) -> None:
    made = await seed_key(participant.study)
    tag = (await ask(browser, made, EVENTS)).headers["ETag"]
    both = await asyncio.gather(
        *(
            write(browser, made, EVENTS, PLANNED | {"planned_on": day}, f"key-{day}", If_Match=tag)
            for day in ("2030-01-07", "2030-01-09")
        )
    )
    # Both read the same; whoever is second in the turn sees that it is so no more.
    assert sorted(one.status for one in both) == [201, 412]
    refused = next(one for one in both if one.status == 412)
    assert refused.json["type"] == "urn:pro-service:problem:precondition"
    assert len(await owner.fetch(SAID)) == 1
    # What else moves the revision is none of this representation.
    tag = (await ask(browser, made, EVENTS)).headers["ETag"]
    await owner.execute("UPDATE pro.participant_revisions SET revision = revision + 1")
    moved = PLANNED | {"planned_on": "2030-01-10"}
    assert (await write(browser, made, EVENTS, moved, "key-third", If_Match=tag)).status == 201


async def test_what_cannot_be_written_says_where_and_what_mends_it(
    participant: SeededParticipant, browser: aiohttp.ClientSession, owner: asyncpg.Connection
) -> None:
    made = await seed_key(participant.study)
    for body, status, place in (
        (PLANNED | {"occurred_at": "2026-01-05T09:00:00+08:00"}, 422, "body"),
        (PLANNED | {"planned_on": "9999-12-31"}, 422, "body.planned_on"),
        (PLANNED | {"reason": " "}, 422, "body.reason"),
        (PLANNED | {"reason": "\x00"}, 422, "body.reason"),
        (PLANNED | {"kind": "holiday"}, 422, "body.kind"),
        (PLANNED | {"kind": "death"}, 409, "body.kind"),
        ([PLANNED], 422, "body"),
    ):
        wrong = await write(browser, made, EVENTS, body, "wrong-key")
        assert wrong.status == status, wrong.body
        assert wrong.json["errors"][0]["place"] == place
        assert "Value error" not in wrong.body.decode()
        assert ".." not in wrong.body.decode()
    for headers, data, status in (
        ({"Idempotency-Key": "wrong-key", "Content-Type": "application/json"}, b"{", 400),
        ({"Idempotency-Key": "wrong-key", "Content-Type": "text/plain"}, b"{}", 415),
        ({"Idempotency-Key": "short", "Content-Type": "application/json"}, b"{}", 400),
        ({"Idempotency-Key": "wrong-key", "Content-Type": "application/json"}, b" " * 70000, 413),
    ):
        answer = await ask(browser, made, EVENTS, method="POST", headers=headers, data=data)
        assert (answer.status, answer.json["status"]) == (status, status)
    assert await owner.fetch(SAID) == []


async def test_somebody_is_enrolled_by_the_rules_of_the_file(
    study: SeededStudy, browser: aiohttp.ClientSession, context: ServiceContext
) -> None:
    made = await seed_key(study)
    first = await write(browser, made, "/participants", NEW, "enrol-one")
    assert (first.status, first.json) == (201, {"code": "N-001"}), first.body
    again = await write(browser, made, "/participants", NEW, "enrol-one")
    assert (again.status, again.body) == (201, first.body)
    listed = await ask(browser, made, "/participants")
    assert [(one["code"], one["site"]) for one in listed.json["items"]] == [("N-001", "S1")]
    assert b"0177" not in listed.body
    wrong = NEW | {"code": "N-002", "phone": "12", "zone": "Nowhere/At-all"}
    refused = await write(browser, made, "/participants", wrong, "enrol-two")
    assert refused.status == 422
    assert {one["place"] for one in refused.json["errors"]} == {"body.phone", "body.zone"}
    twice = await write(browser, made, "/participants", NEW, "enrol-three")
    assert (twice.status, twice.json["errors"][0]["place"]) == (422, "body.code")


async def test_a_call_is_closed_once_with_what_follows_from_it(
    participant: SeededParticipant, browser: aiohttp.ClientSession, owner: asyncpg.Connection
) -> None:
    path = f"/calls/{await seed_call(participant)}"
    # Whatever day it is, a working one comes before it helps no more.
    await owner.execute("UPDATE pro.call_tasks SET closes_at = closes_at + interval '30 days'")
    made = await seed_key(participant.study)
    read = await ask(browser, made, path)
    assert (read.status, read.json["participant"], read.json["closed_at"]) == (200, CODE, None)
    said = {"outcome": "no_answer", "note": "nobody there at ten"}
    early = await write(browser, made, path, said, "call-early", If_Match='"other"')
    assert early.status == 412
    assert await owner.fetchval("SELECT count(*) FROM pro.notes") == 0
    tag = {"If_Match": read.headers["ETag"]}
    both = await asyncio.gather(
        *(write(browser, made, path, said, "call-one", **tag) for _ in "ab")
    )
    again = await write(browser, made, path, said, "call-one")
    assert [one.status for one in (*both, again)] == [201, 201, 201], both
    assert both[0].body == both[1].body == again.body
    # As at the desk: the try is kept, its words are sealed, and the task comes back.
    assert again.json["comes_back_at"] is not None
    rows = await owner.fetch("SELECT outcome, closed_by FROM pro.call_tasks ORDER BY id")
    assert [row["closed_by"] for row in rows] == ["staff:registry", None]
    assert rows[0]["outcome"].startswith("no_answer: note:")
    closed = await ask(browser, made, path)
    assert (closed.json["outcome"], b"note:" in closed.body) == ("no_answer", False)

    other = await write(browser, made, path, said | {"note": "another"}, "call-one")
    assert (other.status, other.json["type"]) == (422, "urn:pro-service:problem:form-reused")
    over = await write(browser, made, path, said, "call-no-2")
    assert (over.status, over.json["type"]) == (409, "urn:pro-service:problem:already-done")
    for wrong, status in ((said | {"outcome": "gone"}, 422), (said | {"note": " "}, 422)):
        assert (await write(browser, made, path, wrong, "call-no-3")).status == status
    assert (await write(browser, made, "/calls/none", said, "call-no-4")).status == 404
    reader = await seed_key(participant.study, "reader", role=Role.monitor)
    assert (await write(browser, reader, path, said, "call-no-5")).status == 403


async def test_who_may_not_write_at_the_desk_may_not_here(
    study: SeededStudy, participant: SeededParticipant, server: TestServer
) -> None:
    here = await seed_site(study, "S2")
    await seed_site(study, "S3")
    await leave_for_site(participant, here)
    await other_study(study)
    wrong: list[tuple[str, str, str, int]] = []
    number = 10
    async with browsing(server) as browser:
        for place in HERE:
            for role in Role:
                login = f"{role}-{place}".replace("_", "-")
                made = await seed_key(study, login, role=role, site=SITES[place])
                number += 1
                body = PLANNED | {"planned_on": f"2030-02-{number % 28 + 1:02}"}
                found = await write(browser, made, EVENTS, body, f"key-of-{login}")
                told = {"here": 201, "whole_study": 201, "formerly": 403, "elsewhere": 404}[place]
                if found.status != (told if role in MAY[Action.record_event] else 403):
                    wrong.append((role, place, "event", found.status))
                new = NEW | {"code": f"N-{number}", "site": "S2", "phone": f"+120255501{number}"}
                found = await write(browser, made, "/participants", new, f"new-of-{login}")
                told = 201 if place in OPEN else 422
                if found.status != (told if role in MAY[Action.enrol] else 403):
                    wrong.append((role, place, "enrol", found.status))
    assert place not in OTHER
    assert wrong == []
