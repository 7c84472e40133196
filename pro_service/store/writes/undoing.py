"""Rows of what staff take back."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class UndoneRow:
    """Something staff did and take back."""

    id: UUID
    kind: str
    of_id: UUID
    """The settlement, the alert or the call task."""
    actor: str


@dataclass(frozen=True, kw_only=True)
class ReopenedCallRow:
    """A call that was over and is to be made again; `call_id` is the task that was closed."""

    id: UUID
    call_id: UUID
    actor: str
