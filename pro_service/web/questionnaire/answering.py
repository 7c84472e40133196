"""One screen: shown, saved, gone back from. A plain form is answered with a redirect.

To our script, which shows the next screen at once and saves behind it, the answer is that screen.
"""

from __future__ import annotations

import re
from http import HTTPStatus

from aiohttp import web

from pro_service.domain.instruments.model import Language
from pro_service.domain.study.respondents import Respondent, read_respondent
from pro_service.services.pages import saving as writes
from pro_service.services.pages.questionnaire import Questionnaire, Screen, read_closed_screen
from pro_service.services.pages.saving import SavedScreen
from pro_service.web.keys import CONTEXT, POOLS
from pro_service.web.questionnaire.device import is_in_place, page, respondent_on, visitor_on
from pro_service.web.questionnaire.forms import ScreenForm, read_key, read_place, read_screen
from pro_service.web.questionnaire.prelude import for_opened, neutral
from pro_service.web.questionnaire.views import LANGUAGE, language_for, screen_values
from pro_service.web.refusals import UnreadableFormError
from pro_service.web.requests import Form, keep_language, read_form, read_language, see


@for_opened
async def show_screen(request: web.Request, questionnaire: Questionnaire) -> web.Response:
    """`GET /q/s/{number}`: one question or one short group."""
    number = request.match_info["number"]
    screen = questionnaire.screen(int(number)) if re.fullmatch("[0-9]{1,4}", number) else None
    respondent = respondent_on(request, questionnaire)
    if screen is None or respondent is None:
        return see("/q")
    return _screen_page(
        request,
        questionnaire,
        screen,
        respondent,
        ask="open" in request.query and bool(screen.unsettled),
        overtaken="other" in request.query,
    )


@for_opened
async def save_screen(request: web.Request, questionnaire: Questionnaire) -> web.Response:
    """`POST /q/s/{number}`: store the screen; on to the next, or back with what is to mend.

    With the button of a language nothing is stored: the page comes back in it as it was filled in.
    """
    form = await read_form(request)
    assessment_id, group = read_place(form)
    screen = questionnaire.find(assessment_id, group)
    asked = screen or read_closed_screen(request.app[CONTEXT], questionnaire, assessment_id, group)
    respondent = _respondent_in(request, questionnaire, form)
    if asked is None:
        raise UnreadableFormError
    read, language = read_screen(form, asked), read_language(form)
    if screen is not None and (read.mistakes or language is not None):
        if language is not None:
            read = read.without_mistakes()
        return _screen_page(
            request, questionnaire, screen, respondent, form=read, language=language
        )
    posted = writes.Posted(
        request.app[POOLS].participant,
        request.app[CONTEXT],
        visitor_on(request, questionnaire, respondent),
        key=read_key(form),
        known=questionnaire,
    )
    outcome = await writes.save_screen(
        posted,
        assessment_id=assessment_id,
        group=group,
        answers=read.answers,
        leave_open="leave" in form,
    )
    if outcome is None:
        return neutral(request)
    return _after_saving(request, outcome, screen, respondent, back="back" in form)


def _respondent_in(request: web.Request, questionnaire: Questionnaire, form: Form) -> Respondent:
    """Who answered a form: the form says it, or what is known. Raises UnreadableFormError."""
    respondent = read_respondent(form.get("who", "")) or respondent_on(request, questionnaire)
    if respondent is None:
        raise UnreadableFormError
    return respondent


def _after_saving(
    request: web.Request,
    outcome: SavedScreen,
    saved: Screen | None,
    respondent: Respondent,
    *,
    back: bool,
) -> web.Response:
    """Where a saved screen leads; to our script the next screen itself, without reading anew."""
    if outcome.alerted:
        return see("/q/now")
    if back and saved is not None and saved.number > 1 and not outcome.overtaken:
        return see(f"/q/s/{saved.number - 1}")
    if outcome.next_screen is None:
        return see("/q/review")
    query = "?other=1" if outcome.overtaken else "?open=1" if outcome.unsettled else ""
    screen = None if outcome.read is None else outcome.read.screen(outcome.next_screen)
    if query or screen is None or outcome.read is None or not is_in_place(request):
        return see(f"/q/s/{outcome.next_screen}{query}")
    return _screen_page(request, outcome.read, screen, respondent, saved=saved)


def _screen_page(
    request: web.Request,
    questionnaire: Questionnaire,
    screen: Screen,
    respondent: Respondent,
    *,
    form: ScreenForm | None = None,
    language: Language | None = None,
    saved: Screen | None = None,
    ask: bool = False,
    overtaken: bool = False,
) -> web.Response:
    """One screen; with `form` again as it was sent. Our script gets the one after it as well.

    `saved` has just been stored, which the questionnaire may not know yet.
    """
    reader = language or language_for(request, questionnaire)
    ahead = None
    if is_in_place(request):
        settled = {screen.number} if saved is None else {screen.number, saved.number}
        ahead = questionnaire.next_unsettled(screen.number, settled=settled)
    response = page(
        request,
        questionnaire,
        "screen.html",
        address=f"/q/s/{screen.number}",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if form and form.mistakes else HTTPStatus.OK,
        language=language,
        keeps=True,
        count=questionnaire.question_count,
        who=respondent.word,
        here=screen_values(screen, reader, form) | {"ask": ask, "overtaken": overtaken},
        ahead=None if ahead is None else screen_values(ahead, reader, None),
    )
    if language is not None:
        keep_language(request, response, LANGUAGE, language)
    return response
