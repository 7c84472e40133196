"""Errors become answers: one table from error class to status, three ways to say it.

Pages speak the reader's language, hooks get a short plain line, everything else problem+json.
What an unknown error says of itself goes nowhere: not to the client, and not to the log.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

import asyncpg
from aiohttp import web

from pro_service.domain.instruments.values import AnswerRangeError
from pro_service.messaging.gateway import ForgedWebhookError, UnreadableWebhookError
from pro_service.services.answering.sittings import UnknownAssessmentError
from pro_service.services.base.context import UnknownParticipantError, UnknownStudyError
from pro_service.services.base.turns import BusyError
from pro_service.services.receiving.inbound import UnknownAddressError
from pro_service.services.texting.delivery import UnknownMessageError
from pro_service.store.connection import DuplicateError, StaleRevisionError
from pro_service.store.pools import DatabaseUnreachableError
from pro_service.web.keys import PAGES
from pro_service.web.refusals import CrossSiteError, UnknownProviderError, UnreadableFormError

RETRY_AFTER_SECONDS: Final = 5
PROBLEM: Final = "application/problem+json"


STATUSES: Final[tuple[tuple[type[BaseException], HTTPStatus], ...]] = (
    (CrossSiteError, HTTPStatus.FORBIDDEN),
    (ForgedWebhookError, HTTPStatus.FORBIDDEN),
    (UnreadableFormError, HTTPStatus.BAD_REQUEST),
    (UnreadableWebhookError, HTTPStatus.BAD_REQUEST),
    (AnswerRangeError, HTTPStatus.BAD_REQUEST),
    (UnknownProviderError, HTTPStatus.NOT_FOUND),
    (UnknownAddressError, HTTPStatus.NOT_FOUND),
    (UnknownMessageError, HTTPStatus.NOT_FOUND),
    (UnknownParticipantError, HTTPStatus.NOT_FOUND),
    (UnknownStudyError, HTTPStatus.NOT_FOUND),
    # The page was another participant's: its form does not belong to the link now in use.
    (UnknownAssessmentError, HTTPStatus.CONFLICT),
    (BusyError, HTTPStatus.SERVICE_UNAVAILABLE),
    (StaleRevisionError, HTTPStatus.SERVICE_UNAVAILABLE),
    (DuplicateError, HTTPStatus.SERVICE_UNAVAILABLE),
    (DatabaseUnreachableError, HTTPStatus.SERVICE_UNAVAILABLE),
    (asyncpg.PostgresConnectionError, HTTPStatus.SERVICE_UNAVAILABLE),
    (asyncpg.InterfaceError, HTTPStatus.SERVICE_UNAVAILABLE),
    (asyncpg.InsufficientResourcesError, HTTPStatus.SERVICE_UNAVAILABLE),
    (asyncpg.OperatorInterventionError, HTTPStatus.SERVICE_UNAVAILABLE),
    (asyncpg.TransactionRollbackError, HTTPStatus.SERVICE_UNAVAILABLE),
    (OSError, HTTPStatus.SERVICE_UNAVAILABLE),  # TimeoutError is one of them.
)


def status_of(error: BaseException) -> HTTPStatus:
    """The status an error is answered with; 500 for one nobody foresaw."""
    for kind, status in STATUSES:
        if isinstance(error, kind):
            return status
    return HTTPStatus.INTERNAL_SERVER_ERROR


def answer(request: web.Request, status: HTTPStatus) -> web.Response:
    """The answer to a request that failed, for the audience its address belongs to."""
    if for_participants(request.path):
        response = request.app[PAGES].failure(request, status)
    elif request.path.startswith("/hooks/"):
        response = web.Response(status=status, text=f"{status.phrase}\n")
    else:
        response = problem(status)
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def for_participants(path: str) -> bool:
    """Whether an address is one of the participants' pages."""
    return path in ("/q", "/c") or path.startswith(("/q/", "/c/"))


def problem(status: HTTPStatus, detail: str | None = None) -> web.Response:
    """A problem+json answer (RFC 9457)."""
    body = {"type": "about:blank", "title": status.phrase, "status": int(status)}
    return web.json_response(
        body | ({"detail": detail} if detail else {}), status=status, content_type=PROBLEM
    )
