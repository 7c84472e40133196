"""What tells of harm by itself, and the alert it raises: one rule, whoever records it (R9).

A death, a stay in hospital, a fall, an operation, another injection may be told in a call, recorded
as an event, or entered as something else that happened. Each opens the step that alerts open, once:
what was told for the same day by another way raises nothing more, and a death raises one alert.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import Final, Literal
from zoneinfo import ZoneInfo

from pro_service.domain.record import Record
from pro_service.domain.study.coming import OwnEvent
from pro_service.domain.study.events import NewEvent
from pro_service.domain.study.facts import EventKind, Status
from pro_service.domain.study.reaching.call_outcomes import (
    DEATH_REPORTED,
    HARM_REPORTED,
    HOSPITAL_REPORTED,
)
from pro_service.domain.study.times import local_day

ONCE: Final = frozenset({DEATH_REPORTED})
"""Rules of which one alert is all there can be, whatever day was named."""


class Report(Record):
    """An alert that a report of harm raises, unless it was told already."""

    rule: str
    severity: Literal["urgent", "notice"] = "urgent"
    happened_on: date | None
    """In the participant's zone; None: it was not said."""
    own_kind: str | None = None
    """The protocol's own kind that was entered, if that told it; two kinds are never the same."""

    @property
    def once(self) -> bool:
        """Whether an earlier alert of the rule is about the same, whatever its day."""
        return self.rule in ONCE


def report_of_own(kind: OwnEvent, began_on: date) -> Report | None:
    """Return what entering an event of the protocol's own tells of harm; None: nothing."""
    if kind.alert is None:
        return None
    rule = HOSPITAL_REPORTED if kind.alert == "hospital" else HARM_REPORTED
    return Report(rule=rule, happened_on=began_on, own_kind=kind.id)


def reports_of(
    events: Collection[NewEvent], statuses: Collection[Status], local: ZoneInfo
) -> Iterator[Report]:
    """Yield what events and statuses tell of harm: a death, however it is recorded."""
    died = [one for one in events if one.kind is EventKind.death and one.occurred_at is not None]
    if died or Status.died in statuses:
        days = [local_day(one.occurred_at, local) for one in died if one.occurred_at is not None]
        yield Report(rule=DEATH_REPORTED, happened_on=min(days, default=None))
