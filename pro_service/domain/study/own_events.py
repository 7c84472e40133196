"""What else happened: events of the protocol's own kinds, as staff enter them (rule R24).

A kind says whether it concerns a knee, lasts, and has a dose. Days are the participant's own.
Painkillers before each WOMAC that the participant is asked about are an item of a questionnaire,
and no event.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.record import Record
from pro_service.domain.study.coming import OwnEvent
from pro_service.domain.study.events import EARLIEST_YEAR
from pro_service.domain.study.facts import KNEES, Target
from pro_service.domain.study.protocol import Protocol

LARGEST_DOSE: Final = Decimal(100_000)
FINEST_DOSE: Final = 3
"""Digits a dose may have behind its point."""


class OwnEventError(ProServiceError):
    """The event cannot be so; `word` says what is wrong, `field` where."""

    def __init__(self, field: str, why: str) -> None:
        """Keep the field and the reason."""
        super().__init__(word=why)
        self.field = field


class OwnEventSaid(Record):
    """An event as it was entered; what its kind does not have is None."""

    kind: str
    target: Target | None = None
    began_on: date
    """The day it happened, or its first day, in the participant's zone."""
    ended_on: date | None = None
    """The last day of what lasts; None: it goes on, or has one day only."""
    dose: Decimal | None = None


class OwnEventFacts(OwnEventSaid):
    """An event as it stands: the latest of its revisions."""

    event_id: UUID
    revision: int
    dose_unit: str | None
    struck: bool
    """It was entered by mistake, and did not happen."""


def own_kind(protocol: Protocol, kind: str) -> OwnEvent | None:
    """Return the protocol's own kind of this id."""
    return next((one for one in protocol.coming.own_event if one.id == kind), None)


def check_own_event(protocol: Protocol, event: OwnEventSaid, today: date) -> OwnEvent:
    """Return the kind of an event that can be, on the participant's own `today`.

    Raises OwnEventError.
    """
    kind = own_kind(protocol, event.kind)
    if kind is None:
        raise OwnEventError("kind", "unknown")
    if kind.per_knee and event.target not in KNEES:
        raise OwnEventError("target", "knee")
    if not kind.per_knee and event.target is not None:
        raise OwnEventError("target", "no_knee")
    if event.began_on.year < EARLIEST_YEAR:
        raise OwnEventError("began", "early")
    if event.began_on > today:
        raise OwnEventError("began", "future")
    if event.ended_on is not None and not kind.lasts:
        raise OwnEventError("ended", "one_day")
    if event.ended_on is not None and not event.began_on <= event.ended_on <= today:
        raise OwnEventError("ended", "before" if event.ended_on < event.began_on else "future")
    if event.dose is not None:
        _check_dose(kind, event.dose)
    return kind


def _check_dose(kind: OwnEvent, dose: Decimal) -> None:
    if kind.dose_unit is None:
        raise OwnEventError("dose", "no_dose")
    exponent = dose.as_tuple().exponent
    fine = isinstance(exponent, int) and -exponent <= FINEST_DOSE
    if not fine or not 0 < dose <= LARGEST_DOSE:
        raise OwnEventError("dose", "dose")
