"""What a participant's device brings along, who answers and what it can show, and its pages."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from aiohttp import web

from pro_service.domain.instruments.model import Language
from pro_service.domain.study.respondents import SELF, Respondent, read_respondent
from pro_service.services.pages.questionnaire import Questionnaire
from pro_service.services.pages.saving import Posted, SavedScreen, Visitor
from pro_service.services.pages.showing import read_memory, write_memory
from pro_service.web.cookies import cookie_in, set_cookie
from pro_service.web.keys import CONTEXT, PAGES, POOLS
from pro_service.web.questionnaire.forms import read_key
from pro_service.web.questionnaire.prelude import GIVEN_COOKIE, cookie_of, device_cookie_of
from pro_service.web.questionnaire.views import language_for
from pro_service.web.requests import Form, source_of

WHO_COOKIE: Final = "q_who"
WHO_KEPT_SECONDS: Final = 2 * 3600
"""Until the first answer is saved; from then on the sitting itself says who began it."""
GIVEN_KEPT_SECONDS: Final = 40 * 24 * 3600
"""Longer than a visit's window as a rule: so long an unsent answer may be looked at."""
IN_PLACE: Final = "X-Page"
"""Request header of our script: the answer is shown in the page that is open."""
SHOWN: Final = "X-Page-Shown"
"""Request header of our script: the address of a screen it had in hand, and shows already."""
ADDRESS: Final = "X-Page-Address"
"""Answer header for our script: the address at which a browser would find this page."""


def is_in_place(request: web.Request) -> bool:
    """Whether our script asks, which shows the answer in the page that is open."""
    return request.headers.get(IN_PLACE) == "in-place"


def respondent_on(
    request: web.Request, questionnaire: Questionnaire, opened: str | None = None
) -> Respondent | None:
    """Who answers: as said on this device for this link, else as the sitting began.

    `opened`: the token of a link that is being opened; None: what is open by its cookie.
    """
    word, _, link = (cookie_in(request, WHO_COOKIE) or "").rpartition(".")
    said = read_respondent(word) if link == _mark_of(opened or cookie_of(request)) else None
    return said or questionnaire.respondent


def keep_respondent(request: web.Request, response: web.Response, respondent: Respondent) -> None:
    """Remember on this device who answers, for the opened link only: a telephone may be shared."""
    word = f"{respondent.word}.{_mark_of(cookie_of(request))}"
    set_cookie(request, response, WHO_COOKIE, word, WHO_KEPT_SECONDS)


def _mark_of(opened: str) -> str:
    """Tells the opened link from another; too short to find the token from it."""
    return hashlib.sha256(opened.encode()).hexdigest()[:8]


def given_here(request: web.Request, outcome: SavedScreen) -> str:
    """What this device is told of the answers it gave, so that it may show them again."""
    vault = request.app[CONTEXT].keys.vault
    memory = read_memory(vault, device_cookie_of(request)).with_given(outcome.given_here)
    return write_memory(vault, memory)


def keep_given(request: web.Request, response: web.Response, outcome: SavedScreen) -> None:
    """Tell this device which answers it has just given."""
    if outcome.given_here:
        cookie = given_here(request, outcome)
        set_cookie(request, response, GIVEN_COOKIE, cookie, GIVEN_KEPT_SECONDS)


def visitor_on(
    request: web.Request, questionnaire: Questionnaire, respondent: Respondent | None = None
) -> Visitor:
    """Who asks, for what is written."""
    return Visitor(
        token=cookie_of(request),
        device_cookie=device_cookie_of(request),
        language=language_for(request, questionnaire),
        device_class=device_class(request.headers.get("User-Agent", "")),
        respondent=respondent or respondent_on(request, questionnaire) or SELF,
        # Beside staff a card may be shown in the same room: of a tablet that tells nothing.
        source=None if questionnaire.handed is not None else source_of(request),
    )


def posted_by(
    request: web.Request, questionnaire: Questionnaire, form: Form, visitor: Visitor
) -> Posted:
    """A form of an opened questionnaire, as it is written. Raises UnreadableFormError."""
    return Posted(
        request.app[POOLS].participant,
        request.app[CONTEXT],
        visitor,
        key=read_key(form),
        known=questionnaire,
    )


def device_class(agent: str) -> str | None:
    """A coarse guess, kept with the attempt: screens differ, and answers may with them."""
    if not agent:
        return None
    if re.search(r"iPad|Tablet|Android(?!.*Mobile)", agent):
        return "tablet"
    return "phone" if re.search(r"Mobi|iPhone|Android", agent) else "computer"


def page(
    request: web.Request,
    questionnaire: Questionnaire,
    template: str,
    *,
    address: str,
    status: HTTPStatus = HTTPStatus.OK,
    language: Language | None = None,
    scripted: bool = True,
    filled: Mapping[str, str] | None = None,
    **values: object,
) -> web.Response:
    """A page of an opened questionnaire, in the reader's language or the one just chosen."""
    response = request.app[PAGES].render(
        template,
        language or language_for(request, questionnaire),
        status=status,
        languages=questionnaire.protocol.study.languages,
        back=address,
        larger=questionnaire.facts.larger_text,
        scripted=scripted,
        filled=filled,
        handed=questionnaire.handed is not None,
        **values,
    )
    if is_in_place(request):
        response.headers[ADDRESS] = address
    return response
