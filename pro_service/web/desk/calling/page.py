"""One call, worked to its end: what helps to make it, the number on a click, what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from aiohttp import web

from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Language
from pro_service.domain.study.events import EventRefusedError
from pro_service.domain.study.follow_up.undoing import Undoable
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.reaching.call_outcomes import CallOutcome, Hearing
from pro_service.domain.study.reaching.call_times import CallDayError, CallTimeError
from pro_service.domain.study.statuses import StatusRefusedError
from pro_service.domain.study.times import DayRangeError, zone
from pro_service.services.desk import calls as service
from pro_service.services.desk import numbers
from pro_service.services.desk.call_page import CallToMake, read_call
from pro_service.services.desk.calls import CalledContactError, OutcomeRefusedError
from pro_service.services.desk.entering import EntryRights
from pro_service.services.desk.pausing import PauseDayError, PauseRefusedError
from pro_service.services.desk.seat import AlreadyDoneError, DoneBefore, ReasonMissingError, Seat
from pro_service.services.texting import NoLineError
from pro_service.store.desk.conversation import CallLine
from pro_service.web.desk.calling.outcomes import outcome_values, read_said, typed_in
from pro_service.web.desk.contacts import contact_in_words
from pro_service.web.desk.entering.addresses import entry_of
from pro_service.web.desk.frame.deaths import death_words
from pro_service.web.desk.frame.done import Undo, done
from pro_service.web.desk.guard import for_staff, hands_of, id_in, way_back
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.person.sheets import problem_in_words
from pro_service.web.desk.story import Told
from pro_service.web.desk.words import Words
from pro_service.web.requests import read_form

_TO_MEND: Final[Mapping[type[ProServiceError], str]] = {
    ReasonMissingError: "failure.reason_missing.text",
    OutcomeRefusedError: "failure.outcome_refused.text",
    CalledContactError: "failure.called_contact.text",
    CallDayError: "failure.call_day.text",
    CallTimeError: "failure.call_time.text",
    PauseDayError: "failure.pause_day.text",
    DayRangeError: "problem.field.day_range",
    EventRefusedError: "failure.event_refused.text",
    StatusRefusedError: "failure.status_refused.text",
    PauseRefusedError: "failure.pause_refused.text",
    NoLineError: "failure.no_line.text",
}
"""What the form can be mended for where it stands, with what was typed."""


@for_staff
async def show(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/calls/{id}`: the call, and the form for what came of it."""
    return await _page(request, seat, back=_back_of(request.query.get("back", "")))


