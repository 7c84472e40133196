"""Identifiers: UUIDv7, made in Python so that a row's id is known before it is written."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from uuid_utils import compat


def new_id() -> UUID:
    """A fresh UUIDv7. Ids made by one process sort in the order they were made."""
    made: UUID = compat.uuid7()
    return made


def first_at(instant: datetime) -> UUID:
    """What every id of ours sorts after that was made at an instant or later."""
    return UUID(int=int(instant.timestamp() * 1000) << 80)


def made_at(an_id: UUID) -> datetime:
    """When an id of ours was made, by the machine's clock, to the millisecond."""
    return datetime.fromtimestamp((an_id.int >> 80) / 1000, UTC)
