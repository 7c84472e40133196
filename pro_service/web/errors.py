"""Errors become answers: one table from error class to status, three ways to say it.

Pages speak the reader's language, hooks get a short plain line, everything else problem+json.
What an unknown error says of itself goes nowhere: not to the client, and not to the log.
"""

from __future__ import annotations

import logging
import traceback
from datetime import timedelta
from http import HTTPStatus
from typing import Final

import asyncpg
from aiohttp import web

from pro_service.domain.instruments.values import AnswerRangeError
from pro_service.domain.study.entering import CorrectionRefusedError, EntryRefusedError
from pro_service.domain.study.events import EventRefusedError
from pro_service.domain.study.follow_up.alert_steps import LogReferenceError, VerdictError
from pro_service.domain.study.follow_up.undoing import UndoRefusedError
from pro_service.domain.study.reaching.call_times import CallDayError, CallTimeError
from pro_service.domain.study.statuses import StatusRefusedError
from pro_service.domain.study.times import DayRangeError
from pro_service.messaging.gateway import (
    ForgedWebhookError,
    RecutWebhookError,
    UnreadableWebhookError,
)
from pro_service.messaging.gateways import UnknownProviderError
from pro_service.services.answering.finding import UnknownAssessmentError
from pro_service.services.base.keys import UnknownStudyError
from pro_service.services.base.notes import KeyGoneError
from pro_service.services.base.reader import UnknownParticipantError
from pro_service.services.base.turns import BusyError
from pro_service.services.desk.account.codes import SecondStepError
from pro_service.services.desk.account.proving import ProofRefusedError
from pro_service.services.desk.alerts import NotAssessedError
from pro_service.services.desk.calls import CalledContactError, OutcomeRefusedError
from pro_service.services.desk.entering import (
    DecidesAloneError,
    EntryWordsError,
    FirstTypistError,
    NothingTypedError,
)
from pro_service.services.desk.exporting import ExportRefusedError
from pro_service.services.desk.handing import HandoverRefusedError
from pro_service.services.desk.keeping import ElsewhereTooError, OwnAccountError
from pro_service.services.desk.numbers import RestrictedError
from pro_service.services.desk.pausing import PauseDayError, PauseRefusedError
from pro_service.services.desk.person.sent_forms import FormReusedError
from pro_service.services.desk.programs.entering import KeyRefusedError, KeySpentError
from pro_service.services.desk.seat import (
    AlreadyDoneError,
    NotAllowedError,
    NotHereError,
    ReasonMissingError,
)
from pro_service.services.desk.sign_in import (
    SignInRefusedError,
    SignInStoppedError,
    SignInThrottledError,
)
from pro_service.services.desk.unblinding import NoAllocationError, ShownBeforeError
from pro_service.services.exports import ReadsOpenError
from pro_service.services.pages.entrance import CodeRefusedError, TooManyTriesError
from pro_service.services.pages.handover import PinRefusedError, TabletNameError
from pro_service.services.pages.preferences import ChoiceRefusedError
from pro_service.services.pages.second_factor import FactorRefusedError, FactorUnreadableError
from pro_service.services.receiving import UnknownMessageError
from pro_service.services.receiving.arriving import UnknownAddressError
from pro_service.services.record import VisitLockedError
from pro_service.services.study import NoFactorError
from pro_service.services.study.sites import UnknownNameError
from pro_service.services.study.staff import UnclearNameError
from pro_service.services.texting import NoLineError
from pro_service.services.visits import SafetyEndRefusedError
from pro_service.services.visits.enrolment_cells import EnrolmentRefusedError
from pro_service.store.connection import DuplicateError, StaleRevisionError, StudyClosedError
from pro_service.store.journal import JournalError
from pro_service.store.pools import DatabaseUnreachableError
from pro_service.web.api import problems
from pro_service.web.api.cursors import CursorError
from pro_service.web.api.reading_in import (
    FaultyBodyError,
    FaultyQueryError,
    MediaTypeError,
    NotJsonError,
)
from pro_service.web.api.representations import PreconditionError
from pro_service.web.api.serving import ScopeMissingError
from pro_service.web.api.table import BASE
from pro_service.web.desk.pages import DESK, SEAT
from pro_service.web.keys import PAGES
from pro_service.web.refusals import CrossSiteError, UnreadableFormError
from pro_service.web.requests import route_name, try_again_after

