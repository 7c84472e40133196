"""Whom an urgent alert is told to now, by the protocol's steps, until an investigator assessed it.

The steps make a ladder. It begins when the alert is raised; anew when the time of whoever took it
is over, and when all were told and nobody took it. A notice whose fate is unknown is told again,
once; then, and where a step reaches nobody at all, the next step does not wait for its minutes.
All instants are UTC study time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.study.coming import Escalation, EscalationStep
from pro_service.domain.study.duty.coverage import FIRST, Stretch
from pro_service.domain.study.permissions import Role

MOST_TRIES: Final = 2
"""How often one person is told at one step where nobody knows whether it arrived."""
DEPUTY: Final = "deputy"


class NoticeState(StrEnum):
    """How far a notice has come."""

    claimed = "claimed"
    """It is being sent."""
    sent = "sent"
    """A server has taken it."""
    refused = "refused"
    """It was certainly not taken."""
    ambiguous = "ambiguous"
    """It may have been taken, or not."""


class Told(NamedTuple):
    """One notice of an alert."""

    person: UUID
    ladder_at: datetime
    step: int
    try_: int
    made_at: datetime
    state: NoticeState


class AlertClock(NamedTuple):
    """What tells who is to be told of an alert now."""

    now: datetime
    raised_at: datetime
    held_until: datetime | None
    """Until when whoever took it last holds the next step back."""
    told: Sequence[Told]


class DueNotice(NamedTuple):
    """Somebody to be told now."""

    person: UUID
    ladder_at: datetime
    step: int
    try_: int


class Reachable(NamedTuple):
    """Somebody who may be told, with their roles at the site and in the whole study."""

    person: UUID
    roles: Collection[str]
    wide_roles: Collection[str]


def people_of_step(
    step: EscalationStep, duty: Sequence[Stretch], staff: Sequence[Reachable]
) -> list[UUID]:
    """Whom a step means: a role of the study, the deputies on duty, a role on duty, or who is.

    Outside the site a name that is no role means everybody with a role in the whole study. At the
    site it means whoever is on duty first; `deputy` those who are told after them.
    """
    known = {one.person: one for one in staff}
    role = step.tell if step.tell in Role.__members__ else None
    if step.outside_the_site:
        wide = [one for one in staff if one.wide_roles]
        return [one.person for one in wide if role is None or role in one.wide_roles]
    there = [one for one in duty if one.person in known]
    if step.tell == DEPUTY:
        return [one.person for one in there if one.rank not in FIRST]
    if role is not None:
        return [one.person for one in there if role in known[one.person].roles]
    return [one.person for one in there if one.rank in FIRST]


def notices_due(
    escalation: Escalation, alert: AlertClock, people: Callable[[EscalationStep], Sequence[UUID]]
) -> list[DueNotice]:
    """Who is to be told of an alert now."""
    if alert.held_until is not None and alert.held_until > alert.now:
        return []
    starts = [alert.raised_at, *(one.ladder_at for one in alert.told)]
    if alert.held_until is not None:
        starts.append(alert.held_until)
    ladder_at = max(starts)
    told = [one for one in alert.told if one.ladder_at == ladder_at]
    due, over = _climb(escalation, ladder_at, told, alert.now, people)
    if not over or not told:
        return due
    # All were told in vain: the ladder begins anew.
    ladder_at = max(one.made_at for one in told) + timedelta(minutes=escalation.hold_minutes)
    return [] if ladder_at > alert.now else _climb(escalation, ladder_at, (), alert.now, people)[0]


def _climb(
    escalation: Escalation,
    ladder_at: datetime,
    told: Sequence[Told],
    now: datetime,
    people: Callable[[EscalationStep], Sequence[UUID]],
) -> tuple[list[DueNotice], bool]:
    """Who is due on one ladder, and whether nothing more is to be done on it."""
    due: list[DueNotice] = []
    in_vain = False
    for number, step in enumerate(escalation.steps):
        if not in_vain and ladder_at + timedelta(minutes=step.after_minutes) > now:
            return due, False
        under_way = reached = False
        for person in people(step):
            mine = [one for one in told if (one.step, one.person) == (number, person)]
            last = max(mine, key=lambda one: one.try_, default=None)
            if last is None or (
                last.state in (NoticeState.refused, NoticeState.ambiguous)
                and last.try_ < MOST_TRIES
            ):
                due.append(DueNotice(person, ladder_at, number, len(mine) + 1))
                under_way = True
            under_way |= last is not None and last.state is NoticeState.claimed
            reached |= last is not None and last.state is NoticeState.sent
        if under_way:
            return due, False
        in_vain = not reached
    return due, True
