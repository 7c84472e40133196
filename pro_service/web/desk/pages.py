"""Renders the desk's pages and keeps what its handlers share."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from aiohttp import web

from pro_service.domain.instruments.model import LANGUAGES, Instrument, Language
from pro_service.domain.study.entering import CorrectionRefusedError, EntryRefusedError
from pro_service.domain.study.events import EventRefusedError
from pro_service.domain.study.follow_up.alert_steps import LogReferenceError, VerdictError
from pro_service.domain.study.follow_up.undoing import (
    NothingToUndoError,
    UndoAnothersError,
    UndoFollowedError,
    UndoLateError,
)
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.statuses import StatusRefusedError
from pro_service.domain.study.times import DayRangeError
from pro_service.services.base.notes import KeyGoneError
from pro_service.services.desk.alerts import NotAssessedError
from pro_service.services.desk.entering import DecidesAloneError, FirstTypistError
from pro_service.services.desk.handing import HandoverRefusedError
from pro_service.services.desk.keeping import ElsewhereTooError, OwnAccountError
from pro_service.services.desk.numbers import RestrictedError
from pro_service.services.desk.pausing import PauseDayError, PauseRefusedError
from pro_service.services.desk.seat import NotAllowedError, Seat, Session
from pro_service.services.desk.sign_in import form_secret
from pro_service.services.desk.unblinding import NoAllocationError, ShownBeforeError
from pro_service.services.record import VisitLockedError
from pro_service.services.study import NoFactorError, Passwords
from pro_service.services.texting import NoLineError
from pro_service.services.visits import SafetyEndRefusedError
from pro_service.store.connection import StudyClosedError
from pro_service.store.desk.frame import Frame
from pro_service.web.desk.frame.done import path_of, sentence, without_done
from pro_service.web.desk.frame.rooms import bar_values
from pro_service.web.desk.words import Words
from pro_service.web.site import (
    Audience,
    LanguageCookie,
    Site,
    as_page,
    choose_language,
)

LANGUAGE: Final = LanguageCookie("desk_language", "/desk", 365 * 24 * 3600)
AUDIENCE: Final = Audience(
    package="pro_service.web.desk",
    catalogue="desk",
    prefix="desk",
    static="/desk/static",
    style="desk.css",
    more_styles=("work.css", "tables.css", "person.css", "fitting.css", "rooms.css"),
    charts=True,
    scripts=("entry.js", "keys.js", "live.js", "passkey.js"),
    failures={
        HTTPStatus.NOT_FOUND: "not_found",
        HTTPStatus.FORBIDDEN: "refused",
        HTTPStatus.CONFLICT: "already_done",
        HTTPStatus.UNPROCESSABLE_ENTITY: "reason_missing",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
        HTTPStatus.SERVICE_UNAVAILABLE: "busy",
    },
)


_WORDS: Final[Mapping[type[BaseException], str]] = {
    NotAllowedError: "not_allowed",
    PauseDayError: "pause_day",
    PauseRefusedError: "pause_refused",
    HandoverRefusedError: "handover_refused",
    SafetyEndRefusedError: "safety_end",
    KeyGoneError: "key_gone",
    StudyClosedError: "study_closed",
    NoAllocationError: "no_allocation",
    ShownBeforeError: "shown_before",
    RestrictedError: "restricted",
    NotAssessedError: "not_assessed",
    StatusRefusedError: "status_refused",
    EventRefusedError: "event_refused",
    NoLineError: "no_line",
    DayRangeError: "day_range",
    VerdictError: "verdict_missing",
    LogReferenceError: "log_reference",
    EntryRefusedError: "entry_refused",
    CorrectionRefusedError: "correction_refused",
    DecidesAloneError: "decides_alone",
    FirstTypistError: "first_typist",
    VisitLockedError: "visit_locked",
    NothingToUndoError: "undo_nothing",
    UndoAnothersError: "undo_anothers",
    UndoLateError: "undo_late",
    UndoFollowedError: "undo_followed",
    OwnAccountError: "own_account",
    ElsewhereTooError: "elsewhere_too",
    NoFactorError: "no_factor",
}
"""The words for a refusal that its status alone does not tell."""
_TO_MEND: Final = frozenset(
    {HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.CONFLICT, HTTPStatus.SERVICE_UNAVAILABLE}
)
"""What is answered about a participant who is there, and can be tried otherwise or again."""


class Desk(Site):
    """The desk's templates, words and passwords, made once."""

    def __init__(self, instruments: Mapping[str, Instrument]) -> None:
        """Read templates, words and the style sheet."""
        super().__init__(AUDIENCE)
        self.passwords = Passwords()
        self._words = {one: Words(self.texts, one, instruments) for one in LANGUAGES}

    def words(self, language: Language) -> Words:
        """The desk's words in a language."""
        return self._words[language]

    def render(
        self,
        template: str,
        request: web.Request,
        session: Session | None,
        *,
        status: HTTPStatus = HTTPStatus.OK,
        frame: Frame | None = None,
        **values: Any,
    ) -> web.Response:
        """One page in the reader's language; with its frame, the bar says what waits."""
        language = language_of(request, session)
        words = self._words[language]
        seat = session if isinstance(session, Seat) else None

        said = sentence(words, session, request.query)

        def may(action: str, site_id: UUID | None) -> bool:
            return seat is not None and seat.may(Action[action], site_id)

        def may_anywhere(action: str) -> bool:
            return seat is not None and seat.may_anywhere(Action[action])

        given: dict[str, Any] = {
            "w": words,
            "may": may,
            "may_anywhere": may_anywhere,
            "login": None if session is None else session.row.person_login,
            "study": seat.row.study if seat is not None and seat.row.studies > 1 else None,
            "secret": None if session is None else form_secret(session.token),
            "here": without_done(request.path_qs) if request.method == "GET" else "/desk",
            "said": said,
            "undo_path": None if said is None or said.undo is None else path_of(said.undo),
            **bar_values(words, seat, frame, request.path),
        }
        if frame is not None:
            given["kind"] = frame.kind
        body = self.write(template, language, **(given | values))
        return as_page(body, status=status)

    def failure(
        self,
        request: web.Request,
        session: Session | None,
        status: HTTPStatus,
        error: BaseException | None = None,
    ) -> web.Response:
        """The page for a request that failed; not there and not yours look alike."""
        reason = self.reason(status)
        if error is not None:
            reason = _WORDS.get(type(error), reason)
        # Whoever may go on with a participant is led back to their page; to others none is named.
        seat = session if isinstance(session, Seat) else None
        known = seat is not None and status in _TO_MEND
        code = request.match_info.get("code") if known else None
        # No room is marked as the present one: an address of another site is in none.
        bar = bar_values(self._words[language_of(request, session)], seat, None, "")
        values = {"reason": reason, "code": code, **bar}
        return self.render("failure.html", request, session, status=status, **values)


def language_of(request: web.Request, session: Session | None) -> Language:
    """The language chosen on this device, else the person's, else the browser's."""
    own = None if session is None else session.row.language
    return choose_language(request, LANGUAGE, preferred=own)


DESK: Final = web.AppKey("DESK", Desk)
SEAT: Final = web.RequestKey("SEAT", Session)
"""Where a request keeps the session it was made from, for the page that shows a failure."""
