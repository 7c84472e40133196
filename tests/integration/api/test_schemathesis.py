"""Every address of /api/v1, tried with what its description allows and what it does not.

Bounded: so many cases an address, drawn alike each time. No answer is a 500, and none is one that
the description does not know.
"""

from __future__ import annotations

import asyncio
from typing import Any

import hypothesis
import pytest
import schemathesis
from aiohttp.test_utils import TestServer
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from pro_service.domain.study.permissions import Role
from pro_service.web.api.document import document
from pro_service.web.api.endpoints import ENDPOINTS
from tests.support.programs import seed_key, with_key
from tests.support.seed import SeededParticipant

CASES = 5
MANY = 100
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.mark.parametrize("cases", [CASES, pytest.param(MANY, marks=pytest.mark.thorough)])
async def test_no_request_makes_a_fault_or_an_answer_that_is_not_described(
    participant: SeededParticipant, server: TestServer, cases: int
) -> None:
    made = await seed_key(participant.study, role=Role.investigator)
    tried = await asyncio.to_thread(_try_all, str(server.make_url("/")), with_key(made), cases)
    assert tried >= len(ENDPOINTS)


def _try_all(url: str, headers: dict[str, str], cases: int) -> int:
    """Try every address; how many cases were tried."""
    schema = schemathesis.openapi.from_dict(document(ENDPOINTS))
    tried = 0
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()

        @hypothesis.settings(
            max_examples=cases,
            derandomize=True,
            deadline=None,
            database=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(case=operation.as_strategy())
        def attempt(case: schemathesis.Case[Any]) -> None:
            nonlocal tried
            tried += 1
            case.call_and_validate(base_url=url, headers=headers, checks=CHECKS)

        attempt()
    return tried
