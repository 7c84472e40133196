"""The days of a visit, counted from the local day of its anchor. Dates only, no instants."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final, NamedTuple

from pro_service.domain.study.protocol import Offset, VisitDefinition, Window
from pro_service.domain.study.times import add_months

_ANY_DAY: Final = date(2026, 1, 1)
_ROOM: Final = timedelta(days=5)


class Days(NamedTuple):
    """First day, target day and last day of a visit; all in the participant's zone."""

    first: date
    target: date
    last: date


def target_day(offset: Offset, anchor_on: date) -> date:
    """Return the target day: months first (clamped), then days."""
    return add_months(anchor_on, offset.months) + timedelta(days=offset.days)


def window_days(window: Window, anchor_on: date, target_on: date) -> tuple[date, date]:
    """Return first and last day of a window. One closed by its anchor ends on the anchor's day."""
    if window.from_day is None and window.to_day is None:
        first = target_on - timedelta(days=window.days_before or 0)
        last = target_on + timedelta(days=window.days_after or 0)
    else:
        first = anchor_on + timedelta(days=window.from_day or 0)
        last = anchor_on + timedelta(days=window.to_day or 0)
    if window.closes == "anchor instant":
        last = anchor_on
    return first, last


def days_of(
    target: Offset, window: Window, anchor_on: date, target_event_on: date | None = None
) -> Days:
    """Return the days of a target and a window; `target_event_on` as for `visit_days`."""
    target_on = target_day(target, anchor_on)
    if target.event is not None and target_event_on is not None:
        target_on = target_event_on
    first, last = window_days(window, anchor_on, target_on)
    return Days(first, target_on, last)


def visit_days(
    definition: VisitDefinition, anchor_on: date, target_event_on: date | None = None
) -> Days:
    """Return the days of a visit; `target_event_on` is the day of its target's event, if known."""
    return days_of(definition.target, definition.window, anchor_on, target_event_on)


def longest_open(definition: VisitDefinition) -> timedelta:
    """Return how long a visit may be open at most: a bound for whoever looks for visits by when
    they close, with room for months that differ in length and for the change of clocks."""
    days = visit_days(definition, _ANY_DAY)
    return days.last - days.first + timedelta(days=1) + _ROOM
