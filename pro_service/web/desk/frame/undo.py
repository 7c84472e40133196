"""The press "Undo" in the sentence of success: one place for every kind that can be taken back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiohttp import web

from pro_service.domain.study.follow_up.undoing import Undoable
from pro_service.services.desk.seat import Seat
from pro_service.services.desk.undoing import undo
from pro_service.web.desk.frame.done import done
from pro_service.web.desk.guard import hands_of, id_in, way_back
from pro_service.web.requests import read_form

_SAYS: Final[Mapping[Undoable, str]] = {
    Undoable.text_nothing: "undone_text_nothing",
    Undoable.alert_seen: "undone_alert_seen",
    Undoable.call_no_answer: "undone_call_no_answer",
}
"""The sentence of success of each kind."""


def undoing(kind: Undoable) -> Callable[[web.Request, Seat], Awaitable[web.Response]]:
    """`POST` of the kind's form: it is taken back, and the page stays where it was."""

    async def take_back(request: web.Request, seat: Seat) -> web.Response:
        form = await read_form(request)
        place = await undo(hands_of(request, seat), kind, id_in(request))
        return done(seat, way_back(form), _SAYS[kind], code=place.code)

    return take_back
