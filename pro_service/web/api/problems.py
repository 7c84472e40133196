"""Problems as RFC 9457 says them: a stable type, what is wrong, where, and what mends it.

Each has the same members, whatever went wrong: a program reads them without asking which are there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from aiohttp import hdrs, web

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.events import EventRefusedError
from pro_service.domain.study.reaching.call_times import CallDayError, CallTimeError
from pro_service.domain.study.statuses import StatusRefusedError
from pro_service.services.desk.calls import CalledContactError, OutcomeRefusedError
from pro_service.services.desk.numbers import RestrictedError
from pro_service.services.desk.pausing import PauseDayError, PauseRefusedError
from pro_service.services.desk.person.sent_forms import FormReusedError
from pro_service.services.desk.programs.entering import KeyRefusedError, KeySpentError
from pro_service.services.desk.seat import NotAllowedError, NotHereError, ReasonMissingError
from pro_service.services.visits.enrolment_cells import EnrolmentRefusedError
from pro_service.web.api.cursors import CursorError
from pro_service.web.api.models.base import Fault, Problem
from pro_service.web.api.reading_in import (
    BODY,
    IDEMPOTENCY_KEY,
    FaultyRequestError,
    MediaTypeError,
)
from pro_service.web.api.representations import PreconditionError
from pro_service.web.api.serving import ScopeMissingError
from pro_service.web.refusals import CrossSiteError
from pro_service.web.requests import try_again_after

PROBLEM: Final = "application/problem+json"
_PREFIX: Final = "urn:pro-service:problem:"
_HUMPS: Final = re.compile(r"(?<!^)(?=[A-Z])")
_KEY: Final = f"header.{hdrs.AUTHORIZATION}"


class AddressError(ProServiceError):
    """There is nothing at this address."""


class MethodError(ProServiceError):
    """This address does not take this method."""


class BodyTooLongError(ProServiceError):
    """The body is longer than 64 kB."""


class UnreadableRequestError(ProServiceError):
    """The request cannot be read."""


class UnavailableError(ProServiceError):
    """The service cannot do this now."""


class UnforeseenError(ProServiceError):
    """Something went wrong in the service."""


_PLAIN: Final[Mapping[HTTPStatus, type[ProServiceError]]] = {
    HTTPStatus.NOT_FOUND: AddressError,
    HTTPStatus.METHOD_NOT_ALLOWED: MethodError,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: BodyTooLongError,
    HTTPStatus.SERVICE_UNAVAILABLE: UnavailableError,
    HTTPStatus.INTERNAL_SERVER_ERROR: UnforeseenError,
}
"""What a status says that came without an error of ours, or with one that is none of theirs."""
_AS_DESCRIBED: Final = "Send what /api/v1/openapi.json describes."
_MENDS: Final[Mapping[HTTPStatus, str]] = {
    HTTPStatus.FORBIDDEN: "An administrator of the study gives a program its roles and sites.",
    HTTPStatus.NOT_FOUND: "/api/v1/openapi.json says what there is; the lists name what is at the"
    " program's sites.",
    HTTPStatus.METHOD_NOT_ALLOWED: "Allow names the methods it takes.",
    HTTPStatus.CONFLICT: "Read what is there now, and decide anew.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Send less at once.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Mend what `errors` names, and send it again.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Try again after the seconds of Retry-After, a write under the"
    " same Idempotency-Key: it is done once.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Tell whoever runs the service the X-Request-Id of this"
    " answer.",
}
"""What mends a problem whose error does not say; else that what is sent be as described."""
_OWN_MENDS: Final[Mapping[type[ProServiceError], str]] = {
    FormReusedError: f"Send it under an {IDEMPOTENCY_KEY} that was used for nothing else.",
    CrossSiteError: "Leave it out: a page of another site cannot use a key.",
}
"""Of errors that people at the desk are told in other words."""
PLACES: Final[tuple[tuple[type[ProServiceError], str], ...]] = (
    (KeyRefusedError, _KEY),
    (KeySpentError, _KEY),
    (ScopeMissingError, _KEY),
    (NotAllowedError, _KEY),
    (CrossSiteError, f"header.{hdrs.ORIGIN}"),
    (CursorError, "query.after"),
    (MediaTypeError, f"header.{hdrs.CONTENT_TYPE}"),
    (FormReusedError, f"header.{IDEMPOTENCY_KEY}"),
    (PreconditionError, f"header.{hdrs.IF_MATCH}"),
    (RestrictedError, "path.code"),
    (EventRefusedError, "body.kind"),
    (StatusRefusedError, "body.kind"),
    (ReasonMissingError, "body.reason"),
    (CallDayError, "body.day"),
    (CallTimeError, "body.day"),
    (PauseDayError, "body.day"),
    (EventRefusedError, "body.outcome"),
    (StatusRefusedError, "body.outcome"),
    (PauseRefusedError, "body.outcome"),
    (OutcomeRefusedError, "body.outcome"),
    (CalledContactError, "body.outcome"),
    (AddressError, "path"),
    (MethodError, "method"),
    (UnavailableError, "service"),
    (UnforeseenError, "service"),
)
"""Where it is wrong, by the kind of error, of the fields that the endpoint takes; else in what is
sent, or in what the path names."""


def failure(request: web.Request, status: HTTPStatus, error: Exception | None) -> web.Response:
    """The answer to what went wrong; of an error nobody foresaw, no word of its own."""
    said = error if isinstance(error, ProServiceError) and status < 500 else _plain(status)
    problem = Problem(
        type=type_of(said),
        title=status.phrase,
        status=int(status),
        detail=said.message,
        mend=said.mend or _OWN_MENDS.get(type(said)) or _MENDS.get(status, _AS_DESCRIBED),
        errors=_faults(request, said),
    )
    response = web.Response(
        body=problem.model_dump_json().encode(), status=status, content_type=PROBLEM
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


def _plain(status: HTTPStatus) -> ProServiceError:
    other = UnreadableRequestError if status < 500 else UnforeseenError
    return _PLAIN.get(status, other)()


def _faults(request: web.Request, error: ProServiceError) -> list[Fault]:
    """Each place that is wrong, and at least one."""
    if isinstance(error, FaultyRequestError):
        return list(error.faults)
    if isinstance(error, EnrolmentRefusedError):
        return [Fault(place=f"body.{one.column}", says=one.message) for one in error.problems]
    return [Fault(place=_place(request, error), says=error.message)]


def _can_be_sent(request: web.Request, place: str) -> bool:
    """Whether what the endpoint reads has it."""
    where, _, field = place.partition(".")
    return where != "body" or (BODY in request and field in request[BODY].model_fields)


def _place(request: web.Request, error: ProServiceError) -> str:
    for kind, place in PLACES:
        if isinstance(error, kind) and _can_be_sent(request, place):
            return place
    named = next((f"path.{name}" for name in request.match_info), None)
    if isinstance(error, NotHereError):
        return named or "query.site"
    return "body" if request.method == hdrs.METH_POST else named or "path"
