"""Rows into typed records: each column goes to the field of its name, wherever it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from decimal import Decimal
from functools import cache, lru_cache, partial
from operator import itemgetter
from typing import Any, TypeVar

import asyncpg

from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.numbers import Value, plain

T = TypeVar("T")


class MisnamedRowError(ProServiceError):
    """A query's columns are not the fields of what its rows are to become."""


def row_of(kind: Callable[..., T], row: Mapping[str, Any], /, **converted: Any) -> T:
    """Make a named tuple or a dataclass of a row, by name.

    `converted` holds the fields whose values are not as the database gives them. Raises
    MisnamedRowError unless every field is given once and every column is a field.
    """
    values = {**row, **converted}
    named = names_of(kind)
    if values.keys() != named:
        missing, surplus = sorted(named - values.keys()), sorted(values.keys() - named)
        raise MisnamedRowError(
            f"{getattr(kind, '__name__', kind)}: missing {missing}, surplus {surplus}."
        )
    return kind(**values)


def parts_of(row: Mapping[str, Any]) -> dict[str, dict[str, Any] | None]:
    """A row of several things, its columns `thing.field`; None for what its first column lacks."""
    parts: dict[str, dict[str, Any]] = {}
    for key, cell in row.items():
        name, _, field = key.partition(".")
        parts.setdefault(name, {})[field] = cell
    return {
        name: None if next(iter(part.values())) is None else part for name, part in parts.items()
    }


@lru_cache(maxsize=1_024)
def answer(found: Decimal | float | None) -> Value | None:
    """An answer as a column gives it (numeric), or JSON (a number of it); None stays none.

    Few numbers are given again and again.
    """
    if found is None:
        return None
    return plain(found if isinstance(found, int | Decimal) else Decimal(repr(found)))


def rows_of(
    kind: Callable[..., T], rows: Sequence[asyncpg.Record], **read: Callable[[Any], Any]
) -> list[T]:
    """Make named tuples of many rows of one statement, by name; the names are compared once.

    `read` makes what a field holds of what its column gives. Raises MisnamedRowError as `row_of`
    does.
    """
    if not rows:
        return []
    row_of(kind, rows[0])
    there = list(rows[0].keys())
    fields_of_kind: tuple[str, ...] = vars(kind)["_fields"]
    in_order: Callable[[Any], Any] = itemgetter(*(there.index(name) for name in fields_of_kind))
    if there == list(fields_of_kind):
        in_order = tuple
    # A tuple is made a named one at once: by the kind's own call each field would be handed over.
    new: Any = tuple.__new__
    make: Callable[[Any], T] = partial(new, kind)
    if not read:
        return list(map(make, rows if in_order is tuple else map(in_order, rows)))
    places = [(fields_of_kind.index(name), how) for name, how in read.items()]
    found = []
    for row in rows:
        cells = list(in_order(row))
        for place, how in places:
            cells[place] = how(cells[place])
        found.append(make(cells))
    return found


@cache
def names_of(kind: Callable[..., object]) -> frozenset[str]:
    """The names of a record's fields; one with a default is asked for like the rest."""
    if isinstance(kind, type) and is_dataclass(kind):
        return frozenset(field.name for field in fields(kind))
    return frozenset(vars(kind)["_fields"])
