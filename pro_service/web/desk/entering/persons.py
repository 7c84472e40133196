"""That what was sent is another participant's: asked for here, decided with the other requests."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from aiohttp import web

from pro_service.domain.study.entering import CorrectionRefusedError
from pro_service.services.desk import entering as service
from pro_service.services.desk.entering import CorrectionRoom, OtherPlaces
from pro_service.services.desk.seat import (
    NotAllowedError,
    NotHereError,
    ReasonMissingError,
    Seat,
)
from pro_service.web.desk.entering.corrections import (
    page_of,
    places_in_words,
    read_move,
    sent_in_words,
)
from pro_service.web.desk.entering.forms import HeadProblemError
from pro_service.web.desk.frame.done import done
from pro_service.web.desk.guard import hands_of
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.requests import read_form

_FIELDS: Final = ("other", "sitting", "place", "evidence")


async def show_other(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/participants/{code}/corrections/other`: where they belong at the other."""
    hands, code = hands_of(request, seat), request.match_info["code"]
    room = await service.look_at_corrections(hands, code)
    fields = dict.fromkeys(_FIELDS, "") | {"other": request.query.get("other", "").strip()[:40]}
    try:
        other = await _other(request, seat, room, fields["other"])
    except HeadProblemError as error:
        return _page(request, seat, room, fields, None, f"field_{error.field}")
    return _page(request, seat, room, fields, other)


async def ask_other(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/participants/{code}/corrections/person`: say that they are another's."""
    form = await read_form(request)
    hands, code = hands_of(request, seat), request.match_info["code"]
    room = await service.look_at_corrections(hands, code)
    fields = {name: str(form.get(name, ""))[:2000] for name in _FIELDS}
    other: OtherPlaces | None = None
    try:
        other = await _other(request, seat, room, fields["other"])
        wish = read_move(room, other.facts, fields)
        await service.ask_move(hands, code, wish._replace(other=other.code))
    except HeadProblemError as error:
        return _page(request, seat, room, fields, other, f"field_{error.field}")
    except CorrectionRefusedError as error:
        return _page(request, seat, room, fields, other, f"refused_{error.why}")
    except ReasonMissingError:
        return _page(request, seat, room, fields, other, "field_evidence")
    return done(seat, page_of(code), "correction_asked", code=code)


async def _other(request: web.Request, seat: Seat, room: CorrectionRoom, code: str) -> OtherPlaces:
    """The other participant of a form. Raises HeadProblemError for nobody who could be meant."""
    if code == room.facts.code:
        raise HeadProblemError("other")
    try:
        return await service.look_at_other(hands_of(request, seat), code)
    except (NotHereError, NotAllowedError):
        raise HeadProblemError("other") from None


def _page(
    request: web.Request,
    seat: Seat,
    room: CorrectionRoom,
    fields: dict[str, str],
    other: OtherPlaces | None,
    problem: str | None = None,
) -> web.Response:
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    return desk.render(
        "correction_other.html",
        request,
        seat,
        status=HTTPStatus.OK if problem is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        frame=room.frame,
        problem=problem,
        fields=fields,
        code=room.facts.code,
        address=page_of(room.facts.code),
        sent=sent_in_words(words, room),
        places=[] if other is None else places_in_words(words, other.protocol, other.facts),
    )
