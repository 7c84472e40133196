"""Our number, to be saved in the participant's telephone: as a page, and as a card (R23)."""

from __future__ import annotations

from aiohttp import hdrs, web

from pro_service.services.pages.own_page import OwnPage
from pro_service.services.texting.proving.contact_card import ContactCard, contact_card
from pro_service.web.keys import CONTEXT, POOLS
from pro_service.web.questionnaire.own_page import render
from pro_service.web.questionnaire.prelude import OWN_PAGE, for_own_page
from pro_service.web.requests import see

CONTACT_PAGE = "/q/me/contact"


@for_own_page
async def show_contact(request: web.Request, page: OwnPage) -> web.Response:
    """`GET /q/me/contact`: from which number and in which words texts come, and whom to ring."""
    card = await _card(request, page)
    if card is None:
        return see(OWN_PAGE)
    may_save = card.may_be_saved and not takes_no_files(request)
    return render(request, page, "contact.html", back=CONTACT_PAGE, card=card, may_save=may_save)


@for_own_page
async def get_contact(request: web.Request, page: OwnPage) -> web.Response:
    """`GET /q/me/contact.vcf`: the same as a card that a telephone saves."""
    card = await _card(request, page)
    if card is None or not card.may_be_saved:
        return see(OWN_PAGE)
    return web.Response(
        text=card.vcard,
        content_type="text/vcard",
        charset="utf-8",
        headers={"Content-Disposition": 'attachment; filename="contact.vcf"'},
    )


def takes_no_files(request: web.Request) -> bool:
    """Whether the pages are read inside WeChat, whose browser saves no file it is offered."""
    return "MicroMessenger" in request.headers.get(hdrs.USER_AGENT, "")


async def _card(request: web.Request, page: OwnPage) -> ContactCard | None:
    app = request.app
    return await contact_card(app[POOLS].participant, app[CONTEXT], page.facts, page.protocol)
