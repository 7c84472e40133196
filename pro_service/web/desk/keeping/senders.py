"""`/desk/senders/{id}`: from where a sender's texts come, corrected; what it was before is kept."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web
from multidict import MultiDict

from pro_service.domain.delivery.addresses import AddressFormError
from pro_service.domain.study.permissions import Action
from pro_service.services.base.phones import PhoneError
from pro_service.services.desk import keeping as service
from pro_service.services.desk.keeping import KeptSender
from pro_service.services.desk.seat import NotHereError, Seat
from pro_service.services.study import TakenError
from pro_service.web.desk.frame.done import done
from pro_service.web.desk.guard import for_staff, hands_of, id_in
from pro_service.web.desk.keeping.fields import sender_fields
from pro_service.web.desk.keeping.staff import render
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.person.fields import FieldError, Typed
from pro_service.web.desk.words import Words
from pro_service.web.keys import CONTEXT
from pro_service.web.requests import read_form

SENDERS: Final = "/desk/senders"


async def _show_form(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/senders/{id}`: from where its texts come now, to be corrected."""
    return await _form(request, seat, Typed(MultiDict()))


show_form = for_staff(_show_form, Action.keep_sites)


async def correct(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/senders/{id}`: new texts and contact cards say it from now on."""
    typed, hands = Typed(await read_form(request)), hands_of(request, seat)
    try:
        address, reason = typed.text("address"), typed.text("reason")
        changed = await service.correct_address(hands, id_in(request), address, reason)
    except FieldError as error:
        return await _form(request, seat, typed, error)
    except (PhoneError, AddressFormError):
        return await _form(request, seat, typed, FieldError("address", "sender"))
    except TakenError:
        return await _form(request, seat, typed, FieldError("address", "sender_taken"))
    return done(seat, "/desk/sites", "sender_corrected" if changed else "sender_same", code=address)


async def _form(
    request: web.Request, seat: Seat, typed: Typed, problem: FieldError | None = None
) -> web.Response:
    kept = await service.read_senders(hands_of(request, seat))
    one = next((one.row for one in kept if one.row.id == id_in(request)), None)
    if one is None:
        raise NotHereError
    words, here = request.app[DESK].words(language_of(request, seat)), f"{SENDERS}/{one.id}"
    return await render(
        request,
        seat,
        "site_form.html",
        HTTPStatus.OK if problem is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        what=one.address,
        lead=words.text("sender.lead"),
        more=words.text("sender.signed") if _signs(request, one.provider) else None,
        fields=typed.shown(sender_fields(words, one.address), problem),
        problem=None if problem is None else words.text(f"problem.field.{problem.word}"),
        address=here,
        here=here,
    )


def _signs(request: web.Request, provider: str) -> bool:
    """Whether what goes out from there was approved under its name beforehand."""
    return request.app[CONTEXT].channels.signs(provider)


def sender_values(words: Words, one: KeptSender, local: ZoneInfo) -> dict[str, Any]:
    """A sender as the room of sites shows it, its days as somebody there says them."""
    return {
        "address": one.row.address,
        "path": f"{SENDERS}/{one.row.id}",
        "provider": one.row.provider,
        "site": one.row.site or words.text("studies.everywhere"),
        "before": [
            {
                "words": f"{was.provider} · {was.address}",
                "until": words.instant(was.recorded_at, local),
                "who": words.who(was.actor),
                "reason": was.reason,
            }
            for was in one.before
        ],
    }
