"""Everything the audit may say has words in both languages: kinds of rows, columns, and codes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, get_args
from zoneinfo import ZoneInfo

import asyncpg

from pro_service.services.record.things import COLUMNS, THINGS
from pro_service.store.base.data_out import What
from pro_service.texts.catalogue import load_texts
from pro_service.web.desk.record.rows import Around, said
from pro_service.web.desk.words import Words

CHECKS: Final = """
    SELECT c.relname AS kind, a.attname AS name, pg_get_constraintdef(k.oid) AS rule
    FROM pg_constraint AS k
    JOIN pg_class AS c ON c.oid = k.conrelid AND c.relnamespace = 'pro'::regnamespace
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = ANY (k.conkey)
    WHERE k.contype = 'c' AND cardinality(k.conkey) = 1
"""
CODE: Final = re.compile(r"'(\w[\w ]*)'::text")
NO_WORDS: Final = {"country", "language"}
"""Codes everybody reads as they are."""
HAN: Final = re.compile(r"[\u4e00-\u9fff]")


async def codes(owner: asyncpg.Connection) -> Iterator[tuple[str, str, str]]:
    """Each kind of row, column of it and code that the database lets stand there."""
    rows = await owner.fetch(CHECKS)
    taken = [("data_out", "what", one) for one in get_args(What)]
    return iter(
        [
            (row["kind"], row["name"], code)
            for row in rows
            if row["name"] in COLUMNS.get(row["kind"], ()) and row["name"] not in NO_WORDS
            for code in CODE.findall(row["rule"])
        ]
        + taken
    )


async def test_every_word_of_the_audit_has_both_languages(owner: asyncpg.Connection) -> None:
    texts = load_texts("desk")
    columns = {one for of_kind in COLUMNS.values() for one in of_kind}
    wanted = {
        *(f"desk.thing.{one}" for one in COLUMNS),
        *(f"desk.audit_col.{one}" for one in columns),
        *(f"desk.audit.group_{one}" for one in THINGS),
    }
    for language in ("en", "zh_CN"):
        assert wanted <= texts.keys(language), language
    # What is in one catalogue is in the other: another test.
    chinese = Around(Words(texts, "zh_CN", {}), ZoneInfo("UTC"), {}, {})
    bare = [
        (kind, name, code)
        for kind, name, code in await codes(owner)
        if not HAN.search(said(chinese, kind, name, code))
    ]
    assert bare == []
