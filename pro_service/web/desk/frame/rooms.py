"""The rooms of the desk, and the bar that names them.

A room is in the bar of whoever may use it. To add one: a line in `ROOMS` and its words
`desk.room.<name>` in both languages; its address answers a GET, and what stands below it belongs
to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from pro_service.domain.study.permissions import Action
from pro_service.services.desk.seat import Seat
from pro_service.store.desk.frame import Frame
from pro_service.web.desk.words import Words

_MOST_SITES_NAMED: Final = 3
"""Where the line has room; beside its menu it has room for one."""
_MOST_IN_A_LINE: Final = 10
"""Rooms that stand in one line with who is in, 1280 wide, in the longer of both languages."""


class Room(NamedTuple):
    """A room: its name, its address, and what one must be able to do to have a use for it."""

    name: str
    path: str
    action: Action
    more: tuple[str, ...] = ()
    """Further addresses that belong to it, beside what stands below its own."""


class SitesSaid(NamedTuple):
    """The sites of a seat: named, or how many there are, and which."""

    said: str
    named: str | None
    """All of them, where `said` only counts: beside it, and in the menu if there is one."""


_ABOUT_FIGURES: Final = ("/desk/corrections", "/desk/missing", "/desk/missing/deviations")
ROOMS: Final = (
    Room(
        "today", "/desk", Action.see_participants, ("/desk/week", "/desk/week/print", "/desk/since")
    ),
    Room("alerts", "/desk/alerts", Action.see_participants),
    Room("participants", "/desk/participants", Action.see_participants),
    Room("figures", "/desk/figures", Action.see_participants, _ABOUT_FIGURES),
    Room("groups", "/desk/groups", Action.see_groups, ("/desk/measures/correlate",)),
    Room("texts", "/desk/texts", Action.see_participants),
    Room("enrol", "/desk/enrol", Action.enrol),
    Room("rota", "/desk/rota", Action.see_participants),
    Room("staff", "/desk/staff", Action.keep_staff),
    Room("sites", "/desk/sites", Action.keep_sites),
    Room("allocation", "/desk/allocation", Action.see_allocation),
    Room("record", "/desk/record", Action.see_audit),
    Room("measures", "/desk/measures", Action.import_measures),
    Room("reads", "/desk/measures/reads", Action.read_images),
    Room("exports", "/desk/exports", Action.export_data),
    Room("locks", "/desk/locks", Action.lock_data, ("/desk/signing",)),
)
"""In the order of the bar."""


def bar_values(words: Words, seat: Seat | None, frame: Frame | None, path: str) -> dict[str, Any]:
    """The rooms of a seat with what waits in each, and where the seat is.

    Those of daily work stand in the bar, the last ones in its menu where not all have room.
    Without a frame (a preview, a failure) the rooms are named and nothing is counted.
    """
    if seat is None:
        return {"rooms": [], "more_rooms": [], "at_sites": None}
    here = _room_of(path)
    waiting = {} if frame is None else _waiting(frame)
    rooms = [
        {
            "path": room.path,
            "name": words.text(f"room.{room.name}"),
            # The page itself, or one further in.
            "current": None if room is not here else "page" if path == room.path else "true",
            "count": _count(words, room, waiting.get(room.name, 0)),
            "urgent": room.name == "today",
        }
        for room in ROOMS
        if seat.may_anywhere(room.action)
    ]
    # The menu takes the place of one.
    line = len(rooms) if len(rooms) <= _MOST_IN_A_LINE else _MOST_IN_A_LINE - 1
    return {
        "rooms": rooms[:line],
        "more_rooms": rooms[line:],
        "at_sites": None
        if frame is None
        else sites_said(words, frame.sites, crowded=line < len(rooms)),
    }


def _waiting(frame: Frame) -> dict[str, int]:
    return {"today": frame.urgent, "texts": frame.texts, "sites": frame.for_operator}


def _room_of(path: str) -> Room | None:
    """The room an address belongs to, if any."""
    for room in ROOMS:
        below = room.path != "/desk" and path.startswith(f"{room.path}/")
        if below or path in (room.path, *room.more):
            return room
    return None


def _count(words: Words, room: Room, waiting: int) -> dict[str, Any] | None:
    if not waiting:
        return None
    return {"number": waiting, "said": words.text(f"room.{room.name}_waiting", count=waiting)}


def sites_said(words: Words, codes: Sequence[str], *, crowded: bool) -> SitesSaid | None:
    """The sites of a seat as the bar says them; nothing where there is none."""
    if not codes:
        return None
    named = ", ".join(codes)
    if len(codes) <= (1 if crowded else _MOST_SITES_NAMED):
        return SitesSaid(named, None)
    return SitesSaid(words.text("bar.sites", count=len(codes)), named)
