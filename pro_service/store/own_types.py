"""What PostgreSQL tells of its own array types, asked once a process.

asyncpg asks each new connection anew, by a query that costs more than most of ours.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, NamedTuple

import asyncpg

OWN_BELOW: Final = 10_000
"""PostgreSQL's own types have oids below, given by hand: the same in every version and database."""
_known: dict[int, Mapping[str, Any]] = {}


class NotAsked(NamedTuple):
    """In place of the statement that asks for types: no unnamed statement was put away for it."""

    name: str = "not asked"


def recall_types(oids: Collection[int]) -> list[Mapping[str, Any]] | None:
    """What was told of these types, or None where one of them has to be asked for."""
    if not _known.keys() >= set(oids):
        return None
    return [_known[oid] for oid in oids]


def keep_types(told: Iterable[asyncpg.Record]) -> None:
    """Remember what was told of arrays of PostgreSQL's own: their elements asyncpg knows itself."""
    for one in told:
        if one["oid"] < OWN_BELOW and one["elemtype"]:
            _known[one["oid"]] = one
