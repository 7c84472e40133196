"""Rows about the work with one participant: alerts, calls, messages, corrections; never words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pro_service.services.exports.columns import Row
from pro_service.services.exports.rows.reading import Person
from pro_service.store.exports.work import (
    ExportedAlert,
    ExportedCall,
    ExportedCorrection,
    ExportedMessage,
)


def alert_rows(person: Person, alerts: Sequence[ExportedAlert]) -> Iterator[Row]:
    """A row for each alert, with the assessment that stood."""
    for one in alerts:
        yield (
            *person.cells,
            *(str(one.id), one.rule, one.severity, one.raised_at, one.definition, one.occurrence),
            *(one.instrument, one.target, one.from_text, one.happened_on, one.own_kind),
            *(one.uncertain_who, one.seen_at, one.seen_by),
            *(one.verdict, one.reference, one.assessed_at, one.assessed_by, one.times),
            *(one.closed_at, one.closed_by),
        )


def call_rows(person: Person, calls: Sequence[ExportedCall]) -> Iterator[Row]:
    """A row for each call to be made, tried or not."""
    for one in calls:
        yield (
            *person.cells,
            *(str(one.id), one.definition, one.occurrence, one.reason, one.created_at),
            *(one.wanted_from, one.closes_at, one.closed_at, one.closed_by, one.outcome),
        )


def message_rows(person: Person, messages: Sequence[ExportedMessage]) -> Iterator[Row]:
    """A row for each message: its kind, and how far it came as instants tell."""
    for one in messages:
        accepted = "waiting" if one.accepted_at is None else "accepted"
        yield (
            *person.cells,
            *(str(one.id), one.kind, one.template, one.definition, one.occurrence, one.language),
            *(one.segments, one.recorded_at, one.accepted_at),
            accepted if one.receipt_at is None else "receipt",
            *(one.provider_status, one.receipt_at),
        )


def correction_rows(person: Person, corrections: Sequence[ExportedCorrection]) -> Iterator[Row]:
    """A row for each correction; of somebody who withdrew the use of the data without answers."""
    for one in corrections:
        values = (None, None) if person.withdrew else (one.value_before, one.value)
        moved_to = None
        if one.to_definition is not None:
            moved_to = f"{one.to_definition} {one.to_occurrence} {one.to_target}"
        yield (
            *person.cells,
            *(str(one.id), one.definition, one.occurrence, one.instrument, one.target),
            *(one.sitting, one.item, one.kind, *values, moved_to, one.said_at),
            *(one.recorded_at, one.actor, one.approved, one.decided_at, one.decided_by),
        )
