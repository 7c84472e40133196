"""The participants' pages. GET and HEAD change nothing; every POST ends in a redirect or its form.

The token stands in the first address only: opening moves it into a cookie for these pages.
"""

from __future__ import annotations

import re
from functools import partial
from http import HTTPStatus
from typing import Final
from uuid import UUID

from aiohttp import web

from pro_service.domain.instruments.model import LANGUAGES, Language
from pro_service.services import questionnaire_writes as writes
from pro_service.services.questionnaire import (
    Questionnaire,
    Screen,
    open_link,
    open_pages,
    read_closed_screen,
    urgent_rules,
)
from pro_service.services.questionnaire_writes import Outcome, Visitor
from pro_service.texts.catalogue import format_day
from pro_service.web.keys import CONTEXT, PAGES, POOLS
from pro_service.web.questionnaire import factor
from pro_service.web.questionnaire.forms import (
    ScreenForm,
    read_id,
    read_key,
    read_left_open,
    read_place,
    read_screen,
)
from pro_service.web.questionnaire.own_page import OWN_PAGE
from pro_service.web.questionnaire.views import (
    LANGUAGE_COOKIE,
    LANGUAGE_KEPT_SECONDS,
    language_for,
    last_day,
    minutes_needed,
    review_values,
    screen_values,
)
from pro_service.web.refusals import UnreadableFormError
from pro_service.web.requests import PASS_COOKIE, Form
from pro_service.web.requests import read_form as _form
from pro_service.web.requests import see as _see
from pro_service.web.requests import set_cookie as _set_cookie

_OUR_ADDRESS: Final = re.compile(r"/q(/[A-Za-z0-9]{1,64}){0,2}|/c(/[A-Za-z0-9]{16,64})?")


async def get_static(request: web.Request) -> web.Response:
    """The style sheet, under a name that changes with its content."""
    pages = request.app[PAGES]
    if request.match_info["name"] != pages.style_name:
        raise web.HTTPNotFound
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return web.Response(body=pages.style, content_type="text/css", charset="utf-8", headers=headers)


async def welcome(request: web.Request) -> web.Response:
    """`GET /q/{token}`: who asks, how long it takes, until when. A preview does no harm."""
    token = request.match_info["token"]
    questionnaire = await open_link(request.app[POOLS].participant, request.app[CONTEXT], token)
    if questionnaire is None or questionnaire.finished:
        return request.app[PAGES].neutral(request)
    if questionnaire.protocol.study.second_factor != "none":
        action = f"/q/{token}/open"
        return _page(request, questionnaire, "opening.html", back=f"/q/{token}", action=action)
    language = language_for(request, questionnaire)
    return _page(
        request,
        questionnaire,
        "welcome.html",
        back=f"/q/{token}",
        action=f"/q/{token}/open",
        sender=questionnaire.protocol.study.sender[language],
        count=sum(len(screen.unsettled) for screen in questionnaire.screens),
        minutes=minutes_needed(questionnaire),
        last_day=last_day(questionnaire, language),
    )


async def open_questionnaire(request: web.Request) -> web.Response:
    """`POST /q/{token}/open`: the token moves from the address into a cookie."""
    token = request.match_info["token"]
    questionnaire = await open_link(request.app[POOLS].participant, request.app[CONTEXT], token)
    if questionnaire is None or questionnaire.finished:
        return request.app[PAGES].neutral(request)
    if questionnaire.protocol.study.second_factor != "none":
        return await factor.open_link(request, token)
    response = _see(OWN_PAGE if "own" in request.query else "/q")
    _set_cookie(request, response, PASS_COOKIE, token)
    return response


async def go_on(request: web.Request) -> web.Response:
    """`GET /q`: to the next screen with something open, or to the review, or to the thanks."""
    questionnaire = await _opened(request)
    if questionnaire is None:
        return request.app[PAGES].neutral(request)
    if questionnaire.finished:
        return _see("/q/thanks")
    screen = questionnaire.next_unsettled()
    return _see("/q/review" if screen is None else f"/q/s/{screen.number}")


