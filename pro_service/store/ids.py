"""Identifiers: UUIDv7, made in Python so that a row's id is known before it is written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from uuid_utils import compat

_BELOW_TIME: Final = (1 << 80) - 1


class _Floor:
    """The millisecond of the latest id there is, where the machine's clock is behind it."""

    at: int = 0


def new_id() -> UUID:
    """A fresh UUIDv7. Ids made by one process sort in the order they were made."""
    made: UUID = compat.uuid7()
    if made.int >> 80 > _Floor.at:
        return made
    _Floor.at += 1
    return UUID(int=_Floor.at << 80 | made.int & _BELOW_TIME)


def make_behind(at: datetime) -> None:
    """Make ids that sort behind `at`, though the machine's clock may have gone back since.

    What is the latest is told by its id. A process that goes on keeps its order by itself.
    """
    _Floor.at = max(_Floor.at, int(at.timestamp() * 1000))


def first_at(instant: datetime) -> UUID:
    """What every id of ours sorts after that was made at an instant or later."""
    return UUID(int=int(instant.timestamp() * 1000) << 80)


def made_at(an_id: UUID) -> datetime:
    """When an id of ours was made, by the machine's clock, to the millisecond."""
    return datetime.fromtimestamp((an_id.int >> 80) / 1000, UTC)
