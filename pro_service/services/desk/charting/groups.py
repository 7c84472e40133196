"""Scores of groups by visit, once they may be looked at (R20), for who may see scores (R6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal, NamedTuple, get_args

import asyncpg

from pro_service.domain.endpoints.groups import SittingScore, Summary, counted, summed_up
from pro_service.domain.endpoints.looking import Cut, Gate, Opening, openings
from pro_service.domain.endpoints.rules import EndpointRules
from pro_service.domain.instruments.model import Instrument, Scale, Total
from pro_service.domain.study.protocol import Protocol, VisitDefinition
from pro_service.services.base.context import ServiceContext
from pro_service.services.desk.charting.course import read_rules
from pro_service.services.desk.seat import Seat, at_desk
from pro_service.services.desk.today import read_frame
from pro_service.store.connection import Connection
from pro_service.store.desk.frame import Frame
from pro_service.store.desk.groups import list_group_scores
from pro_service.store.desk.people import list_protocol_versions
from pro_service.store.exports.cuts import list_cuts

Split = Literal["treated", "knee", "site"]
SPLITS: Final[tuple[Split, ...]] = get_args(Split)
"""How a group is divided: the treated knee and the other, right and left, or by site."""


class ScaleChoice(NamedTuple):
    """A scale that some visit asks."""

    instrument: Instrument
    scored: Scale | Total

    @property
    def key(self) -> str:
        """Its name in an address."""
        return f"{self.instrument.id}/{self.scored.code}"


class GroupsAsked(NamedTuple):
    """What is to be shown; what is not known of it falls back to the first there is."""

    scale: str = ""
    split: Split = "treated"
    opening: str = ""
    """The cut or look, as `ground/name`."""


class GroupKey(NamedTuple):
    """One series of one panel at one visit."""

    panel: str | None
    """A site; None: all sites together."""
    series: str
    """A knee, `treated`, `other` or `person`."""
    definition: str


@dataclass(frozen=True)
class Groups:
    """What the room of groups shows."""

    frame: Frame
    openings: tuple[Opening, ...]
    """Every ground on which this seat may look; none: not yet."""
    opening: Opening | None
    """The one chosen."""
    protocol: Protocol | None
    """The newest version; None: the study has none yet."""
    scales: tuple[ScaleChoice, ...]
    scale: ScaleChoice | None
    split: Split
    visits: tuple[VisitDefinition, ...]
    """Those that ask for the scale, in the protocol's order."""
    summaries: Mapping[GroupKey, Summary]
    participants: int
    """How many have at least one value."""
    undecided: int


async def read_groups(
    pool: asyncpg.Pool, context: ServiceContext, seat: Seat, asked: GroupsAsked
) -> Groups:
    """The chosen scale by visit, of the participants at the seat's sites whose scores it may see.

    Six statements, and one for each protocol version not read before.
    """
    async with at_desk(pool, seat, one_snapshot=True) as connection:
        frame = await read_frame(connection, seat.study_id)
        versions = await list_protocol_versions(connection, seat.study_id)
        protocol = None
        if versions:
            protocol = await context.reader.protocol(connection, seat.study_id, versions[0])
        gate = await _gate(connection, context, seat, frame, protocol)
        found = openings(gate, _names(seat), frame.now)
        chosen = next((one for one in found if asked.opening == opening_key(one)), None)
        opening = chosen or next(iter(found), None)
        # As an export of that instant is computed: by the plan that was in force then.
        as_of = frame.now if opening is None else opening.as_of
        rules = await read_rules(connection, context, seat.study_id, as_of)
        scales = scale_choices(protocol, context.catalogue.instruments)
        scale = next((one for one in scales if one.key == asked.scale), None)
        scale = scale or _first(scales, rules)
        scores: Sequence[SittingScore] = ()
        if opening is not None and scale is not None:
            wanted = (scale.instrument.id, scale.scored.code)
            scores = await list_group_scores(connection, seat.study_id, wanted, as_of)
    kept = counted(rules, scores)
    return Groups(
        frame,
        found,
        opening,
        protocol,
        scales,
        scale,
        asked.split,
        visits_of(protocol, scale),
        {} if scale is None else by_visit(kept.scores, scale, asked.split),
        len({one.participant_id for one in kept.scores}),
        kept.undecided,
    )


def opening_key(opening: Opening) -> str:
    """A ground on which groups are looked at, as an address names it."""
    return f"{opening.ground}/{opening.name}"


async def _gate(
    connection: Connection,
    context: ServiceContext,
    seat: Seat,
    frame: Frame,
    protocol: Protocol | None,
) -> Gate:
    plan = await context.reader.plan(connection, seat.study_id, frame.now)
    cuts = [Cut(one.name, one.cut_at) for one in await list_cuts(connection, seat.study_id)]
    foreseen = () if protocol is None else tuple(one.id for one in protocol.coming.data_cut)
    return Gate(frame.kind, cuts, foreseen, () if plan is None else plan.plan.looks)


def _names(seat: Seat) -> set[str]:
    return {seat.staff.login, *(str(one.role) for one in seat.staff.assignments)}


def scale_choices(
    protocol: Protocol | None, instruments: Mapping[str, Instrument]
) -> tuple[ScaleChoice, ...]:
    """Every scale of what the visits ask, in the order of asking."""
    visits = () if protocol is None else protocol.visits
    asked = dict.fromkeys(ask.instrument for visit in visits for ask in visit.asks)
    return tuple(
        ScaleChoice(instruments[one], scored)
        for one in asked
        if one in instruments
        for scored in instruments[one].results
    )


def _first(scales: Sequence[ScaleChoice], rules: EndpointRules) -> ScaleChoice | None:
    """The first scale the plan has a threshold of, else the first."""
    judged = {(name, one.scale) for one in rules.thresholds for name in one.instruments}
    ranked = sorted(scales, key=lambda one: (one.instrument.id, one.scored.code) not in judged)
    return next(iter(ranked), None)


def visits_of(protocol: Protocol | None, scale: ScaleChoice | None) -> tuple[VisitDefinition, ...]:
    """The visits that ask for a scale; extra ones, which have no day, are not among them."""
    if protocol is None or scale is None:
        return ()
    return tuple(
        visit
        for visit in protocol.visits
        if visit.kind != "unscheduled"
        and any(ask.instrument == scale.instrument.id for ask in visit.asks)
    )


def by_visit(
    scores: Iterable[SittingScore], scale: ScaleChoice, split: Split
) -> dict[GroupKey, Summary]:
    """Mean and spread of each series at each visit, on 0-100 where the scale has that."""
    values: dict[GroupKey, list[Fraction]] = defaultdict(list)
    for one in scores:
        value = one.normalised if scale.scored.normalisation == "0-100" else one.raw
        if value is not None:
            values[_key(one, split)].append(value)
    return summed_up(values)


def _key(one: SittingScore, split: Split) -> GroupKey:
    panel = one.site if split == "site" else None
    if one.target == "person":
        return GroupKey(panel, "person", one.definition)
    if split == "knee":
        return GroupKey(panel, one.target, one.definition)
    return GroupKey(panel, "treated" if one.treated else "other", one.definition)
