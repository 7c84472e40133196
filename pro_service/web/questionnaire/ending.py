"""After the questions: review, sending, whom to telephone, thanks; and "not this time"."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from aiohttp import web

from pro_service.domain.instruments.model import Language
from pro_service.services.pages import saving as writes
from pro_service.services.pages.questionnaire import Questionnaire, urgent_rules
from pro_service.texts.catalogue import format_day
from pro_service.web.keys import PAGES
from pro_service.web.questionnaire.device import is_in_place, page, posted_by, visitor_on
from pro_service.web.questionnaire.forms import read_id, read_left_open
from pro_service.web.questionnaire.prelude import (
    TABLET_BACK,
    THANKS,
    cookie_of,
    find_in_hand,
    for_opened,
    for_posted,
    for_unfinished,
    nothing_open,
)
from pro_service.web.questionnaire.tablet import after_ending
from pro_service.web.questionnaire.views import (
    day_of,
    language_for,
    last_day,
    review_values,
    sent_day,
)
from pro_service.web.requests import Form, read_form, see


@for_unfinished
async def show_review(request: web.Request, questionnaire: Questionnaire) -> web.Response:
    """`GET /q/review`: all answers, each with a way back to it, and the button that sends them."""
    return review_page(request, questionnaire)


def review_page(request: web.Request, questionnaire: Questionnaire) -> web.Response:
    """The page to look all over on, and to send from."""
    language = language_for(request, questionnaire)
    parts = review_values(questionnaire, language, partial(request.app[PAGES].text, language))
    begun = [part for part in parts if part["begun"]]
    return page(
        request,
        questionnaire,
        "review.html",
        address="/q/review",
        parts=parts,
        begun=begun,
        ask="open" in request.query,
        given_on=_given_on(questionnaire, language),
        open_rows=[
            (part["id"], row) for part in begun for row in part["rows"] if not row["settled"]
        ],
    )


@for_posted
async def submit(request: web.Request, questionnaire: Questionnaire) -> web.Response:
    """`POST /q/review`: send the answers in; what is still open is asked about once."""
    form = await read_form(request)
    posted = posted_by(request, questionnaire, form, visitor_on(request, questionnaire))
    left_open = read_left_open([str(one) for one in form.getall("open", [])])
    outcome = await writes.submit(posted, listed=_listed(form), leave_open=left_open)
    if outcome is None:
        return await nothing_open(request)
    if outcome.unsettled:
        return see("/q/review?open=1")
    if questionnaire.handed is not None:
        return await after_ending(request, alerted=outcome.alerted)
    if outcome.alerted:
        return see("/q/now?then=thanks")
    if not is_in_place(request):
        return see(THANKS)
    sent = find_in_hand(request, cookie_of(request))
    return await show_thanks(request) if sent is None else _thanks_page(request, sent)


@for_opened
async def show_advice(request: web.Request, questionnaire: Questionnaire) -> web.Response:
    """`GET /q/now`: whom to telephone, at once."""
    site = questionnaire.facts.site
    language = language_for(request, questionnaire)
    leads_to = THANKS if questionnaire.handed is None else TABLET_BACK
    told = (rule.instruction.get(language, "") for rule in urgent_rules(questionnaire))
    return page(
        request,
        questionnaire,
        "advice.html",
        address="/q/now?then=thanks" if "then" in request.query else "/q/now",
        instructions=[one for one in dict.fromkeys(told) if one],
        telephone=site.telephone,
        emergency=site.emergency_number,
        then=leads_to if request.query.get("then") == "thanks" else "/q",
    )


@for_opened
async def show_thanks(request: web.Request, questionnaire: Questionnaire) -> web.Response:
    """`GET /q/thanks`: what was saved, what is still open, and what comes next, and when."""
    return _thanks_page(request, questionnaire)


def _thanks_page(request: web.Request, questionnaire: Questionnaire) -> web.Response:
    if questionnaire.handed is not None:
        return see(TABLET_BACK)
    language = language_for(request, questionnaire)
    coming, said = questionnaire.next_visit(), request.query.get("declined")
    what = {None: "saved", "unsent": "not_sent"}.get(said, "declined")
    if what == "saved" and questionnaire.sent_at is None and not questionnaire.finished:
        return see("/q")  # Come by address or history: nothing has reached us.
    address = {"saved": "/q/thanks", "not_sent": "/q/thanks?declined=unsent"}
    return page(
        request,
        questionnaire,
        "thanks.html",
        address=address.get(what, "/q/thanks?declined=1"),
        what=what,
        sent_on=sent_day(questionnaire, language) if what == "saved" else None,
        count=questionnaire.unsettled_count,
        finished=questionnaire.finished,
        last_day=last_day(questionnaire, language),
        next_day=None if coming is None else format_day(coming.target_on, language),
        texted=questionnaire.is_texted,
        telephone=questionnaire.facts.site.telephone,
    )


@for_unfinished
async def show_decline(request: web.Request, questionnaire: Questionnaire) -> web.Response:
    """`GET /q/decline`: asks whether "not this time", or "do not send", is meant."""
    unsent = "unsent" in request.query
    ids = [part.assessment_id for part in questionnaire.parts if part.begun or not unsent]
    address = "/q/decline?unsent=1" if unsent else "/q/decline"
    return page(request, questionnaire, "decline.html", address=address, ids=ids, unsent=unsent)


@for_posted
async def decline(request: web.Request, questionnaire: Questionnaire) -> web.Response:
    """`POST /q/decline`: not this time; what was answered is kept, not sent and not scored."""
    form = await read_form(request)
    posted = posted_by(request, questionnaire, form, visitor_on(request, questionnaire))
    outcome = await writes.decline(posted, listed=_listed(form))
    if outcome is None:
        return await nothing_open(request)
    if questionnaire.handed is not None:
        return await after_ending(request)
    return see("/q/thanks?declined=unsent" if "unsent" in form else "/q/thanks?declined=1")


def _given_on(questionnaire: Questionnaire, language: Language) -> str | None:
    """The day on which answers were given that cannot be changed any more; None: there are none."""
    found = [part.found for part in questionnaire.parts if part.is_unsent]
    given = [one.given_at for one in found if not one.may_change and one.given_at is not None]
    return day_of(questionnaire, max(given), language) if given else None


def _listed(form: Form) -> set[UUID]:
    """The assessments a page was about; a page of another participant lists none of this one's."""
    found = (read_id(one) for one in form.getall("part", []))
    return {one for one in found if one is not None}
