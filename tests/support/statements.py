"""Counting what is said to the database: the named statements of `sql/queries`, in order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest

from pro_service.store.sql_files import all_queries

_NAMES = {query.sql: query.name for query in all_queries()}
_METHODS = ("fetch", "fetchrow", "fetchval", "execute")


@contextmanager
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names of all statements run meanwhile, on every connection of this process."""
    said: list[str] = []

    def counted(method: Any) -> Any:
        async def run(self: Any, query: str, *args: Any, **kwargs: Any) -> Any:
            if query in _NAMES:
                said.append(_NAMES[query])
            return await method(self, query, *args, **kwargs)

        return run

    with monkeypatch.context() as patched:
        for name in _METHODS:
            patched.setattr(asyncpg.Connection, name, counted(getattr(asyncpg.Connection, name)))
        yield said
