"""What goes wrong is said alike: a stable type, what is wrong, each place, and what mends it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final, NamedTuple

import aiohttp
from aiohttp.test_utils import make_mocked_request

from pro_service.domain.programs.scopes import Scope
from pro_service.domain.study.reaching.call_outcomes import ABOUT_A_VISIT
from pro_service.services.base.turns import BusyError
from pro_service.web.api.endpoints import ENDPOINTS
from pro_service.web.api.models.base import Problem
from pro_service.web.api.problems import PLACES, failure
from pro_service.web.api.reading_in import BODY
from pro_service.web.errors import answer
from tests.integration.api.test_api_writes import EVENTS, NEW, PLANNED
from tests.support.desk import seed_call
from tests.support.programs import ask, seed_key, write
from tests.support.seed import SeededParticipant

JSON: Final = {"Idempotency-Key": "some-key", "Content-Type": "application/json"}
ONCE: Final = "header.Idempotency-Key"


def checked(status: int, body: bytes | str) -> tuple[int, str, list[str]]:
    """The status of a problem, the last word of its type, and the places it names."""
    told = Problem.model_validate_json(body)
    assert told.status == status
    assert told.type.startswith("urn:pro-service:problem:")
    assert all((told.title, told.detail, told.mend)), told
    assert all(one.says for one in told.errors)
    return status, told.type.rpartition(":")[2], [one.place for one in told.errors]


class Program(NamedTuple):
    """Somebody who asks with a key, and looks at the problem that is answered."""

    browser: aiohttp.ClientSession
    key: Any

    async def found(self, path: str, **sent: Any) -> tuple[int, str, list[str]]:
        """What a request is answered."""
        got = await ask(self.browser, self.key, path, **sent)
        assert got.headers["Content-Type"] == "application/problem+json"
        assert ("Retry-After" in got.headers) == (got.status in (429, 503))
        return checked(got.status, got.body)

    async def sent(self, body: bytes, path: str = EVENTS, **headers: str) -> Any:
        """What bytes are answered, as they are."""
        named = JSON | {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.found(path, method="POST", headers=named, data=body)

    async def written(self, body: Any, once: str, path: str = EVENTS, **headers: str) -> Any:
        """What a write is answered."""
        got = await write(self.browser, self.key, path, body, once, **headers)
        return checked(got.status, got.body)


async def test_a_key_that_is_refused_is_the_place(
    participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    narrow = await seed_key(
        participant.study, "narrow", scopes=[Scope.read_participants], per_minute=1
    )
    key = "header.Authorization"
    assert await Program(browser, None).found("/participants") == (401, "key-refused", [key])
    program = Program(browser, narrow)
    assert await program.found("/participants/P-001/schedule") == (403, "scope-missing", [key])
    spent = [await ask(browser, narrow, "/participants") for _ in range(3)]
    refused = next(one.body for one in spent if one.status == 429)
    assert checked(429, refused) == (429, "key-spent", [key])


async def test_what_is_not_there_or_asked_wrongly_is_named_by_its_place(
    participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    found = Program(browser, await seed_key(participant.study)).found
    assert await found("/nothing") == (404, "address", ["path"])
    assert await found("") == (404, "address", ["path"])
    assert await found("/participants/P-999") == (404, "not-here", ["path.code"])
    assert await found("/calls/none") == (404, "not-here", ["path.id"])
    assert await found("/participants?site=S9") == (404, "not-here", ["query.site"])
    assert await found("/participants", method="DELETE") == (405, "method", ["method"])
    assert await found("/alerts?after=x") == (400, "cursor", ["query.after"])
    assert await found("/calls?limit=0&x=1") == (400, "faulty-query", ["query.limit", "query.x"])


async def test_a_body_that_cannot_be_taken_is_named_by_its_place(
    participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    sent = Program(browser, await seed_key(participant.study)).sent
    fields = ["body.kind", "body.reason"]
    assert await sent(b"{") == (400, "not-json", ["body"])
    assert await sent(b" " * 70_000) == (413, "body-too-long", ["body"])
    typed = await sent(b"x", Content_Type="text/plain")
    assert typed == (415, "media-type", ["header.Content-Type"])
    assert await sent(b"{}", Idempotency_Key="x") == (400, "faulty-query", [ONCE])
    elsewhere = await sent(b"{}", Origin="https://else.where")
    assert elsewhere == (403, "cross-site", ["header.Origin"])
    assert await sent(b"{}") == (422, "faulty-body", fields)
    assert await sent(b"{}", "/participants/P-999/events") == (422, "faulty-body", fields)


async def test_a_write_that_is_refused_is_named_by_its_place(
    participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    program = Program(browser, await seed_key(participant.study))
    written, death = program.written, PLANNED | {"kind": "death"}
    assert (await write(browser, program.key, EVENTS, PLANNED, "used-key")).status == 201
    again = await written(PLANNED | {"reason": "another"}, "used-key")
    assert again == (422, "form-reused", [ONCE])
    late = await written(PLANNED | {"reason": "another"}, "next-key", If_Match='"x"')
    assert late == (412, "precondition", ["header.If-Match"])
    assert await written(death, "next-key") == (409, "event-refused", ["body.kind"])
    nobody = await written(PLANNED, "next-key", "/participants/P-999/events")
    assert nobody == (404, "not-here", ["path.code"])
    enrolled = await written(NEW | {"phone": "1"}, "next-key", "/participants")
    assert enrolled == (422, "enrolment-refused", ["body.phone"])


async def test_what_came_of_a_call_is_refused_in_the_words_of_its_body(
    participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    study = participant.study
    made = await seed_key(study)
    path = f"/calls/{await seed_call(participant)}"
    await study.owner.execute("UPDATE pro.call_tasks SET visit_id = NULL, reason = 'another_way'")

    async def refused(**said: str) -> tuple[int, str, list[str]]:
        got = await write(browser, made, path, {"note": "spoken"} | said, "some-key")
        return checked(got.status, got.body)

    for outcome in ABOUT_A_VISIT:
        assert await refused(outcome=outcome) == (422, "outcome-refused", ["body.outcome"])
    assert await refused(outcome="died", day="2090-01-01") == (422, "call-day", ["body.day"])


def test_a_place_is_never_a_field_the_endpoint_does_not_take() -> None:
    """Whatever goes wrong: errors are shared with the desk, and named by other fields there."""
    of_bodies = [(kind, place) for kind, place in PLACES if place.startswith("body.")]
    told = set()
    for endpoint in ENDPOINTS:
        if endpoint.body is None:
            continue
        request = make_mocked_request("POST", f"/api/v1{endpoint.path}")
        request[BODY] = endpoint.body
        fields = {f"body.{name}" for name in endpoint.body.model_fields}
        for kind, _ in of_bodies:
            answered = failure(request, HTTPStatus.CONFLICT, kind())
            (place,) = checked(409, answered.text or "")[2]
            assert not place.startswith("body.") or place in fields, (endpoint.name, kind, place)
            told.add(place)
    # Each that the table names is somebody's.
    assert {place for _, place in of_bodies} <= told


async def test_what_is_not_the_programs_fault_is_said_in_the_same_shape() -> None:
    request = make_mocked_request("GET", "/api/v1/alerts")
    busy = answer(request, HTTPStatus.SERVICE_UNAVAILABLE, BusyError())
    assert checked(503, busy.text or "") == (503, "unavailable", ["service"])
    assert "Retry-After" in busy.headers
    secret = ValueError("a word of somebody's")
    unforeseen = answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, secret)
    assert checked(500, unforeseen.text or "") == (500, "unforeseen", ["service"])
    assert "somebody" not in (unforeseen.text or "")
