"""A site's rota as it is kept: a week's shifts, and exceptions by date.

Days and hours are the site's own, in its zone. Nothing here knows which zone that is.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, time, timedelta
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.errors import ProServiceError

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Their place is what `date.weekday` counts."""
LONGEST_EXCEPTION: Final = timedelta(days=366)
"""A leave, a holiday or a cover is of a year at most; what is longer is another week."""


class EntryKind(StrEnum):
    """What an entry of the rota says."""

    shift = "shift"
    """Every week on these days, from a day on."""
    cover = "cover"
    """On each of these days, whatever the week says: for a holiday, or in somebody's stead."""
    leave = "leave"
    """This person is not there; the deputy is told instead."""
    holiday = "holiday"
    """No shift of the week begins on these days."""


WITH_HOURS: Final = frozenset({EntryKind.shift, EntryKind.cover})


class RotaEntry(NamedTuple):
    """One entry. Which fields are None, its kind says."""

    id: UUID
    kind: EntryKind
    weekdays: frozenset[int]
    """Of a shift: Monday is 0."""
    begins: time | None
    ends: time | None
    """No later than `begins`: on the next day; the same: all around the clock."""
    person: UUID | None
    """Who is told; of a leave, who is away."""
    deputy: UUID | None
    """Who is told where the person is not there, or does not take it."""
    first_on: date
    last_on: date | None
    """None: until it is ended, of a shift alone."""

    def holds_on(self, day: date) -> bool:
        """Whether it says something of a day, or of what begins on it."""
        if not self.first_on <= day <= (self.last_on or day):
            return False
        return self.kind is not EntryKind.shift or day.weekday() in self.weekdays


class RotaRefusedError(ProServiceError):
    """This cannot stand in a rota."""

    def __init__(self, field: str, why: str) -> None:
        """Keep which field of the entry it is about, and the word for what is wrong."""
        super().__init__(_SAID[why], word=why)
        self.field = field


_SAID: Final = {
    "weekdays": "A shift names at least one day of the week.",
    "hours": "Say from when until when.",
    "person": "Say who it is: somebody who may act on alerts at this site.",
    "deputy": "A deputy is somebody else who may act on alerts at this site.",
    "last_on": "Say until which day, at most a year after the first and not before it.",
}


def check_entry(entry: RotaEntry, staff: Collection[UUID]) -> RotaEntry:
    """The entry, if it can stand in the rota of a site where `staff` may be told.

    Raises RotaRefusedError.
    """
    if entry.kind is EntryKind.shift and not entry.weekdays:
        raise RotaRefusedError("weekdays", "weekdays")
    if entry.kind in WITH_HOURS and (entry.begins is None or entry.ends is None):
        raise RotaRefusedError("begins", "hours")
    if entry.kind is not EntryKind.holiday and entry.person not in staff:
        raise RotaRefusedError("person", "person")
    if entry.deputy is not None and (entry.deputy == entry.person or entry.deputy not in staff):
        raise RotaRefusedError("deputy", "deputy")
    if not _days_fit(entry):
        raise RotaRefusedError("last_on", "last_on")
    return entry


def _days_fit(entry: RotaEntry) -> bool:
    if entry.last_on is None:
        return entry.kind is EntryKind.shift
    if entry.last_on < entry.first_on:
        return False
    return entry.kind is EntryKind.shift or entry.last_on - entry.first_on <= LONGEST_EXCEPTION
