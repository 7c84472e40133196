"""Problems as RFC 9457 says them: a stable type, what is wrong, where, and what mends it."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final

from aiohttp import hdrs, web

from pro_service.domain.errors import ProServiceError
from pro_service.services.desk.programs.entering import KeyRefusedError, KeySpentError
from pro_service.services.visits.enrolment_cells import EnrolmentRefusedError
from pro_service.web.api.models.base import Fault, Problem
from pro_service.web.api.reading_in import FaultyRequestError
from pro_service.web.requests import try_again_after

PROBLEM: Final = "application/problem+json"
_PREFIX: Final = "urn:pro-service:problem:"
_HUMPS: Final = re.compile(r"(?<!^)(?=[A-Z])")


def failure(status: HTTPStatus, error: Exception | None) -> web.Response:
    """The answer to what went wrong; of an error nobody foresaw, the status alone."""
    said = error if isinstance(error, ProServiceError) and status < 500 else None
    problem = Problem(
        type="about:blank" if said is None else type_of(said),
        title=status.phrase,
        status=int(status),
        detail=None if said is None else said.message,
        mend=None if said is None else said.mend,
        errors=_faults(error),
    )
    response = web.Response(
        body=problem.model_dump_json(exclude_none=True).encode(),
        status=status,
        content_type=PROBLEM,
    )
    if isinstance(error, KeyRefusedError):
        response.headers[hdrs.WWW_AUTHENTICATE] = 'Bearer realm="api"'
    if isinstance(error, KeySpentError):
        try_again_after(response, error.wait)
    return response


def type_of(error: ProServiceError) -> str:
    """The URI of a kind of problem, by the name of its error."""
    name = type(error).__name__.removesuffix("Error")
    return _PREFIX + _HUMPS.sub("-", name).lower()


def _faults(error: Exception | None) -> list[Fault] | None:
    if isinstance(error, FaultyRequestError):
        return list(error.faults)
    if isinstance(error, EnrolmentRefusedError):
        return [Fault(place=f"body.{one.column}", says=one.message) for one in error.problems]
    return None
