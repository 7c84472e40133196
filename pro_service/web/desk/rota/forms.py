"""The forms of the rota: a shift of the week, somebody in their stead, a leave, a holiday.

Each has an address of its own; what was wrong comes back with all that was typed.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final
from urllib.parse import quote
from uuid import UUID

from aiohttp import web
from multidict import MultiDict

from pro_service.domain.study.duty import WEEKDAYS, EntryKind, RotaEntry, RotaRefusedError
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.times import local_day, zone
from pro_service.services.desk import rota as service
from pro_service.services.desk.seat import Seat
from pro_service.services.study import SiteRota
from pro_service.store.base import operations
from pro_service.store.ids import new_id
from pro_service.web.desk.frame.done import done
from pro_service.web.desk.guard import for_staff, hands_of, uuid_of
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.person.fields import Field, FieldError, Typed
from pro_service.web.desk.rota.page import ROOM
from pro_service.web.desk.words import Words
from pro_service.web.requests import read_form

_FIELDS: Final[dict[EntryKind, tuple[str, ...]]] = {
    EntryKind.shift: ("weekdays", "begins", "ends", "person", "deputy", "first_on", "last_on"),
    EntryKind.cover: ("first_on", "last_on", "begins", "ends", "person", "deputy"),
    EntryKind.leave: ("person", "first_on", "last_on"),
    EntryKind.holiday: ("first_on", "last_on"),
}
"""What each asks, in this order."""
_SAID: Final = {
    EntryKind.shift: "rota_shift",
    EntryKind.cover: "rota_cover",
    EntryKind.leave: "rota_leave",
    EntryKind.holiday: "rota_holiday",
}
"""The sentence that says that it stands."""
_OURS: Final = frozenset({"form", "key"})


async def _show_form(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/rota/{code}/<kind>`: the form."""
    rota = await service.find_site(hands_of(request, seat), request.match_info["code"])
    return await _form(request, seat, rota, Typed(MultiDict()), new_id())


show_form = for_staff(_show_form, Action.change_rota)


async def add(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/rota/{code}/<kind>`: put it into the rota, once for a form's key."""
    form = await read_form(request)
    hands, kind = hands_of(request, seat), _kind(request)
    rota = await service.find_site(hands, request.match_info["code"])
    key = uuid_of(form.get("key", ""))
    typed = Typed(MultiDict((name, text) for name, text in form.items() if name not in _OURS))
    try:
        await service.add_to_rota(hands, rota, _read(typed, kind, key))
    except FieldError as error:
        return await _form(request, seat, rota, typed, key, error)
    except RotaRefusedError as error:
        wrong = FieldError(error.field, f"rota_{error.word}")
        return await _form(request, seat, rota, typed, key, wrong)
    return done(seat, _room(rota), _SAID[kind], code=rota.row.code)


def _kind(request: web.Request) -> EntryKind:
    return EntryKind(request.path.rpartition("/")[2])


def _room(rota: SiteRota) -> str:
    return f"{ROOM}/{quote(rota.row.code, safe='')}"


def _read(typed: Typed, kind: EntryKind, key: UUID) -> RotaEntry:
    """What was typed. Raises FieldError."""
    asked = _FIELDS[kind]
    days = typed.many("weekdays", WEEKDAYS) if "weekdays" in asked else []
    first_on = typed.day("first_on")
    last_on = typed.optional_day("last_on")
    return RotaEntry(
        id=key,
        kind=kind,
        weekdays=frozenset(WEEKDAYS.index(one) for one in days),
        begins=typed.clock("begins") if "begins" in asked else None,
        ends=typed.clock("ends") if "ends" in asked else None,
        person=_person(typed, "person") if "person" in asked else None,
        deputy=_person(typed, "deputy", optional=True) if "deputy" in asked else None,
        first_on=first_on,
        # Of an exception, the one day where no other is named.
        last_on=first_on if last_on is None and kind is not EntryKind.shift else last_on,
    )


def _person(typed: Typed, name: str, *, optional: bool = False) -> UUID | None:
    given = typed.text(name, optional=optional)
    try:
        return UUID(given) if given else None
    except ValueError:
        raise FieldError(name, "choice") from None


async def _form(
    request: web.Request,
    seat: Seat,
    rota: SiteRota,
    typed: Typed,
    key: UUID,
    problem: FieldError | None = None,
) -> web.Response:
    desk, kind = request.app[DESK], _kind(request)
    words = desk.words(language_of(request, seat))
    return desk.render(
        "rota_form.html",
        request,
        seat,
        status=HTTPStatus.OK if problem is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        kind=await operations.get_database_kind(hands_of(request, seat).clerk),
        entry=kind,
        site=rota.row,
        room=_room(rota),
        address=f"{_room(rota)}/{kind}",
        key=key,
        fields=typed.shown(_fields(words, rota, kind), problem),
        problem=None if problem is None else words.text(f"problem.field.{problem.word}"),
    )


def _fields(words: Words, rota: SiteRota, kind: EntryKind) -> list[Field]:
    people = [(str(one), login) for one, login in sorted(rota.staff.items(), key=lambda x: x[1])]
    who = "leave" if kind is EntryKind.leave else "told"
    last = "shift" if kind is EntryKind.shift else "others"
    today = local_day(rota.row.now, zone(rota.row.zone)).isoformat()
    fields = {
        "weekdays": Field(
            "weekdays",
            "many",
            words.text("rota.weekdays"),
            [(one, words.text(f"weekday.{one}")) for one in WEEKDAYS],
        ),
        "begins": Field("begins", "clock", words.text("rota.begins")),
        "ends": Field("ends", "clock", words.text("rota.ends"), hint=words.text("rota.ends_hint")),
        "person": Field("person", "choice", words.text(f"rota.person.{who}"), people),
        "deputy": Field("deputy", "choice", words.text("rota.deputy"), people, required=False),
        "first_on": Field("first_on", "day", words.text("rota.first_on"), first=[today]),
        "last_on": Field("last_on", "day", words.text(f"rota.last_on.{last}"), required=False),
    }
    return [fields[name] for name in _FIELDS[kind]]
