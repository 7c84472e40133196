"""The one time axis of a participant's charts: study days, or days of the calendar before any."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from pro_service.domain.endpoints.change import study_day
from pro_service.domain.study.facts import Target
from pro_service.services.desk.charting.course import Courses
from pro_service.web.charts.axis import Label
from pro_service.web.charts.trajectory import Event, Time
from pro_service.web.desk.words import Words

KNEES_FIRST: Final[tuple[Target, ...]] = ("right_knee", "left_knee", "person")
"""The order in which knees are drawn and listed."""
_STEPS: Final = (7, 14, 30, 60, 90, 180, 360, 720, 1440)
_MOST_TICKS: Final = 8
_MOST_DATES: Final = 4


class Happened(NamedTuple):
    """Something that happened on a day, in words."""

    day: date
    words: str
    main: bool
    """An injection."""


class Days:
    """Places days on the axis; day 1 is the day of the first injection of any knee."""

    def __init__(self, words: Words, reference: date | None, every: Iterable[date]) -> None:
        """Keep the words, day 1 and the first and last of the days that are to be on the axis."""
        self.words, self.reference = words, reference
        found = sorted(every)
        self.first, self.last = found[0], found[-1]
        self._zero = reference or self.first

    def at(self, day: date) -> float:
        """Where a day stands on the axis."""
        return float((day - self._zero).days)

    def said(self, day: date) -> str | None:
        """A day as a study day; None before any injection."""
        if self.reference is None:
            return None
        return self.words.text("course.day", day=study_day(day, self.reference))

    def time(self, happened: Sequence[Happened]) -> Time:
        """The axis, with what happened, each by its number in the list."""
        events = tuple(
            Event(self.at(one.day), number, one.main) for number, one in enumerate(happened, 1)
        )
        return Time(self.at(self.first), self.at(self.last), self._ticks(), events)

    def _ticks(self) -> tuple[Label, ...]:
        """Day 1 first, for it matters most; then round study days, those after it before others."""
        span = (self.last - self.first).days
        most = _MOST_DATES if self.reference is None else _MOST_TICKS
        step = next((one for one in _STEPS if span <= one * most), _STEPS[-1])
        if self.reference is None:
            days = [self.first + timedelta(days=n) for n in range(0, span + 1, step)]
            return tuple(Label(self.at(one), self.words.day(one)) for one in days)
        day_one = self.reference
        later = [day_one + timedelta(days=n - 1) for n in range(step, span + step, step)]
        before = [day_one - timedelta(days=n) for n in range(step, span + step, step)]
        return tuple(
            Label(self.at(one), self.said(one) or "")
            for one in (day_one, *later, *before)
            if self.first <= one <= self.last
        )


def days_of(
    words: Words, found: Courses, happened: Sequence[Happened], more: Sequence[date]
) -> Days:
    """The axis that holds every value, what is missing, what happened, and `more` days."""
    every = [*more, *(one.day for one in happened)]
    for course in found.courses:
        every += [one.day for entries in course.entries.values() for one in entries]
    return Days(words, found.reference, every)