LOG: Final = logging.getLogger("pro_service.web")

BUSY_FOR: Final = timedelta(seconds=5)
PROBLEM: Final = "application/problem+json"


STATUSES: Final[tuple[tuple[type[BaseException], HTTPStatus], ...]] = (
    (CrossSiteError, HTTPStatus.FORBIDDEN),
    (ForgedWebhookError, HTTPStatus.FORBIDDEN),
    (UnreadableFormError, HTTPStatus.BAD_REQUEST),
    # Before the one it is a kind of: somebody has cut a signed webhook anew.
    (RecutWebhookError, HTTPStatus.FORBIDDEN),
    (UnreadableWebhookError, HTTPStatus.BAD_REQUEST),
    (AnswerRangeError, HTTPStatus.BAD_REQUEST),
    # An address or a field with a character no text of the database can hold (U+0000).
    (asyncpg.CharacterNotInRepertoireError, HTTPStatus.BAD_REQUEST),
    (asyncpg.UntranslatableCharacterError, HTTPStatus.BAD_REQUEST),
    (UnknownProviderError, HTTPStatus.NOT_FOUND),
    (UnknownAddressError, HTTPStatus.NOT_FOUND),
    (UnknownMessageError, HTTPStatus.NOT_FOUND),
    (UnknownParticipantError, HTTPStatus.NOT_FOUND),
    (UnknownStudyError, HTTPStatus.NOT_FOUND),
    (NotHereError, HTTPStatus.NOT_FOUND),
    # Before the one it is a kind of.
    (NoFactorError, HTTPStatus.CONFLICT),
    # Whoever was a member when the page was drawn, and is none any more.
    (UnknownNameError, HTTPStatus.NOT_FOUND),
    (UnclearNameError, HTTPStatus.CONFLICT),
    (NotAllowedError, HTTPStatus.FORBIDDEN),
    (RestrictedError, HTTPStatus.FORBIDDEN),
    (AlreadyDoneError, HTTPStatus.CONFLICT),
    (ExportRefusedError, HTTPStatus.CONFLICT),
    (ReadsOpenError, HTTPStatus.CONFLICT),
    (OwnAccountError, HTTPStatus.FORBIDDEN),
    (ElsewhereTooError, HTTPStatus.FORBIDDEN),
    (ProofRefusedError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (SecondStepError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (UndoRefusedError, HTTPStatus.CONFLICT),
    (NotAssessedError, HTTPStatus.CONFLICT),
    (StatusRefusedError, HTTPStatus.CONFLICT),
    (EventRefusedError, HTTPStatus.CONFLICT),
    (NoLineError, HTTPStatus.CONFLICT),
    (CallDayError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (CallTimeError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (DayRangeError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (VerdictError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (LogReferenceError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (PauseRefusedError, HTTPStatus.CONFLICT),
    (HandoverRefusedError, HTTPStatus.CONFLICT),
    (SafetyEndRefusedError, HTTPStatus.CONFLICT),
    (KeyGoneError, HTTPStatus.CONFLICT),
    (StudyClosedError, HTTPStatus.CONFLICT),
    (NoAllocationError, HTTPStatus.CONFLICT),
    (ShownBeforeError, HTTPStatus.CONFLICT),
    (EntryRefusedError, HTTPStatus.CONFLICT),
    (CorrectionRefusedError, HTTPStatus.CONFLICT),
    (VisitLockedError, HTTPStatus.CONFLICT),
    (DecidesAloneError, HTTPStatus.FORBIDDEN),
    (FirstTypistError, HTTPStatus.FORBIDDEN),
    # The page was another participant's: its form does not belong to the link now in use.
    (UnknownAssessmentError, HTTPStatus.CONFLICT),
    # What was given is to be mended, so the form comes back with it.
    (ReasonMissingError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (EntryWordsError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (NothingTypedError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (CalledContactError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (OutcomeRefusedError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (PauseDayError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (SignInRefusedError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (SignInStoppedError, HTTPStatus.FORBIDDEN),
    (CodeRefusedError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (TabletNameError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (PinRefusedError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (FactorUnreadableError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (FactorRefusedError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (ChoiceRefusedError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (SignInThrottledError, HTTPStatus.TOO_MANY_REQUESTS),
    (TooManyTriesError, HTTPStatus.TOO_MANY_REQUESTS),
    (KeyRefusedError, HTTPStatus.UNAUTHORIZED),
    (KeySpentError, HTTPStatus.TOO_MANY_REQUESTS),
    (ScopeMissingError, HTTPStatus.FORBIDDEN),
    (CursorError, HTTPStatus.BAD_REQUEST),
    (FaultyQueryError, HTTPStatus.BAD_REQUEST),
    (NotJsonError, HTTPStatus.BAD_REQUEST),
    (MediaTypeError, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    (FaultyBodyError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (EnrolmentRefusedError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (FormReusedError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (PreconditionError, HTTPStatus.PRECONDITION_FAILED),
    (BusyError, HTTPStatus.SERVICE_UNAVAILABLE),
    (StaleRevisionError, HTTPStatus.SERVICE_UNAVAILABLE),
    (DuplicateError, HTTPStatus.SERVICE_UNAVAILABLE),
    (DatabaseUnreachableError, HTTPStatus.SERVICE_UNAVAILABLE),
    # What must not be forgotten could not be put down: the provider or the browser tries again.
    (JournalError, HTTPStatus.SERVICE_UNAVAILABLE),
    (asyncpg.PostgresConnectionError, HTTPStatus.SERVICE_UNAVAILABLE),
    (asyncpg.InterfaceError, HTTPStatus.SERVICE_UNAVAILABLE),
    (asyncpg.InsufficientResourcesError, HTTPStatus.SERVICE_UNAVAILABLE),
    (asyncpg.OperatorInterventionError, HTTPStatus.SERVICE_UNAVAILABLE),
    (asyncpg.TransactionRollbackError, HTTPStatus.SERVICE_UNAVAILABLE),
    (OSError, HTTPStatus.SERVICE_UNAVAILABLE),  # TimeoutError is one of them.
)


def status_of(error: BaseException) -> HTTPStatus:
    """The status an error is answered with; 500 for one nobody foresaw."""
    if isinstance(error, web.HTTPException):
        return HTTPStatus(error.status)
    for kind, status in STATUSES:
        if isinstance(error, kind):
            return status
    return HTTPStatus.INTERNAL_SERVER_ERROR


def caught(request: web.Request, error: Exception) -> web.Response:
    """The answer to what went wrong; of an error nobody foresaw nothing leaks, here or there."""
    status = status_of(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        LOG.error("request failed", extra=_without_values(request, error))
    return answer(request, status, error)


def answer(
    request: web.Request, status: HTTPStatus, error: Exception | None = None
) -> web.Response:
    """The answer to a request that failed, for the audience its address belongs to."""
    if for_participants(request.path):
        response = request.app[PAGES].failure(request, status)
    elif for_desk(request.path):
        response = request.app[DESK].failure(request, request.get(SEAT), status, error)
    elif for_providers(request.path):
        response = web.Response(status=status, text=f"{status.phrase}\n")
    elif for_programs(request.path):
        response = problems.failure(request, status, error)
    else:
        response = problem(status)
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        try_again_after(response, BUSY_FOR)
    return response


def for_participants(path: str) -> bool:
    """Whether an address is one of the participants' pages."""
    return path in ("/q", "/c", "/t") or path.startswith(("/q/", "/c/", "/t/", "/e/"))


def for_desk(path: str) -> bool:
    """Whether an address is one of the desk's."""
    return path == "/desk" or path.startswith("/desk/")


def for_providers(path: str) -> bool:
    """Whether an address is a webhook's."""
    return path.startswith("/hooks/")


def for_programs(path: str) -> bool:
    """Whether an address is one of the API's."""
    return path == BASE or path.startswith(f"{BASE}/")


def problem(status: HTTPStatus, detail: str | None = None) -> web.Response:
    """A problem+json answer (RFC 9457)."""
    body = {"type": "about:blank", "title": status.phrase, "status": int(status)}
    return web.json_response(
        body | ({"detail": detail} if detail else {}), status=status, content_type=PROBLEM
    )


def _without_values(request: web.Request, error: BaseException) -> dict[str, object]:
    """Where and of which kind, but not what: messages may hold data of a participant."""
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1] if frames else None
    return {
        "route": route_name(request),
        "error": type(error).__name__,
        "where": f"{last.filename.rpartition('/')[2]}:{last.lineno}" if last else "unknown",
    }
