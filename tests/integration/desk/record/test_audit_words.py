"""Everything the audit may say has words in both languages: kinds of rows, columns, and codes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, get_args
from zoneinfo import ZoneInfo

import asyncpg

from pro_service.domain.study.calls import CallReason
from pro_service.domain.study.reaching.call_outcomes import CallOutcome
from pro_service.services.desk.entering.correcting import CORRECTED
from pro_service.services.record.reading import AuditEntry, Whence
from pro_service.services.record.things import COLUMNS, THINGS
from pro_service.store.base.data_out import What
from pro_service.texts.catalogue import load_texts
from pro_service.web.desk.record.rows import Around, reason_said, said
from pro_service.web.desk.words import Words

CHECKS: Final = """
    SELECT c.relname AS kind, a.attname AS name, pg_get_constraintdef(k.oid) AS rule
    FROM pg_constraint AS k
    JOIN pg_class AS c ON c.oid = k.conrelid AND c.relnamespace = 'pro'::regnamespace
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = ANY (k.conkey)
    WHERE k.contype = 'c' AND cardinality(k.conkey) = 1
"""
AUDITED: Final = """
    SELECT DISTINCT c.relname AS kind
    FROM pg_trigger AS t
    JOIN pg_class AS c ON c.oid = t.tgrelid AND c.relnamespace = 'pro'::regnamespace
    WHERE t.tgname = 'audit_insert'
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


async def test_every_kind_of_row_that_is_audited_has_a_name(owner: asyncpg.Connection) -> None:
    kinds = {row["kind"] for row in await owner.fetch(AUDITED)}
    assert kinds >= COLUMNS.keys()
    texts = load_texts("desk")
    for language in ("en", "zh_CN"):
        keys = texts.keys(language)
        assert {one for one in kinds if f"desk.thing.{one}" not in keys} == set(), language


def test_a_reason_that_is_a_code_is_said_in_words() -> None:
    chinese = Words(load_texts("desk"), "zh_CN", {})
    codes = [("call_tasks", one) for one in CallReason] + [("responses", CORRECTED)]
    bare = [pair for pair in codes if not HAN.search(reason_said(chinese, entry(*pair)))]
    assert bare == []
    # What somebody wrote stays as it was written.
    assert reason_said(chinese, entry("call_tasks", "rang twice")) == "rang twice"


def test_what_a_provider_says_of_a_text_is_said_in_words() -> None:
    chinese = Around(Words(load_texts("desk"), "zh_CN", {}), ZoneInfo("UTC"), {}, {})
    for one in ("sent", "delivered", "undelivered", "failed"):
        assert HAN.search(said(chinese, "delivery_receipts", "provider_status", one)), one


def test_what_came_of_a_call_is_said_in_words_with_the_note_as_it_was_written() -> None:
    chinese = Around(Words(load_texts("desk"), "zh_CN", {}), ZoneInfo("UTC"), {}, {})
    told = said(chinese, "call_tasks", "outcome", "no_answer: rang twice")
    assert "no_answer" not in told
    assert told.endswith(": rang twice")
    assert all(HAN.search(said(chinese, "call_tasks", "outcome", one)) for one in CallOutcome)


def entry(kind: str, reason: str) -> AuditEntry:
    """An entry of a kind of row, written for a reason."""
    at = datetime(2026, 1, 5, tzinfo=UTC)
    return AuditEntry(1, at, kind, "INSERT", "service", Whence.job, reason, False, (), 0)
