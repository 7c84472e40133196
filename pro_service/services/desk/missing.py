"""Why answers are missing and what brought those that came, counted; and the log of deviations.

Only the facts of closed visits are counted in the database; what they mean is told in the domain,
once for each set of facts that was met. The unit is a participant's visit, as in the figures: what
is missing here is what completion lacks there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.instruments.model import Words
from pro_service.domain.study.facts import Status
from pro_service.domain.study.missing.helped import Brought, brought_by
from pro_service.domain.study.missing.reasons import MissedVisit, Reason, Why, why_missing
from pro_service.domain.study.protocol import Protocol
from pro_service.services.base.context import ServiceContext
from pro_service.services.desk.listing.grid import read_definitions
from pro_service.services.desk.listing.signs import states_in
from pro_service.store.connection import Connection
from pro_service.store.missing import visits as store
from pro_service.store.missing.visits import After, ClosedVisits, Deviation

TYPED_WITHIN_DAYS: Final = 3
"""What was told or written is typed in within so many days; later it stands in the log. Ours: no
guideline names a number, ALCOA asks for "contemporaneous"."""


@dataclass
class Month:
    """The visits that closed in one month."""

    expected: int = 0
    alone: int = 0
    """Completed in the window by themselves."""
    helped: int = 0
    """Completed in the window with somebody's help."""
    late: int = 0
    missing: int = 0


@dataclass
class Missing:
    """Everything counted, of the sites and the visit that were asked for."""

    definitions: Mapping[str, Words]
    """All visits that ask something, in the protocol's order."""
    reasons: dict[str, Counter[Why]] = field(default_factory=dict)
    """By visit: how many were not completed in the window, and why."""
    brought: Counter[tuple[Brought, str]] = field(default_factory=Counter)
    """What brought the answers that were sent in, with how they were given (the mode)."""
    months: dict[date, Month] = field(default_factory=dict)
    by_site: dict[UUID, Month] = field(default_factory=dict)

    @property
    def total(self) -> Month:
        """Of all months together."""
        return _sum(self.months.values())


class Deviations(NamedTuple):
    """A page of the log, and after which row the next one begins; None at the end."""

    rows: Sequence[Deviation]
    after: After | None
    protocols: Mapping[UUID, Protocol]


async def read_missing(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    *,
    site_id: UUID | None = None,
    definition: str | None = None,
) -> Missing:
    """Count, at all sites seen from here or at one; of all visits or of one."""
    found = Missing(await read_definitions(connection, context, study_id))
    for row in await store.list_closed_visits(connection, study_id, site_id):
        if definition is None or row.definition == definition:
            _count(found, row)
    return found


async def read_deviations(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    *,
    site_id: UUID | None = None,
    after: After | None = None,
    most: int,
) -> Deviations:
    """A page of the log, the latest first."""
    rows = await store.list_deviations(
        connection, study_id, site_id, days=TYPED_WITHIN_DAYS, after=after, most=most + 1
    )
    shown = rows[:most]
    last = shown[-1] if len(rows) > most else None
    return Deviations(
        shown,
        None if last is None else After(last.at, last.id, last.kind),
        {
            one: await context.reader.protocol(connection, study_id, one)
            for one in {row.protocol_version_id for row in shown}
        },
    )


def _count(found: Missing, row: ClosedVisits) -> None:
    why = None if row.in_window else why_missing(_missed(row))
    if why is not None:
        found.reasons.setdefault(row.definition, Counter())[why] += row.visits
    if row.mode is not None:
        what = brought_by(row.mode, row.texts_before or 0, called_since=bool(row.called_since))
        found.brought[what, row.mode] += row.visits
    month = found.months.setdefault(row.month, Month())
    site = found.by_site.setdefault(row.site_id, Month())
    for counted in (month, site):
        counted.expected += row.visits
        if why is None:
            counted.helped += row.visits if row.helped else 0
            counted.alone += 0 if row.helped else row.visits
        elif why.reason is Reason.late:
            counted.late += row.visits
        else:
            counted.missing += row.visits


def _missed(row: ClosedVisits) -> MissedVisit:
    return MissedVisit(
        states=frozenset(states_in(row.states)),
        status=None if row.status is None else Status(row.status),
        begun=row.begun,
        called=row.called,
        texts=row.texts or 0,
        arrived=row.arrived,
        held_back=row.held_back,
    )


def _sum(months: Iterable[Month]) -> Month:
    total = Month()
    for one in months:
        total.expected += one.expected
        total.alone += one.alone
        total.helped += one.helped
        total.late += one.late
        total.missing += one.missing
    return total
