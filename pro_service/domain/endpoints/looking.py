"""When groups may be looked at before the end (R20): one gate for group charts and `correlate`.

Not before a named data cut, and then as of its instant; except on data that are nobody's (demo,
validation), and where the analysis plan names a look and by whom. ICH E6(R3) 3.16.1(q)(r).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple

from pro_service.domain.endpoints.plan import Look

NOBODYS: Final = frozenset({"demo", "validation"})
"""Kinds of databases whose participants do not exist."""


class Cut(NamedTuple):
    """A data cut that was made: its name, and its instant (study time, UTC)."""

    name: str
    at: datetime


class Opening(NamedTuple):
    """That groups may be looked at, as of which instant (study time, UTC), and on what ground."""

    ground: Literal["nobodys", "look", "cut"]
    name: str
    """Of the cut, or of the plan's look; of data that are nobody's the kind of database."""
    as_of: datetime


class Gate(NamedTuple):
    """What decides whether groups may be looked at."""

    kind: str | None
    """What the database is for."""
    cuts: Sequence[Cut]
    """Those that were made."""
    foreseen: Collection[str]
    """Names of the cuts the protocol foresees; where it foresees any, no other opens groups."""
    looks: Sequence[Look]
    """Of the analysis plan in force."""


def openings(gate: Gate, names: Collection[str], now: datetime) -> tuple[Opening, ...]:
    """Every way by which groups may be looked at, that of the present first; none: not yet.

    `names` are those of who looks: the login and the roles held, as a plan's `by` may name them
    ("data manager" for a role of that name). Of cuts the latest comes first.
    """
    found: list[Opening] = []
    if gate.kind in NOBODYS:
        found.append(Opening("nobodys", str(gate.kind), now))
    mine = {_plain(name) for name in names}
    found += [
        Opening("look", look.id, now)
        for look in gate.looks
        if mine & {_plain(name) for name in look.by}
    ]
    cuts = [one for one in gate.cuts if not gate.foreseen or one.name in gate.foreseen]
    found += [
        Opening("cut", one.name, one.at) for one in sorted(cuts, key=lambda one: one.at)[::-1]
    ]
    return tuple(found)


def _plain(name: str) -> str:
    return name.strip().casefold().replace("_", " ")
