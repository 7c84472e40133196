"""The card of a participant at the desk: to be printed, and made anew where one was lost."""

from __future__ import annotations

from aiohttp import web

from pro_service.domain.study.permissions import Action
from pro_service.services.base.reader import UnknownParticipantError
from pro_service.services.cards import cards as service
from pro_service.services.cards.cards import Card, NoCardError
from pro_service.services.cards.picture import qr_svg
from pro_service.services.desk.seat import NotHereError, Seat, at_desk, said
from pro_service.services.desk.today import database_kind
from pro_service.store.cards.cards import CardHolder
from pro_service.store.connection import Connection
from pro_service.web.desk.guard import for_staff
from pro_service.web.desk.pages import DESK
from pro_service.web.keys import CONTEXT, PAGES, POOLS
from pro_service.web.policies import CONTENT_SECURITY_POLICY
from pro_service.web.requests import read_form, see
from pro_service.web.site import HTML_LANGUAGES


@for_staff
async def show_card(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/participants/{code}/card`: the card in the participant's language, to print."""
    async with at_desk(request.app[POOLS].desk, seat) as connection:
        holder = await _holder(request, connection, seat, Action.print_card)
        kind = await database_kind(connection)
    card = _card(request, holder)
    pages = request.app[PAGES]
    response = request.app[DESK].render(
        "card.html",
        request,
        seat,
        kind=kind,
        code=holder.code,
        card=card,
        card_language=None if card is None else HTML_LANGUAGES[card.language],
        say=lambda key, **words: pages.text(holder.language, key, **words),
    )
    # The picture is a file of its own; no other page of ours shows any.
    response.headers["Content-Security-Policy"] = f"{CONTENT_SECURITY_POLICY}; img-src 'self'"
    return response


@for_staff
async def get_picture(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/participants/{code}/card.svg`: the QR code."""
    async with at_desk(request.app[POOLS].desk, seat) as connection:
        card = _card(request, await _holder(request, connection, seat, Action.print_card))
    if card is None:
        raise NotHereError
    return web.Response(body=qr_svg(card), content_type="image/svg+xml")


async def renew(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/participants/{code}/card`: a new card; the old one ends at once."""
    reason = said(str((await read_form(request)).get("reason", "")))
    async with at_desk(request.app[POOLS].desk, seat) as connection:
        holder = await _holder(request, connection, seat, Action.renew_card)
        await service.renew_card(
            connection,
            request.app[CONTEXT],
            seat.study_id,
            holder.code,
            actor=seat.actor,
            words=reason,
        )
    return see(request.path)


async def _holder(
    request: web.Request, connection: Connection, seat: Seat, action: Action
) -> CardHolder:
    """The participant named in the address. Raises NotHereError, where it is not theirs as well."""
    try:
        holder = await service.find_holder(connection, seat.study_id, request.match_info["code"])
    except UnknownParticipantError:
        raise NotHereError from None
    seat.demand(action, holder.site_id)
    return holder


def _card(request: web.Request, holder: CardHolder) -> Card | None:
    try:
        return service.card_of(request.app[CONTEXT], holder)
    except NoCardError:
        return None
