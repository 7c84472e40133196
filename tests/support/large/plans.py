"""How a query is planned on a large study, as the role that runs it, and how many pages it touches.

Each is planned both ways PostgreSQL may plan a prepared statement: for the values given, and for
any values. The bounds are pages read (8 kB each, in memory or not), several times what was seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, is_dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from pro_service.store.pools import connect, encode_json
from pro_service.store.sql_files import load_queries

SMALL_TABLE: Final = 1_000
"""Reading a whole table of fewer rows is no fault."""
PLANNING: Final = ("force_custom_plan", "force_generic_plan")


@dataclass(frozen=True)
class Case:
    """A query, the role that runs it, its values by name, and the pages it may touch."""

    place: str
    name: str
    role: str
    pages: int
    values: tuple[Any, ...] = field(default=())
    but: frozenset[str] = frozenset()
    """Tables of which a batch is so large a part here that they are rightly read whole."""

    @property
    def label(self) -> str:
        return f"{self.place}.{self.name}"


@dataclass(frozen=True)
class Of:
    """A value of the loaded study, by its name in Values."""

    name: str


def literal(value: Any) -> str:
    """A value as SQL text; its type is what the prepared statement says."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'"
    if isinstance(value, list) and not isinstance(value[0], dict | list):
        kinds = {bytes: "bytea", UUID: "uuid", int: "bigint", datetime: "timestamptz"}
        kind = next((kinds[one] for one in kinds if isinstance(value[0], one)), "text")
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


@dataclass(frozen=True)
class Judged:
    """What running one case showed."""

    touched: int
    read_whole: frozenset[str]
    rows: float

    def fault(self, case: Case) -> str | None:
        """What is wrong with it, if anything is."""
        if self.read_whole - case.but:
            return f"reads whole tables: {sorted(self.read_whole - case.but)}"
        if self.touched > case.pages:
            return f"touches {self.touched} pages"
        return None if self.rows else "found nothing, so its plan proves nothing"


async def judge(url: str, case: Case, values: Sequence[Any], planning: str) -> Judged:
    """Run a case, and undo what it wrote."""
    connection = await connect(url, role=case.role, actor="test:plans")
    try:
        sql = load_queries(case.place)[case.name]
        explained = await explain(connection, sql, values, planning)
        sizes = await rows_of_tables(connection)
    finally:
        await connection.close()
    plan: dict[str, Any] = explained["Plan"]
    read_whole = {
        node["Relation Name"]
        for node in nodes(plan)
        if node["Node Type"] == "Seq Scan" and sizes.get(node["Relation Name"], 0) > SMALL_TABLE
    }
    return Judged(pages_touched(plan), frozenset(read_whole), plan["Actual Rows"])


async def faults(url: str, cases: Iterable[Case], known: object) -> list[str]:
    """What is wrong with any of these, planned both ways; `known` has the values named by Of.

    In one test, for the large study is loaded once for each process that runs any.
    """
    found = []
    for case in cases:
        values = [getattr(known, v.name) if isinstance(v, Of) else v for v in case.values]
        for planning in PLANNING:
            judged = await judge(url, case, values, planning)
            print(f"{case.label} as {case.role}, {planning}: {judged.touched} pages")
            fault = judged.fault(case)
            found += [] if fault is None else [f"{case.label} as {case.role}, {planning}: {fault}"]
    return found
