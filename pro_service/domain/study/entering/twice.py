"""Paper typed a second time, unseen, by another person (rule R11 of the trial)."""

from __future__ import annotations

from typing import NamedTuple

from pro_service.domain.instruments.numbers import Value


class Marked(NamedTuple):
    """What somebody read on a paper: a value, or the kind of gap it is."""

    value: Value | None
    gap: str | None


def differs(first: Marked, second: Marked) -> bool:
    """Tell whether two readings of the same question have to be settled.

    A gap of another kind is another reading: what is not legible to one may be a value to another.
    """
    return first != second


def may_type_again(typed_by: str, types: str) -> bool:
    """Tell whether somebody may type it the second time: never who did the first."""
    return typed_by != types
