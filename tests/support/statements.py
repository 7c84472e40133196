"""What is said to the database: the named statements of `sql/queries`, and values as SQL text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import is_dataclass
from typing import Any

import asyncpg
import pytest

from pro_service.store.pools import encode_json
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


def literal(value: Any) -> str:
    """A value as SQL text; its type is what the prepared statement says."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'"
    if isinstance(value, list) and not isinstance(value[0], dict):
        kind = "bytea" if isinstance(value[0], bytes) else "uuid"
        return f"ARRAY[{', '.join(map(literal, value))}]::{kind}[]"
    if isinstance(value, int | float):
        return str(value)
    is_document = isinstance(value, dict | list) or is_dataclass(value)
    text = encode_json(value) if is_document else str(value)
    return "'" + text.replace("'", "''") + "'"
