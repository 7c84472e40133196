"""Counting what is said to the database: the named statements of `sql/queries`, in order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import asyncpg
import pytest

from pro_service.store.sql_files import STEP, Query, all_queries, together

_NAMES = {query.sql: query.name for query in all_queries()}


def stepped() -> Iterator[Query]:
    """The statements of which steps may be left out, and what two of them are together."""
    named = {query.name: query for query in all_queries() if STEP.search(query.sql)}
    yield from named.values()
    turn, text = named["record_answers"], named["record_inbound"]
    guarded = (*turn.parameters, "text")
    yield Query(text.place, "record_text", together(turn.sql, text.sql), text.purpose, guarded)


_STEPPED = {frozenset(query.sql.splitlines()): query.name for query in stepped()}
_METHODS = ("fetch", "fetchrow", "fetchval", "execute")


@cache
def name_of(sql: str) -> str | None:
    """The name of a statement, whole or without the steps it was not asked for; None: not ours."""
    lines = frozenset(sql.splitlines()) - {")"}
    parts = (name for whole, name in _STEPPED.items() if lines <= whole)
    return _NAMES.get(sql) or next(parts, None)


@contextmanager
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names of all statements run meanwhile, on every connection of this process."""
    said: list[str] = []

    def counted(method: Any) -> Any:
        async def run(self: Any, query: str, *args: Any, **kwargs: Any) -> Any:
            name = name_of(query)
            if name is not None:
                said.append(name)
            return await method(self, query, *args, **kwargs)

        return run

    with monkeypatch.context() as patched:
        for name in _METHODS:
            patched.setattr(asyncpg.Connection, name, counted(getattr(asyncpg.Connection, name)))
        yield said
