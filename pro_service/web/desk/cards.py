"""The card of a participant at the desk: shown on demand, printed, made anew where one was lost.

Whoever sees a card can come in with it, so it is shown to whoever asks for it with a button, and
that is recorded. The page alone shows nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from aiohttp import web

from pro_service.domain.study.permissions import Action
from pro_service.domain.study.times import zone
from pro_service.services.base.reader import UnknownParticipantError
from pro_service.services.base.sources import source_sha256
from pro_service.services.cards import cards as service
from pro_service.services.cards.cards import Card, NoCardError
from pro_service.services.cards.picture import contact_svg, qr_svg
from pro_service.services.desk.seat import NotHereError, Seat, at_desk, said
from pro_service.services.desk.today import list_sites, read_frame
from pro_service.services.texting.proving.contact_card import ContactCard, contact_card
from pro_service.store.cards.cards import CardHolder, ShownCard, ShownTo
from pro_service.store.connection import Connection
from pro_service.web.desk.frame.done import done
from pro_service.web.desk.guard import for_staff, hands_of
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.words import Words
from pro_service.web.keys import CONTEXT, PAGES, POOLS
from pro_service.web.policies import CONTENT_SECURITY_POLICY
from pro_service.web.requests import read_form, source_of
from pro_service.web.site import HTML_LANGUAGES


class _Found(NamedTuple):
    """A participant with their card, where there is one, and to whom it was shown."""

    holder: CardHolder
    card: Card | None
    showings: Sequence[ShownCard]


@for_staff
async def show_page(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/participants/{code}/card`: the card, while it is shown to whoever asks.

    Else the button that shows it, and to whom it was shown before.
    """
    async with at_desk(request.app[POOLS].desk, seat) as connection:
        found = await _find(request, connection, seat)
        frame = await read_frame(connection, seat.study_id)
    holder, pages = found.holder, request.app[PAGES]
    words = request.app[DESK].words(language_of(request, seat))
    shown = found.card if service.is_shown(holder, found.showings, seat.actor) else None
    response = request.app[DESK].render(
        "card.html",
        request,
        seat,
        frame=frame,
        code=holder.code,
        place=holder.site_id,
        has_card=found.card is not None,
        card=shown,
        card_language=HTML_LANGUAGES[holder.language],
        contact=await _contact(request, seat, holder),
        say=lambda key, **said_of: pages.text(holder.language, key, **said_of),
        showings=[_showing(words, holder, one) for one in found.showings],
    )
    # The picture is a file of its own; no other page of ours shows any.
    response.headers["Content-Security-Policy"] = f"{CONTENT_SECURITY_POLICY}; img-src 'self'"
    return response


async def show(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/participants/{code}/card/show`: the card is shown, which is recorded first."""
    async with at_desk(request.app[POOLS].desk, seat) as connection:
        holder = await _holder(request, connection, seat, Action.print_card)
        to = ShownTo("desk", source_sha256(source_of(request)), seat.actor)
        await service.record_showing(connection, seat.study_id, [holder], to)
    return done(seat, request.path.removesuffix("/show"), "card_shown", code=holder.code)


@for_staff
async def get_picture(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/participants/{code}/card.svg`: the QR code, while the card is shown to them."""
    async with at_desk(request.app[POOLS].desk, seat) as connection:
        found = await _find(request, connection, seat)
    if found.card is None or not service.is_shown(found.holder, found.showings, seat.actor):
        raise NotHereError
    return web.Response(body=qr_svg(found.card), content_type="image/svg+xml")


@for_staff
async def get_contact_picture(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/participants/{code}/contact.svg`: the contact card as a picture to save from."""
    async with at_desk(request.app[POOLS].desk, seat) as connection:
        holder = await _holder(request, connection, seat, Action.print_card)
    card = await _contact(request, seat, holder)
    if card is None or not card.may_be_saved:
        raise NotHereError
    return web.Response(body=contact_svg(card.vcard), content_type="image/svg+xml")


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
    return done(seat, request.path, "card_made", code=holder.code)


async def _find(request: web.Request, connection: Connection, seat: Seat) -> _Found:
    holder = await _holder(request, connection, seat, Action.print_card)
    try:
        card = service.card_of(request.app[CONTEXT], holder)
    except NoCardError:
        card = None
    return _Found(holder, card, await service.list_showings(connection, seat.study_id, holder))


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


async def _contact(request: web.Request, seat: Seat, holder: CardHolder) -> ContactCard | None:
    """The contact card of a participant: from which number and in which words texts come."""
    hands = hands_of(request, seat)
    context, study_id = hands.context, seat.study_id
    facts = await context.reader.facts(hands.clerk, study_id, holder.id)
    protocol = await context.reader.protocol(hands.clerk, study_id, facts.protocol_version_id)
    async with at_desk(hands.desk, seat) as connection:
        sites = await list_sites(connection, study_id)
    name = next((one.name for one in sites if one.id == holder.site_id), None)
    return await contact_card(hands.clerk, context, facts, protocol, site_name=name)


def _showing(words: Words, holder: CardHolder, one: ShownCard) -> dict[str, Any]:
    """One line of to whom the cards were shown."""
    return {
        "at": words.instant(one.recorded_at, zone(holder.zone)),
        "who": words.who(one.actor),
        "way": words.word("card_way", one.way),
        "ended": one.card_id != holder.card_id,
    }
