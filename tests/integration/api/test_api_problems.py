"""What goes wrong is said alike: a stable type, what is wrong, each place, and what mends it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

import aiohttp
from aiohttp.test_utils import TestServer, make_mocked_request

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


def checked(status: int, body: bytes | str) -> tuple[int, str, list[str]]:
    """The status of a problem, the last word of its type, and the places it names."""
    told = Problem.model_validate_json(body)
    assert told.status == status
    assert told.type.startswith("urn:pro-service:problem:")
    assert all((told.title, told.detail, told.mend)), told
    assert all(one.says for one in told.errors)
    return status, told.type.rpartition(":")[2], [one.place for one in told.errors]


async def test_every_problem_names_its_place_and_what_mends_it(
    participant: SeededParticipant, browser: aiohttp.ClientSession, server: TestServer
) -> None:
    study = participant.study
    made = await seed_key(study)
    narrow = await seed_key(study, "narrow", scopes=[Scope.read_participants], per_minute=1)

    async def found(path: str, key: Any = made, **sent: Any) -> tuple[int, str, list[str]]:
        got = await ask(browser, key, path, **sent)
        assert got.headers["Content-Type"] == "application/problem+json"
        assert ("Retry-After" in got.headers) == (got.status in (429, 503))
        return checked(got.status, got.body)

    async def sent(body: bytes, headers: dict[str, str], path: str = EVENTS) -> Any:
        return await found(path, method="POST", headers=JSON | headers, data=body)

    key = "header.Authorization"
    assert await found("/participants", None) == (401, "key-refused", [key])
    assert await found("/participants/P-001/schedule", narrow) == (403, "scope-missing", [key])
    spent = [await ask(browser, narrow, "/participants") for _ in range(3)]
    assert checked(429, next(one.body for one in spent if one.status == 429)) == (
        *(429, "key-spent"),
        [key],
    )
    assert await found("/nothing") == (404, "address", ["path"])
    assert await found("") == (404, "address", ["path"])
    assert await found("/participants/P-999") == (404, "not-here", ["path.code"])
    assert await found("/calls/none") == (404, "not-here", ["path.id"])
    assert await found("/participants?site=S9") == (404, "not-here", ["query.site"])
    assert await found("/participants", method="DELETE") == (405, "method", ["method"])
    assert await found("/alerts?after=x") == (400, "cursor", ["query.after"])
    assert await found("/calls?limit=0&x=1") == (400, "faulty-query", ["query.limit", "query.x"])

    assert await sent(b"{", {}) == (400, "not-json", ["body"])
    assert await sent(b" " * 70_000, {}) == (413, "body-too-long", ["body"])
    assert await sent(b"x", {"Content-Type": "text/plain"}) == (
        *(415, "media-type"),
        ["header.Content-Type"],
    )
    once = "header.Idempotency-Key"
    assert await sent(b"{}", {"Idempotency-Key": "x"}) == (400, "faulty-query", [once])
    assert await sent(b"{}", {"Origin": "https://else.where"}) == (
        *(403, "cross-site"),
        ["header.Origin"],
    )
    assert await sent(b"{}", {}) == (422, "faulty-body", ["body.kind", "body.reason"])
    assert await sent(b"{}", {}, "/participants/P-999/events") == (
        *(422, "faulty-body"),
        ["body.kind", "body.reason"],
    )

    async def written(body: Any, once: str, path: str = EVENTS, **headers: str) -> Any:
        got = await write(browser, made, path, body, once, **headers)
        return checked(got.status, got.body)

    assert (await write(browser, made, EVENTS, PLANNED, "used-key")).status == 201
    other = PLANNED | {"reason": "another"}
    assert await written(other, "used-key") == (422, "form-reused", [once])
    assert await written(other, "next-key", If_Match='"x"') == (
        *(412, "precondition"),
        ["header.If-Match"],
    )
    death = PLANNED | {"kind": "death"}
    assert await written(death, "next-key") == (409, "event-refused", ["body.kind"])
    assert await written(PLANNED, "next-key", "/participants/P-999/events") == (
        *(404, "not-here"),
        ["path.code"],
    )
    assert await written(NEW | {"phone": "1"}, "next-key", "/participants") == (
        *(422, "enrolment-refused"),
        ["body.phone"],
    )


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
