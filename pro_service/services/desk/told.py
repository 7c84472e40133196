"""Rows of the desk as the domain's facts: that something was answered, never what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol as Shape
from uuid import UUID

from pro_service.domain.instruments.model import Instrument
from pro_service.domain.study.facts import EventFacts, EventKind, StatusFacts
from pro_service.domain.study.sittings.progress import Progress
from pro_service.domain.study.statuses import Standing, standing


class Asked(Shape):
    """What was asked, as far as its state depends on it."""

    @property
    def instrument(self) -> str: ...
    @property
    def declined_at(self) -> datetime | None: ...


class Known(Shape):
    """Whether anything was begun, answered and sent."""

    @property
    def begun(self) -> bool: ...
    @property
    def answered(self) -> bool: ...
    @property
    def settled(self) -> int: ...
    @property
    def sent_at(self) -> datetime | None: ...


class Stands(Shape):
    """What tells where somebody stands."""

    @property
    def statuses(self) -> tuple[StatusFacts, ...]: ...
    @property
    def died_at(self) -> datetime | None: ...


def standing_of(row: Stands, now: datetime) -> Standing:
    """Where a participant stands at `now`, a recorded death included."""
    events: tuple[EventFacts, ...] = ()
    if row.died_at is not None:
        events = (EventFacts(id=UUID(int=0), kind=EventKind.death, occurred_at=row.died_at),)
    return standing(row.statuses, now, events)


def progress_of(
    asked: Asked, known: Known | None, instruments: Mapping[str, Instrument]
) -> Progress:
    """How far an assessment has come."""
    instrument = instruments.get(asked.instrument)
    return Progress(
        submitted_at=None if known is None else known.sent_at,
        declined_at=asked.declined_at,
        begun=known is not None and known.begun,
        answered=known is not None and known.answered,
        settled=known is not None
        and instrument is not None
        and known.settled >= len(instrument.items),
    )
