"""Scores beside measures at the desk: for the roles the protocol names (R19), once it may be (R20).

Whoever asks sees what their own sites have, and what is asked is kept before it is shown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

import asyncpg

from pro_service.domain.endpoints.looking import Opening
from pro_service.domain.endpoints.plan import AnalysisPlan
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.protocol import Protocol
from pro_service.services.base.context import ServiceContext
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.charting.groups import ScaleChoice, scale_choices
from pro_service.services.desk.seat import (
    NotAllowedError,
    NotHereError,
    Place,
    Seat,
    at_clerk,
    at_desk,
)
from pro_service.services.desk.today import read_frame
from pro_service.services.measuring import correlating, may_see_together
from pro_service.store.desk.frame import Frame
from pro_service.store.measuring.correlations import RunId, RunRow
from pro_service.store.measuring.locked import are_reads_locked


@dataclass(frozen=True)
class CorrelationRoom:
    """What the room shows."""

    frame: Frame
    protocol: Protocol
    """The newest version."""
    locked: bool
    """Whether what the protocol wants before has happened; else nothing is shown."""
    openings: tuple[Opening, ...]
    """Every ground on which this seat may look; none: not yet."""
    plan: AnalysisPlan | None
    """In force at the instant looked at."""
    scales: tuple[ScaleChoice, ...]
    measures: tuple[str, ...]
    """Ids of what the protocol takes at some visit."""
    runs: tuple[RunRow, ...]
    run: RunRow | None
    found: correlating.Found | None
    """Of the run that is looked at."""


class _Entered:
    """A seat that may see scores beside measures, at the sites where it may."""

    def __init__(self, seat: Seat, frame: Frame, protocol: Protocol, *, locked: bool) -> None:
        self.seat, self.frame, self.protocol = seat, frame, protocol
        if not may_correlate(seat, protocol):
            raise NotAllowedError
        self.place = _narrowed(seat, protocol, locked=locked)

    @property
    def locked(self) -> bool:
        """Whether anything may be shown at any site by now."""
        return bool(self.place.assignments)

    def looking(self) -> correlating.Looking:
        """Who looks."""
        names = {self.place.login, *(str(one.role) for one in self.place.assignments)}
        return correlating.Looking(
            study_id=self.seat.study_id,
            names=names,
            kind=self.frame.kind,
            now=self.frame.now,
            protocol=self.protocol,
            seen=True,
        )


async def read_room(
    pool: asyncpg.Pool, context: ServiceContext, seat: Seat, run_id: UUID | None
) -> CorrelationRoom:
    """The room, with what one run found, worked out again as of its instant.

    Raises NotAllowedError where the protocol names no role of the seat's; NotHereError for a run
    there is not; NotOpenError for one that may not be looked at any more from here.
    """
    entered = await _enter(pool, context, seat)
    looking = entered.looking()
    async with at_desk(pool, entered.place, one_snapshot=True) as connection:
        openings = await correlating.read_openings(connection, context, looking)
        as_of = openings[0].as_of if openings else looking.now
        in_force = await context.reader.plan(connection, seat.study_id, as_of)
        runs = await correlating.list_runs(connection, seat.study_id)
        run = next((one for one in runs if one.id == run_id), None)
        if run_id is not None and run is None:
            raise NotHereError
        found = None
        if run is not None and entered.locked:
            terms = correlating.read_question(context.catalogue, entered.protocol, _asked(run))
            found = await correlating.find_again(connection, context, looking, terms, run)
    measuring = entered.protocol.coming.measures
    return CorrelationRoom(
        entered.frame,
        entered.protocol,
        entered.locked,
        openings,
        None if in_force is None else in_force.plan,
        scale_choices(entered.protocol, context.catalogue.instruments),
        () if measuring is None else tuple(sorted(measuring.names)),
        tuple(runs),
        run,
        found,
    )


async def run_correlation(hands: Hands, asked: correlating.Asked, wish: correlating.Wish) -> RunId:
    """Set a score beside a measure, and keep that it was done; what it found the room shows.

    Raises NotAllowedError, NotOpenError, QuestionError, NoPairingError.
    """
    seat, context = hands.seat, hands.context
    entered = await _enter(hands.desk, context, seat)
    if not entered.locked:
        raise correlating.NotOpenError("The reads are not locked.", mend="Lock the reads first.")
    terms = correlating.read_question(context.catalogue, entered.protocol, asked)
    async with at_desk(hands.desk, entered.place, one_snapshot=True) as connection:
        found = await correlating.find(connection, context, entered.looking(), terms, wish)
    async with at_clerk(hands.clerk, seat, Action.correlate) as connection:
        return await correlating.record(connection, seat.study_id, found, seat.actor)


async def _enter(pool: asyncpg.Pool, context: ServiceContext, seat: Seat) -> _Entered:
    async with at_desk(pool, seat, one_snapshot=True) as connection:
        frame = await read_frame(connection, seat.study_id)
        protocol = await correlating.newest_protocol(connection, context, seat.study_id)
        locked = await are_reads_locked(connection, seat.study_id, frame.now)
    if protocol is None:
        raise NotAllowedError
    return _Entered(seat, frame, protocol, locked=locked)


def may_correlate(seat: Seat, protocol: Protocol) -> bool:
    """Whether a seat comes into the room: a role of its, and the protocol names one for both."""
    named = _narrowed(seat, protocol, locked=True)
    return seat.may_anywhere(Action.correlate) and bool(named.assignments)


def _narrowed(seat: Seat, protocol: Protocol, *, locked: bool) -> Place:
    """The seat's place at those sites alone where its roles see both together."""
    staff = seat.staff
    roles: dict[UUID, set[str]] = {}
    for one in staff.assignments:
        roles.setdefault(one.site_id, set()).add(str(one.role))
    sites = {site for site, held in roles.items() if may_see_together(protocol, held, locked)}
    kept = tuple(one for one in staff.assignments if one.site_id in sites)
    return replace(staff, assignments=kept)


def _asked(run: RunRow) -> correlating.Asked:
    return correlating.Asked(
        f"{run.instrument}/{run.scale}", run.measure, run.region, run.layer, run.visit
    )
