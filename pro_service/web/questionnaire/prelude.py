"""What a handler of these pages begins with: who or what was opened, or where to go instead.

A handler names what it needs in its decorator and gets it as its second argument. Whoever has
nothing opened sees the neutral page, or is led on, and the handler is not called.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Final, TypeVar

from aiohttp import web

from pro_service.services.pages.entrance import Guest, find_guest
from pro_service.services.pages.own_page import OwnPage, open_own_page
from pro_service.services.pages.questionnaire import (
    Questionnaire,
    open_link,
    open_pages,
    pages_in_hand,
)
from pro_service.services.pages.tablets import is_tablet
from pro_service.texts.catalogue import format_day
from pro_service.web.cookies import cookie_in
from pro_service.web.keys import CONTEXT, PAGES, POOLS
from pro_service.web.questionnaire.views import language_for, sent_day
from pro_service.web.requests import OPENED_COOKIE, see

OWN_PAGE: Final = "/q/me"
FACTOR_PAGE: Final = "/q/year"
THANKS: Final = "/q/thanks"
TABLET: Final = "/q/tablet"
"""Where a tablet asks who holds it, and says that it is to be given back."""
TABLET_BACK: Final = "/q/tablet/back"
TABLET_PIN: Final = "/q/tablet/pin"
"""Where staff end it on the tablet itself."""
GIVEN_COOKIE: Final = "q_given"
"""Holds our marks of the answers given on this device."""

Found = TypeVar("Found")
Handler = Callable[[web.Request], Awaitable[web.Response]]


def begins_with(
    find: Callable[[web.Request], Awaitable[Found | web.Response]],
) -> Callable[[Callable[[web.Request, Found], Awaitable[web.Response]]], Handler]:
    """A decorator: the handler gets what `find` found; an answer found instead goes out."""

    def decorate(handler: Callable[[web.Request, Found], Awaitable[web.Response]]) -> Handler:
        @wraps(handler)
        async def prepared(request: web.Request) -> web.Response:
            found = await find(request)
            if isinstance(found, web.Response):
                return found
            return await handler(request, found)

        return prepared

    return decorate


def cookie_of(request: web.Request) -> str:
    """The value of the cookie that opens the pages on this device; empty without one."""
    return cookie_in(request, OPENED_COOKIE) or ""


def device_cookie_of(request: web.Request) -> str:
    """What says which answers were given on this device; empty where none were."""
    return cookie_in(request, GIVEN_COOKIE) or ""


def neutral(request: web.Request) -> web.Response:
    """The one page for a link that leads nowhere (any more)."""
    return request.app[PAGES].neutral(request)


async def nothing_open(request: web.Request) -> web.Response:
    """The page where nothing is open (any more), or nobody is let in; where a tablet goes then."""
    if is_tablet(cookie_of(request)):
        return see(TABLET)
    if await is_let_in(request, cookie_of(request)):
        return neutral(request)
    return request.app[PAGES].closed(request)


async def is_let_in(request: web.Request, cookie: str) -> bool:
    """Whether a cookie lets somebody in, though nothing may be open to them."""
    pool, context = request.app[POOLS].participant, request.app[CONTEXT]
    guest = await find_guest(pool, context, cookie, lean=True)
    return guest is not None and guest.may_see_pages


async def find_opened(
    request: web.Request, cookie: str, *, whole: bool = False, device: str | None = None
) -> Questionnaire | None:
    """What a cookie opens on this device; None for nothing. `whole`: with visits of long ago.

    `device`: what the device will bring along next time (None: what it has brought).
    """
    pool, context = request.app[POOLS].participant, request.app[CONTEXT]
    brought = device_cookie_of(request) if device is None else device
    return await open_pages(pool, context, cookie, device=brought, whole=whole)


def find_in_hand(
    request: web.Request, cookie: str, *, device: str | None = None
) -> Questionnaire | None:
    """The same from what is in hand, for what is written, or was a moment ago; None: ask first."""
    brought = device_cookie_of(request) if device is None else device
    return pages_in_hand(request.app[CONTEXT], cookie, device=brought)


async def _posted(request: web.Request) -> Questionnaire | web.Response:
    """What is opened on this device, for a form that is written: mostly what is in hand."""
    return find_in_hand(request, cookie_of(request)) or await _opened(request)


async def _opened(request: web.Request) -> Questionnaire | web.Response:
    """The questionnaire opened on this device, by a link or a card."""
    return await find_opened(request, cookie_of(request)) or await nothing_open(request)


async def _unfinished(request: web.Request) -> Questionnaire | web.Response:
    """The same, where something of it is still to be sent; else on to the thanks."""
    found = await _opened(request)
    if isinstance(found, web.Response) or not found.finished:
        return found
    return see(THANKS)


def sent_page(request: web.Request, questionnaire: Questionnaire) -> web.Response:
    """The page of a link to what was sent: when it was, never what; neutral if nothing was."""
    pages, language = request.app[PAGES], language_for(request, questionnaire)
    sent_on, coming = sent_day(questionnaire, language), questionnaire.next_visit()
    if sent_on is None:
        return pages.neutral(request)
    return pages.render(
        "sent.html",
        language,
        languages=questionnaire.protocol.study.languages,
        back=request.path,
        larger=questionnaire.facts.larger_text,
        sent_on=sent_on,
        next_day=None if coming is None else format_day(coming.target_on, language),
        texted=questionnaire.is_texted,
        telephone=questionnaire.facts.site.telephone,
    )


async def _linked(request: web.Request) -> Questionnaire | web.Response:
    """The questionnaire that the token in the address leads to, before it is opened."""
    pool, context = request.app[POOLS].participant, request.app[CONTEXT]
    questionnaire = await open_link(pool, context, request.match_info["token"])
    if questionnaire is None:
        return neutral(request)
    asks_more = questionnaire.protocol.study.second_factor != "none"
    if not questionnaire.finished:
        return questionnaire
    return neutral(request) if asks_more else sent_page(request, questionnaire)


async def _link_posted(request: web.Request) -> Questionnaire | web.Response:
    """The same for its button, which only leads on: mostly what its page has in hand."""
    found = find_in_hand(request, request.match_info["token"])
    return await _linked(request) if found is None or found.finished else found


async def _own_page(request: web.Request) -> OwnPage | web.Response:
    """The own page of whoever opened the pages; first the second factor, if the study asks."""
    pool, context = request.app[POOLS].participant, request.app[CONTEXT]
    page = await open_own_page(pool, context, cookie_of(request))
    if page is None:
        return neutral(request)
    return page if page.admission.admits(page.protocol) else see(FACTOR_PAGE)


async def _guest_at_the_door(request: web.Request) -> Guest | web.Response:
    """Whoever opened the pages and has yet to give the second factor."""
    pool, context = request.app[POOLS].participant, request.app[CONTEXT]
    guest = await find_guest(pool, context, cookie_of(request), lean=True)
    if guest is None:
        return neutral(request)
    if guest.admission.handed is not None:
        return see(TABLET)
    return see(OWN_PAGE) if guest.may_see_pages else guest


async def find_holder(request: web.Request) -> Guest | None:
    """Whoever holds a tablet that was handed over; None if the browser has none, or it is over."""
    cookie = cookie_of(request)
    if not is_tablet(cookie):
        return None
    return await find_guest(request.app[POOLS].participant, request.app[CONTEXT], cookie)


for_opened: Final = begins_with(_opened)
for_posted: Final = begins_with(_posted)
for_unfinished: Final = begins_with(_unfinished)
for_linked: Final = begins_with(_linked)
for_link_posted: Final = begins_with(_link_posted)
for_own_page: Final = begins_with(_own_page)
for_guest_at_the_door: Final = begins_with(_guest_at_the_door)
