"""One screen: shown, saved, gone back from. A plain form is answered with a redirect.

To our script, which shows the next screen at once and saves behind it, the answer is that screen.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Final

from aiohttp import web

from pro_service.domain.instruments.model import Language
from pro_service.domain.study.facts import VisitNotReadError
from pro_service.domain.study.respondents import Respondent, read_respondent
from pro_service.services.answering import UnknownAssessmentError
from pro_service.services.pages import saving as writes
from pro_service.services.pages.questionnaire import Questionnaire, read_closed_screen
from pro_service.services.pages.saving import SavedScreen
from pro_service.services.pages.screens import Screen
from pro_service.services.pages.tablets import is_tablet
from pro_service.web.cookies import set_cookie
from pro_service.web.errors import status_of
from pro_service.web.keys import CONTEXT, PAGES
from pro_service.web.questionnaire import again
from pro_service.web.questionnaire.device import (
    SHOWN,
    given_here,
    is_in_place,
    keep_given,
    page,
    posted_by,
    respondent_on,
    visitor_on,
)
from pro_service.web.questionnaire.ending import review_page
from pro_service.web.questionnaire.forms import ScreenForm, read_place, read_screen
from pro_service.web.questionnaire.prelude import (
    TABLET,
    cookie_of,
    find_in_hand,
    find_opened,
    for_opened,
    is_let_in,
    neutral,
)
from pro_service.web.questionnaire.views import (
    LANGUAGE,
    ScreenReader,
    afresh_values,
    language_for,
    screen_values,
)
from pro_service.web.refusals import UnreadableFormError
from pro_service.web.requests import (
    OPENED_COOKIE,
    Form,
    keep_language,
    read_form,
    read_language,
    see,
)

_REVIEW: Final = "/q/review"


@for_opened
async def show_screen(request: web.Request, questionnaire: Questionnaire) -> web.Response:
    """`GET /q/s/{number}`: one question or one short group."""
    number = request.match_info["number"]
    screen = questionnaire.screen(int(number)) if re.fullmatch("[0-9]{1,4}", number) else None
    respondent = respondent_on(request, questionnaire)
    if screen is None or respondent is None:
        return see("/q")
    if not screen.found.may_change:
        # It was asked about a time that has passed: it is sent as it stands, or not.
        return see("/q/review")
    return _screen_page(
        request,
        questionnaire,
        screen,
        respondent,
        ask="open" in request.query and bool(screen.unsettled),
        overtaken="other" in request.query,
    )


async def save_screen(request: web.Request) -> web.Response:
    """`POST /q/s/{number}`: store the screen; on to the next, or back with what is to mend.

    With the button of a language nothing is stored: the page comes back in it as it was filled in.
    Where nothing is open on this device (any more), what was entered stays in the page.
    """
    return await _save(request, await read_form(request), cookie_of(request))


async def save_again(request: web.Request) -> web.Response:
    """`POST /q/again`: the same for what stayed in the page; a code typed beside it opens it."""
    form = await read_form(request)
    session = await again.open_by_code(request, form)
    if isinstance(session, web.Response):
        return session
    response = await _save(request, form, session or cookie_of(request))
    if session is not None:
        set_cookie(request, response, OPENED_COOKIE, session)
    return response


async def _save(request: web.Request, form: Form, cookie: str) -> web.Response:
    """Store a screen for whoever the cookie lets in; else keep what was entered in the page."""
    plain = _in_hand(request, form, cookie)
    questionnaire, read = plain or (await find_opened(request, cookie), None)
    if questionnaire is None:
        return await _nothing_open(request, form, cookie)
    try:
        try:
            return await _save_opened(request, questionnaire, form, cookie, read)
        except VisitNotReadError:
            # The form is about a visit of long ago, if it is about one of theirs.
            whole = await find_opened(request, cookie, whole=True)
            return await _save_opened(request, whole or questionnaire, form, cookie)
    except UnknownAssessmentError as error:
        # Another link was opened on this device since the page was shown.
        return again.keep_entries(request, form, status=status_of(error))


async def _nothing_open(request: web.Request, form: Form, cookie: str) -> web.Response:
    """The answer to a screen for which nothing is open (any more) on this device."""
    if is_tablet(cookie):
        return see(TABLET)  # It goes on to somebody else: nothing of it stays in the page.
    if await is_let_in(request, cookie):
        return neutral(request)  # The window has closed: there is nothing it could be saved for.
    return again.keep_entries(request, form, language=read_language(form))


def _in_hand(
    request: web.Request, form: Form, cookie: str
) -> tuple[Questionnaire, ScreenForm] | None:
    """What is in hand and the form as read by it, where it takes it as it is: then the write looks
    whether it stands."""
    found = find_in_hand(request, cookie)
    if found is None or read_respondent(form.get("who", "")) is None:
        return None
    try:
        screen = found.find(*read_place(form))
        read = None if screen is None else read_screen(form, screen)
        plain = read is not None and not read.mistakes and read_language(form) is None
    except UnreadableFormError:
        return None
    return (found, read) if read is not None and plain else None


async def _save_opened(
    request: web.Request,
    questionnaire: Questionnaire,
    form: Form,
    cookie: str,
    read: ScreenForm | None = None,
) -> web.Response:
    """Store a screen of an opened questionnaire; `read`: the form, where it was read by it before.

    Raises UnknownAssessmentError for another's.
    """
    assessment_id, group = read_place(form)
    screen = questionnaire.find(assessment_id, group)
    asked = screen or read_closed_screen(request.app[CONTEXT], questionnaire, assessment_id, group)
    respondent = _respondent_in(request, questionnaire, form)
    if asked is None:
        raise UnreadableFormError
    read, language = read or read_screen(form, asked), read_language(form)
    if screen is not None and (read.mistakes or language is not None):
        if language is not None:
            read = read.without_mistakes()
        return _screen_page(
            request, questionnaire, screen, respondent, form=read, language=language
        )
    visitor = replace(visitor_on(request, questionnaire, respondent), token=cookie)
    posted = posted_by(request, questionnaire, form, visitor)
    outcome = await writes.save_screen(
        posted,
        assessment_id=assessment_id,
        group=group,
        answers=read.answers,
        leave_open="leave" in form,
    )
    if outcome is None:
        return await _nothing_open(request, form, cookie)
    response = _after_saving(request, outcome, screen, respondent, back="back" in form)
    if response.headers.get("Location") == _REVIEW and is_in_place(request):
        response = await _show_review(request, outcome, cookie)
    keep_given(request, response, outcome)
    return response


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
        return see(_REVIEW)
    query = "?other=1" if outcome.overtaken else "?open=1" if outcome.unsettled else ""
    screen = None if outcome.read is None else outcome.read.screen(outcome.next_screen)
    if query or screen is None or outcome.read is None or not is_in_place(request):
        return see(f"/q/s/{outcome.next_screen}{query}")
    return _screen_page(request, outcome.read, screen, respondent, saved=saved)


async def _show_review(request: web.Request, outcome: SavedScreen, cookie: str) -> web.Response:
    """The review itself, for our script, with the answers just given on this device."""
    given = given_here(request, outcome)
    found = find_in_hand(request, cookie, device=given)
    found = found or await find_opened(request, cookie, device=given)
    return see(_REVIEW) if found is None or found.finished else review_page(request, found)


def show_or_see(
    request: web.Request, questionnaire: Questionnaire, respondent: Respondent, address: str
) -> web.Response:
    """The way to an address; to our script, where it is that of a screen, the screen itself."""
    screen = questionnaire.next_unsettled()
    if screen is None or not is_in_place(request) or address != address_of(screen):
        return see(address)
    return _screen_page(request, questionnaire, screen, respondent)


def address_of(screen: Screen) -> str:
    """Where a screen is found."""
    return f"/q/s/{screen.number}"


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

    `saved` has just been stored, which the questionnaire may not know yet. If our script had the
    screen in hand and shows it already, it gets the one after it alone.
    """
    reader = language or language_for(request, questionnaire)
    ahead = None
    if is_in_place(request):
        settled = {screen.number} if saved is None else {screen.number, saved.number}
        ahead = questionnaire.next_unsettled(screen.number, settled=settled)

    def shown(one: Screen, entered: ScreenForm | None) -> dict[str, object]:
        anew = [one.found] if one.group == 0 and not one.begun else []
        said = afresh_values(questionnaire, anew, reader)
        return screen_values(one, reader, entered) | {"afresh": said}

    languages, count = questionnaire.protocol.study.languages, questionnaire.question_count
    to = ScreenReader(reader, languages, count, respondent.word)
    draw = partial(request.app[PAGES].screen, to)
    shown_already = saved is not None and request.headers.get(SHOWN) == address_of(screen)
    here = "" if shown_already else draw(shown(screen, form) | {"ask": ask, "overtaken": overtaken})
    response = page(
        request,
        questionnaire,
        "ahead.html" if shown_already else "screen.html",
        address=address_of(screen),
        status=HTTPStatus.UNPROCESSABLE_ENTITY if form and form.mistakes else HTTPStatus.OK,
        language=language,
        keeps=True,
        mistaken=bool(form and form.mistakes),
        number_ahead=None if ahead is None else ahead.number,
        filled={"here": here, "ahead": "" if ahead is None else draw(shown(ahead, None))},
    )
    if language is not None:
        keep_language(request, response, LANGUAGE, language)
    return response
