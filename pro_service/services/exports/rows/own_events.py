"""What else happened to one participant, as rows of a table of its own. Touches no database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from pro_service.domain.study.facts import Target
from pro_service.domain.study.own_events import own_kind
from pro_service.domain.study.protocol import Protocol
from pro_service.services.exports.columns import Row
from pro_service.services.exports.rows.reading import WITHDREW, Person
from pro_service.store.exports.export import ExportedOwnEvent


def own_event_rows(
    person: Person, protocol: Protocol, events: Sequence[ExportedOwnEvent]
) -> Iterator[Row]:
    """A row for each event that stood; of somebody who withdrew the use of the data without days
    and dose.
    """
    for one in events:
        kind = own_kind(protocol, one.kind)
        labels = {} if kind is None else kind.label
        flagged = one.kind in person.snapshot.flagged or (kind is not None and kind.flagged)
        days = (one.began_on, one.ended_on, _study_day(person, one.target, one.began_on), one.dose)
        yield (
            *person.cells,
            *(str(one.event_id), one.kind, labels.get("en"), labels.get("zh_CN"), one.target),
            *((None,) * len(days) if person.withdrew else days),
            *(one.dose_unit, flagged, WITHDREW if person.withdrew else None),
            *(one.revision - 1, one.recorded_at, one.actor),
        )


def _study_day(person: Person, target: str | None, day: date) -> int | None:
    """The day counted from the knee's injection, or from the first of any knee."""
    knees: tuple[Target, ...] = ("left_knee", "right_knee", "person")
    return person.study_day(next((one for one in knees if one == target), "person"), day)
