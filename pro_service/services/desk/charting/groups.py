"""Scores of groups by visit, once they may be looked at (R20), for who may see scores (R6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal, NamedTuple, get_args
from uuid import UUID

import asyncpg

from pro_service.domain.endpoints.groups import SittingScore, Summary, counted, summed_up
from pro_service.domain.endpoints.looking import Opening, openings
from pro_service.domain.endpoints.rules import EndpointRules
from pro_service.domain.instruments.model import Instrument, Scale, Total
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.protocol import Protocol, VisitDefinition
from pro_service.services.base.context import ServiceContext
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.charting.course import read_rules
from pro_service.services.desk.seat import NotAllowedError, Seat, at_desk
from pro_service.services.desk.today import read_frame
from pro_service.services.desk.unblinding import show_allocations
from pro_service.services.measuring import read_gate
from pro_service.store.charting.groups import list_group_scores
from pro_service.store.desk.frame import Frame
from pro_service.store.desk.people import list_protocol_versions
from pro_service.store.measuring.keeping import list_measured_people

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
    """A knee, `treated`, `other` or `person`; or an arm."""
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
    arms: tuple[str, ...] = ()
    """What the series are called where they are divided by allocation, in order."""


async def read_by_arm(hands: Hands, asked: GroupsAsked) -> Groups:
    """The same by who was given what, for who may see groups and holds the allocation.

    That the arms were opened is recorded, as wherever they are shown; while groups may not be
    looked at nothing is opened. Raises NotAllowedError.
    """
    seat = hands.seat
    if not seat.may_anywhere(Action.see_groups):
        raise NotAllowedError
    found = await read_groups(hands.desk, hands.context, seat, asked)
    if found.opening is None:
        return found
    arms = {one.code: one.arm for one in await show_allocations(hands)}
    async with at_desk(hands.desk, seat) as connection:
        people = await list_measured_people(connection, seat.study_id, list(arms))
    of_person = {one.participant_id: arms[code] for code, one in people.items()}
    return await read_groups(hands.desk, hands.context, seat, asked, of_person)


async def read_groups(
    pool: asyncpg.Pool,
    context: ServiceContext,
    seat: Seat,
    asked: GroupsAsked,
    arms: Mapping[UUID, str] | None = None,
) -> Groups:
    """The chosen scale by visit, of the participants at the seat's sites whose scores it may see;
    by their `arms` where these are given.

    Six statements, and one for each protocol version not read before.
    """
    async with at_desk(pool, seat, one_snapshot=True) as connection:
        frame = await read_frame(connection, seat.study_id)
        versions = await list_protocol_versions(connection, seat.study_id)
        protocol = None
        if versions:
            protocol = await context.reader.protocol(connection, seat.study_id, versions[0])
        gate = await read_gate(
            connection,
            context,
            seat.study_id,
            kind=frame.kind,
            now=frame.now,
            protocol=protocol,
        )
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
        {} if scale is None else by_visit(kept.scores, scale, asked.split, arms),
        len({one.participant_id for one in kept.scores}),
        kept.undecided,
        () if arms is None else tuple(sorted(set(arms.values()))),
    )


def opening_key(opening: Opening) -> str:
    """A ground on which groups are looked at, as an address names it."""
    return f"{opening.ground}/{opening.name}"


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
    scores: Iterable[SittingScore],
    scale: ScaleChoice,
    split: Split,
    arms: Mapping[UUID, str] | None = None,
) -> dict[GroupKey, Summary]:
    """Mean and spread of each series at each visit, on 0-100 where the scale has that; by arm of
    treated knees and persons alone."""
    values: dict[GroupKey, list[Fraction]] = defaultdict(list)
    for one in scores:
        value = one.normalised if scale.scored.normalisation == "0-100" else one.raw
        key = _key(one, split) if arms is None else _arm_key(one, arms)
        if value is not None and key is not None:
            values[key].append(value)
    return summed_up(values)


def _arm_key(one: SittingScore, arms: Mapping[UUID, str]) -> GroupKey | None:
    """The arm a score counts to; None: to none that is known, or it is of a knee left alone."""
    arm = arms.get(one.participant_id)
    if arm is None or not (one.treated or one.target == "person"):
        return None
    return GroupKey(None, arm, one.definition)


def _key(one: SittingScore, split: Split) -> GroupKey:
    panel = one.site if split == "site" else None
    if one.target == "person":
        return GroupKey(panel, "person", one.definition)
    if split == "knee":
        return GroupKey(panel, one.target, one.definition)
    return GroupKey(panel, "treated" if one.treated else "other", one.definition)
