"""Identifiers: UUIDv7, made in Python so that a row's id is known before it is written."""

from __future__ import annotations

from uuid import UUID

from uuid_utils import compat


def new_id() -> UUID:
    """A fresh UUIDv7. Ids made by one process sort in the order they were made."""
    made: UUID = compat.uuid7()
    return made
