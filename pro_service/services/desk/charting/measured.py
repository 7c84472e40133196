"""One participant's measures over time, for who may see them (R6), beside scores or not (R19)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_service.domain.endpoints.change import injection_at
from pro_service.domain.measures.baselines import measure_baseline
from pro_service.domain.measures.model import Measure, Place
from pro_service.domain.measures.values import Measured, standing_values
from pro_service.domain.study.facts import EventFacts, Target
from pro_service.domain.study.times import local_day
from pro_service.services.desk.seat import Seat
from pro_service.services.desk.timeline import TimelineFacts
from pro_service.services.measuring import may_see_measures, may_see_together
from pro_service.store.connection import Connection
from pro_service.store.measuring.locked import are_reads_locked
from pro_service.store.measuring.measurements import list_measurements


@dataclass(frozen=True)
class MeasureCourse:
    """One measure of one region and layer over time, of each knee or the person."""

    measure: Measure
    region: Place | None
    layer: Place | None
    values: Mapping[Target, tuple[Measured, ...]]
    """The values that stand, by day."""
    baselines: Mapping[Target, Measured]

    def band(self, target: Target) -> Decimal | None:
        """How far a value may lie from the knee's baseline by chance alone; None: not known."""
        base = self.baselines.get(target)
        region = None if self.region is None else self.region.code
        layer = None if self.layer is None else self.layer.code
        precision = self.measure.precision_at(region, layer)
        if base is None or base.value is None or precision is None:
            return None
        return precision.band(base.value)


def roles_at(seat: Seat, site_id: UUID | None) -> frozenset[str]:
    """The roles held at the site where a participant is."""
    return frozenset(str(one.role) for one in seat.staff.assignments if one.site_id == site_id)


async def read_measured(
    connection: Connection, seat: Seat, facts: TimelineFacts
) -> list[Measured] | None:
    """The values that stand of a participant, where this seat may see them here; else None.

    Whoever sees scores sees them only where the protocol lets both stand together. At most two
    statements, and none where the protocol measures nothing.
    """
    document, protocol = facts.document, facts.protocol
    measuring = protocol.coming.measures
    place = next((one.site_id for one in document.placings if one.valid_to is None), None)
    roles = roles_at(seat, place)
    if measuring is None or not may_see_measures(protocol, roles):
        return None
    if document.may_read_scores:
        locked = await are_reads_locked(connection, seat.study_id, document.now)
        if not may_see_together(protocol, roles, locked):
            return None
    found = await list_measurements(connection, seat.study_id, document.now, document.id)
    return standing_values((one.measured for one in found), measuring.readers_rule)


def derive_measures(
    measures: Mapping[str, Measure],
    found: Iterable[Measured],
    events: Sequence[EventFacts],
    zone: ZoneInfo,
) -> tuple[MeasureCourse, ...]:
    """Every measure over time, in the order in which they were first taken."""
    spots: dict[tuple[str, str | None, str | None], dict[Target, list[Measured]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for one in sorted(found, key=lambda one: one.measured_on):
        if one.measure in measures:
            spots[one.measure, one.region, one.layer][one.target].append(one)
    courses = []
    for (name, region, layer), by_target in spots.items():
        baselines = {}
        for target, values in by_target.items():
            injected_at = injection_at(events, target)
            day = None if injected_at is None else local_day(injected_at, zone)
            base = measure_baseline(values, day)
            if base is not None:
                baselines[target] = base
        measure = measures[name]
        courses.append(
            MeasureCourse(
                measure,
                measure.region(region),
                measure.layer(layer),
                {target: tuple(values) for target, values in by_target.items()},
                baselines,
            )
        )
    return tuple(courses)
