"""Queues in which tries at a door wait: how they are written for the database. Machine time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple


class Queue(NamedTuple):
    """A queue of tries: at whose name, from where, or everybody's; and how fast it moves."""

    what: str
    who_sha256: bytes
    pace: timedelta
    """One try each so often..."""
    at_once: int
    """...after so many that need not wait."""
    longest: timedelta
    """Whoever would wait longer is sent away."""
    fresh: timedelta = timedelta(0)
    """So much longer may somebody wait who was not in the first of the queues for an hour."""


class Place(NamedTuple):
    """A place in the queues: the wait until it is due; None, and when to ask again, if too long."""

    wait: timedelta | None
    again: timedelta | None


Columns = tuple[
    list[str], list[bytes], list[timedelta], list[timedelta], list[timedelta], list[timedelta]
]


def columns_of(queues: Sequence[Queue]) -> Columns:
    """What the database's functions take: names, keys, paces, bursts, and the waits."""
    return (
        [one.what for one in queues],
        [one.who_sha256 for one in queues],
        [one.pace for one in queues],
        [one.pace * (one.at_once - 1) for one in queues],
        [one.longest for one in queues],
        [one.fresh for one in queues],
    )
