"""What else happened to one participant, as rows of its own file. Touches no database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from pro_service.domain.endpoints.change import injection_at, study_day
from pro_service.domain.study.facts import EventFacts, Status, StatusFacts, Target
from pro_service.domain.study.own_events import own_kind
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.times import local_day, zone
from pro_service.services.exports.cells import as_instant, yes_or_no
from pro_service.services.exports.columns import Cell
from pro_service.services.exports.rows import WITHDREW, Row, Snapshot
from pro_service.store.exports.export import ExportedOwnEvent, ExportedParticipant


def own_event_rows(
    snapshot: Snapshot,
    participant: ExportedParticipant,
    protocol: Protocol,
    events: Sequence[ExportedOwnEvent],
) -> Iterator[Row]:
    """A row for each event that stood; of somebody who withdrew the use of the data without days
    and dose.
    """
    statuses = [StatusFacts.model_validate(each) for each in participant.statuses]
    withdrew = any(
        each.status is Status.withdrew_data_use and each.effective_at <= snapshot.as_of
        for each in statuses
    )
    for one in events:
        yield {
            "database": snapshot.database,
            "study": snapshot.study,
            "participant": participant.code,
            "site": participant.site,
            "event": str(one.event_id),
            "flagged": yes_or_no(_is_flagged(snapshot, protocol, one.kind)),
            "missing_reason": WITHDREW if withdrew else None,
            "corrections": one.revision - 1,
            "recorded_at": as_instant(one.recorded_at),
            "recorded_by": one.actor,
        } | _what(protocol, participant, one, withdrew=withdrew)


def _what(
    protocol: Protocol, participant: ExportedParticipant, one: ExportedOwnEvent, *, withdrew: bool
) -> dict[str, Cell]:
    kind = own_kind(protocol, one.kind)
    dose = None if withdrew or one.dose is None else f"{one.dose.normalize():f}"
    return {
        "kind": one.kind,
        "label_en": None if kind is None else kind.label.get("en"),
        "label_zh_CN": None if kind is None else kind.label.get("zh_CN"),
        "target": one.target,
        "began_on": None if withdrew else one.began_on.isoformat(),
        "ended_on": None if withdrew or one.ended_on is None else one.ended_on.isoformat(),
        "study_day": None if withdrew else _study_day(participant, one.target, one.began_on),
        "dose": dose,
        "dose_unit": one.dose_unit,
    }


def _study_day(participant: ExportedParticipant, target: str | None, day: date) -> int | None:
    """The day counted from the knee's injection, or from the first of any knee."""
    facts = tuple(EventFacts.model_validate(each) for each in participant.events)
    knees: tuple[Target, ...] = ("left_knee", "right_knee", "person")
    knee: Target = next((one for one in knees if one == target), "person")
    injected_at = injection_at(facts, knee)
    if injected_at is None:
        return None
    return study_day(day, local_day(injected_at, zone(participant.zone)))


def _is_flagged(snapshot: Snapshot, protocol: Protocol, kind: str) -> bool:
    found = own_kind(protocol, kind)
    return kind in snapshot.flagged or (found is not None and found.flagged)