async def show_number(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/calls/{id}/number`: the same with the numbers, which is recorded first.

    They stand in this answer alone: in no address, and in nothing that is kept.
    """
    form = await read_form(request)
    shown = await numbers.show_numbers_for_call(hands_of(request, seat), id_in(request))
    return await _page(request, seat, back=way_back(form), shown=shown.numbers)


async def show_numbers(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/participants/{code}/number`: a participant's numbers, which is recorded first."""
    code, form = request.match_info["code"], await read_form(request)
    shown = await numbers.show_numbers(hands_of(request, seat), code, form.get("reason", ""))
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    contacts = [
        {"who": contact_in_words(words, one), "number": shown.numbers.get(one.id)}
        for one in shown.contacts
    ]
    return desk.render("number.html", request, seat, code=code, contacts=contacts)


async def close(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/calls/{id}/close`: what came of it is acted upon.

    Whoever answers now is led on to entry; what can be mended is said at the form, as it was typed.
    Of a call somebody else closed meanwhile it is said who did, and what was typed is not lost.
    """
    form = await read_form(request)
    back = way_back(form)
    try:
        said = read_said(form)
        worked = await service.close_call(hands_of(request, seat), id_in(request), said)
    except tuple(_TO_MEND) as error:
        return await _page(request, seat, back=back, typed=typed_in(form), error=error)
    except AlreadyDoneError as error:
        if error.before is None or error.before.actor == seat.actor:
            raise
        return _closed_before(request, seat, error.before, typed_in(form))
    if said.outcome == CallOutcome.answers_now:
        back = entry_of(worked.code, visit=worked.visit_id, mode="telephone")
        return done(seat, back, "call_goes_on", code=worked.code)
    day = None
    if worked.comes_back_at is not None:
        day = worked.comes_back_at.astimezone(zone(worked.zone)).date()
    key = "call_closed" if day is None else "call_comes_back"
    slip = said.outcome == CallOutcome.no_answer
    undo = Undo(Undoable.call_no_answer, id_in(request)) if slip else None
    return done(seat, back, key, code=worked.code, day=day, undo=undo)


def _closed_before(
    request: web.Request, seat: Seat, before: DoneBefore, typed: Mapping[str, str]
) -> web.Response:
    """Who closed the call, when and how; and the note that was typed, to be copied."""
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    kind, of = before.what or ("outcome", "")
    at = "" if before.at is None else words.instant(before.at, zone(before.zone))
    who, came = words.who(before.actor), words.word(kind, of)
    return desk.render(
        "call_closed.html",
        request,
        seat,
        status=HTTPStatus.CONFLICT,
        code=before.code,
        told=words.text("call.closed_before", who=who, code=before.code, at=at, what=came),
        note=typed["note"],
    )


async def _page(
    request: web.Request,
    seat: Seat,
    *,
    back: str,
    shown: Mapping[UUID, str] | None = None,
    typed: Mapping[str, str] | None = None,
    error: ProServiceError | None = None,
) -> web.Response:
    call = await read_call(hands_of(request, seat), id_in(request))
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    site_id, protocol = call.place.site_id, call.timeline.protocol
    enters = EntryRights(seat, call.frame.duties).enters(site_id, protocol)
    hearing = Hearing(
        by_investigator=seat.may(Action.record_withdrawal, site_id),
        tried=sum(_word_of(one) == CallOutcome.no_answer for one in call.tries),
        tries=protocol.calls.tries,
    )
    return desk.render(
        "call.html",
        request,
        seat,
        status=HTTPStatus.OK if error is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        frame=call.frame,
        back=back,
        problem=None if error is None else _problem(words, error),
        place=site_id,
        say=desk.words(_spoken(call)).text("call.say"),
        form=outcome_values(words, call, hearing, typed or {}, enters=enters),
        **_call_values(words, call, shown, enters=enters),
    )


def _problem(words: Words, error: ProServiceError) -> str:
    """What is wrong with what was said of a call, and the mend; nothing was changed."""
    return problem_in_words(words, error) or words.text(_TO_MEND[type(error)])


def _call_values(
    words: Words, call: CallToMake, shown: Mapping[UUID, str] | None, *, enters: bool
) -> dict[str, Any]:
    timeline, document = call.timeline, call.timeline.document
    told = Told(words, timeline)
    visit = next((one for one in document.visits if one.id == call.call.visit_id), None)
    theirs = zone(document.zone)
    return {
        "id": call.call.id,
        "code": document.code,
        "site": timeline.site,
        "reason": words.word("call", call.call.reason),
        "visit": None
        if visit is None
        else words.visit(timeline.protocol, visit.definition, visit.occurrence),
        "owed": []
        if visit is None
        else [
            {
                "asked": words.asked(one.instrument, one.target),
                "entry": entry_of(document.code, assessment=one.id, mode="telephone")
                if enters
                else None,
            }
            for one in visit.assessments
            if one.submitted_at is None and one.declined_at is None
        ],
        "closes": words.until(call.call.closes_at, told.zone),
        "since": told.at(call.call.created_at),
        "speaks": words.word("language", document.language),
        "spoken": _spoken(call),
        "their_zone": document.zone if document.zone != timeline.site.zone else None,
        "their_now": words.instant(document.now, theirs),
        "best": None if call.nudge_at is None else f"{call.nudge_at:%H:%M}",
        "tries": [_try(told, one) for one in call.tries],
        "contacts": [
            {
                "who": contact_in_words(words, one),
                "number": None if shown is None else shown.get(one.id),
            }
            for one in document.contacts
        ],
        "shown": shown is not None,
        "death": death_words(words, document.death_reported_at, told.zone),
        "alerts": [
            words.rule(timeline.protocol, one.rule)
            for one in document.conversation.alerts
            if one.acted_at is None and one.severity == "urgent"
        ],
    }


def _spoken(call: CallToMake) -> Language:
    return "zh_CN" if call.timeline.document.language == "zh_CN" else "en"


def _word_of(call: CallLine) -> str:
    return (call.outcome or "").partition(":")[0]


def _try(told: Told, call: CallLine) -> dict[str, str]:
    """One try so far: when, what came of it, in whose words."""
    words = told.words
    return {
        "at": "" if call.closed_at is None else told.at(call.closed_at),
        "outcome": words.word("outcome", _word_of(call)),
        "note": told.said(call.outcome) or "",
        "who": words.who(call.closed_by),
    }


def _back_of(given: str) -> str:
    """Where the page leads back to: a participant's page, or the list of calls."""
    return f"/desk/participants/{quote(given, safe='')}" if given else "/desk#calls"
