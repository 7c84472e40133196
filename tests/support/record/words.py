"""Looking for words in the clear: in every column of every table, whatever its type."""

from __future__ import annotations

from collections.abc import Iterable

import asyncpg

from pro_service.services.base.context import ServiceContext
from pro_service.services.base.notes import noted_in, open_note
from pro_service.store.notes import NoteSeen
from pro_service.store.rows import row_of

_COLUMNS = """
    SELECT c.relname AS table_name, a.attname AS column_name, a.atttypid = 'bytea'::regtype AS bytes
    FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'pro'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
      AND a.atttypid IN ('text'::regtype, 'text[]'::regtype, 'json'::regtype, 'jsonb'::regtype,
                         'bytea'::regtype, 'varchar'::regtype, 'name'::regtype)
    ORDER BY 1, 2
"""


async def places_of(
    connection: asyncpg.Connection[asyncpg.Record], words: Iterable[str]
) -> dict[str, str]:
    """By table and column, one of the words that stands there; bytes are looked through too."""
    wanted = list(words)
    found: dict[str, str] = {}
    for table, column, is_bytes in await connection.fetch(_COLUMNS):
        here = f"x.{column}" if is_bytes else f"x.{column}::text"
        sought = "convert_to(w, 'UTF8')" if is_bytes else "w"
        hit = await connection.fetchval(
            f"SELECT w FROM pro.{table} AS x, unnest($1::text[]) AS w"
            f" WHERE position({sought} IN {here}) > 0 LIMIT 1",
            wanted,
        )
        if hit is not None:
            found[f"{table}.{column}"] = hit
    return found


async def spoken(
    connection: asyncpg.Connection[asyncpg.Record], context: ServiceContext, text: str
) -> str:
    """A text of the record with its note opened; it must refer to one."""
    note_id = noted_in(text)
    assert note_id is not None, text
    row = await connection.fetchrow(
        "SELECT n.id, n.words_sealed, n.words_key, k.id AS key_id, k.wrapped, k.wrapping_key"
        " FROM pro.notes AS n JOIN pro.data_keys AS k"
        " ON k.study_id = n.study_id AND k.participant_id = n.participant_id WHERE n.id = $1",
        note_id,
    )
    assert row is not None, text
    words = open_note(context.keys.vault, row_of(NoteSeen, row))
    assert words is not None
    return text.replace(f"note:{note_id}", words)
