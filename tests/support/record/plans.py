"""Plans of prepared statements, with what running them touched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import is_dataclass
from typing import Any

import asyncpg

from pro_service.store.pools import encode_json


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


async def explain(
    connection: asyncpg.Connection, sql: str, values: Sequence[Any], planning: str
) -> dict[str, Any]:
    """The plan of a prepared statement with what running it touched; its writes are undone."""
    arguments = f"({', '.join(literal(value) for value in values)})" if values else ""
    explained = "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE planned" + arguments
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(f"SET LOCAL plan_cache_mode = {planning}")
        await connection.execute(f"PREPARE planned AS {sql}")
        # Once before it counts, and undone: a fresh connection also reads the catalogue.
        await connection.execute("SAVEPOINT fresh")
        await connection.execute(explained)
        await connection.execute("ROLLBACK TO SAVEPOINT fresh")
        plan: dict[str, Any] = (await connection.fetchval(explained))[0]
        return plan
    finally:
        await transaction.rollback()
        await connection.execute("DEALLOCATE ALL")


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every node of a plan."""
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def pages_touched(plan: dict[str, Any]) -> int:
    """Pages read; what a writing CTE reads is not part of its statement's own count."""
    counted = [plan, *(n for n in nodes(plan) if n["Node Type"] == "ModifyTable" and n is not plan)]
    total: int = sum(n["Shared Hit Blocks"] + n["Shared Read Blocks"] for n in counted)
    return total


async def rows_of_tables(connection: asyncpg.Connection) -> dict[str, float]:
    """How many rows each table has, as the planner thinks."""
    rows = await connection.fetch(
        "SELECT relname, reltuples FROM pg_class WHERE relnamespace = 'pro'::regnamespace"
    )
    return {row["relname"]: row["reltuples"] for row in rows}