async def show_screen(request: web.Request) -> web.Response:
    """`GET /q/s/{number}`: one question group."""
    questionnaire = await _opened(request)
    if questionnaire is None:
        return request.app[PAGES].neutral(request)
    number = request.match_info["number"]
    screen = questionnaire.screen(int(number)) if re.fullmatch("[0-9]{1,4}", number) else None
    if screen is None:
        return _see("/q")
    return _screen_page(request, questionnaire, screen, None)


async def save_screen(request: web.Request) -> web.Response:
    """`POST /q/s/{number}`: store the screen; on to the next, or back with what is to mend."""
    questionnaire = await _opened(request)
    if questionnaire is None:
        return request.app[PAGES].neutral(request)
    form = await _form(request)
    assessment_id, group = read_place(form)
    screen = questionnaire.find(assessment_id, group)
    asked = screen or read_closed_screen(request.app[CONTEXT], questionnaire, assessment_id, group)
    if asked is None:
        raise UnreadableFormError
    read = read_screen(form, asked)
    if screen is not None and read.mistakes:
        return _screen_page(request, questionnaire, screen, read)
    outcome = await writes.save_screen(
        request.app[POOLS].participant,
        request.app[CONTEXT],
        _visitor(request, questionnaire),
        key=read_key(form),
        assessment_id=assessment_id,
        group=group,
        answers=read.answers,
        leave_open="leave" in form,
    )
    if outcome is None:
        return request.app[PAGES].neutral(request)
    return _after_saving(outcome)


async def show_review(request: web.Request) -> web.Response:
    """`GET /q/review`: all answers, each with a way back to it, and the button that sends them."""
    questionnaire = await _opened(request)
    if questionnaire is None:
        return request.app[PAGES].neutral(request)
    if questionnaire.finished:
        return _see("/q/thanks")
    language = language_for(request, questionnaire)
    parts = review_values(questionnaire, language, partial(_text, request, language))
    begun = [part for part in parts if part["begun"]]
    return _page(
        request,
        questionnaire,
        "review.html",
        back="/q/review",
        parts=parts,
        begun=begun,
        ask="open" in request.query,
        open_rows=[
            (part["id"], row) for part in begun for row in part["rows"] if not row["settled"]
        ],
    )


async def submit(request: web.Request) -> web.Response:
    """`POST /q/review`: send the answers in; what is still open is asked about once."""
    questionnaire = await _opened(request)
    if questionnaire is None:
        return request.app[PAGES].neutral(request)
    form = await _form(request)
    outcome = await writes.submit(
        request.app[POOLS].participant,
        request.app[CONTEXT],
        _visitor(request, questionnaire),
        key=read_key(form),
        listed=_listed(form),
        leave_open=read_left_open([str(one) for one in form.getall("open", [])]),
    )
    if outcome is None:
        return request.app[PAGES].neutral(request)
    if outcome.unsettled:
        return _see("/q/review?open=1")
    return _see("/q/now?then=thanks" if outcome.alerted else "/q/thanks")


async def show_advice(request: web.Request) -> web.Response:
    """`GET /q/now`: whom to telephone, at once."""
    questionnaire = await _opened(request)
    if questionnaire is None:
        return request.app[PAGES].neutral(request)
    site = questionnaire.facts.site
    language = language_for(request, questionnaire)
    told = (rule.instruction.get(language, "") for rule in urgent_rules(questionnaire))
    return _page(
        request,
        questionnaire,
        "advice.html",
        back="/q/now",
        instructions=[one for one in dict.fromkeys(told) if one],
        telephone=site.telephone,
        emergency=site.emergency_number,
        then="/q/thanks" if request.query.get("then") == "thanks" else "/q",
    )


async def show_thanks(request: web.Request) -> web.Response:
    """`GET /q/thanks`: what was saved, what is still open, and what comes next, and when."""
    questionnaire = await _opened(request)
    if questionnaire is None:
        return request.app[PAGES].neutral(request)
    language = language_for(request, questionnaire)
    coming = questionnaire.next_visit()
    return _page(
        request,
        questionnaire,
        "thanks.html",
        back="/q/thanks",
        declined="declined" in request.query,
        count=sum(len(screen.unsettled) for screen in questionnaire.screens),
        finished=questionnaire.finished,
        last_day=last_day(questionnaire, language),
        next_day=None if coming is None else format_day(coming.target_on, language),
        telephone=questionnaire.facts.site.telephone,
    )


async def show_decline(request: web.Request) -> web.Response:
    """`GET /q/decline`: asks whether "not this time" is meant."""
    questionnaire = await _opened(request)
    if questionnaire is None:
        return request.app[PAGES].neutral(request)
    if questionnaire.finished:
        return _see("/q/thanks")
    ids = [part.assessment_id for part in questionnaire.parts]
    return _page(request, questionnaire, "decline.html", back="/q/decline", ids=ids)


async def decline(request: web.Request) -> web.Response:
    """`POST /q/decline`: not this time."""
    questionnaire = await _opened(request)
    if questionnaire is None:
        return request.app[PAGES].neutral(request)
    form = await _form(request)
    outcome = await writes.decline(
        request.app[POOLS].participant,
        request.app[CONTEXT],
        _visitor(request, questionnaire),
        key=read_key(form),
        listed=_listed(form),
    )
    if outcome is None:
        return request.app[PAGES].neutral(request)
    return _see("/q/thanks?declined=1")


async def choose_language(request: web.Request) -> web.Response:
    """`POST /q/language`: show these pages in another language on this device."""
    form = await _form(request)
    chosen = next((one for one in LANGUAGES if one == form.get("language")), None)
    if chosen is None:
        raise UnreadableFormError
    back = str(form.get("back", ""))
    response = _see(back if _OUR_ADDRESS.fullmatch(back) else "/q")
    _set_cookie(request, response, LANGUAGE_COOKIE, chosen, LANGUAGE_KEPT_SECONDS, path="/")
    return response


async def _opened(request: web.Request) -> Questionnaire | None:
    """The questionnaire opened on this device, by a link or a card, or None."""
    shown = request.cookies.get(PASS_COOKIE, "")
    return await open_pages(request.app[POOLS].participant, request.app[CONTEXT], shown)


def _listed(form: Form) -> set[UUID]:
    """The assessments a page was about; a page of another participant lists none of this one's."""
    found = (read_id(one) for one in form.getall("part", []))
    return {one for one in found if one is not None}


def _visitor(request: web.Request, questionnaire: Questionnaire) -> Visitor:
    return Visitor(
        token=request.cookies[PASS_COOKIE],
        language=language_for(request, questionnaire),
        device_class=_device_class(request.headers.get("User-Agent", "")),
    )


def _device_class(agent: str) -> str | None:
    """A coarse guess, kept with the attempt: screens differ, and answers may with them."""
    if not agent:
        return None
    if re.search(r"iPad|Tablet|Android(?!.*Mobile)", agent):
        return "tablet"
    return "phone" if re.search(r"Mobi|iPhone|Android", agent) else "computer"


def _after_saving(outcome: Outcome) -> web.Response:
    if outcome.alerted:
        return _see("/q/now")
    if outcome.next_screen is None:
        return _see("/q/review")
    query = "?other=1" if outcome.overtaken else "?open=1" if outcome.unsettled else ""
    return _see(f"/q/s/{outcome.next_screen}{query}")


def _screen_page(
    request: web.Request, questionnaire: Questionnaire, screen: Screen, form: ScreenForm | None
) -> web.Response:
    """One question group; with `form`, again as it was sent, with what is to mend."""
    language = language_for(request, questionnaire)
    return _page(
        request,
        questionnaire,
        "screen.html",
        status=HTTPStatus.OK if form is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        back=f"/q/s/{screen.number}",
        number=screen.number,
        assessment=screen.assessment_id,
        group=screen.group,
        count=questionnaire.question_count,
        ask=form is None and "open" in request.query and bool(screen.unsettled),
        overtaken=form is None and "other" in request.query,
        **screen_values(screen, language, form),
    )


def _page(
    request: web.Request,
    questionnaire: Questionnaire,
    template: str,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    back: str,
    **values: object,
) -> web.Response:
    """A page of an opened questionnaire, in the reader's language."""
    return request.app[PAGES].render(
        template,
        language_for(request, questionnaire),
        status=status,
        languages=questionnaire.protocol.study.languages,
        back=back,
        larger=questionnaire.facts.larger_text,
        **values,
    )


def _text(request: web.Request, language: Language, key: str, **parameters: object) -> str:
    return request.app[PAGES].text(language, key, **parameters)
