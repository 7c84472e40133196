"""A write document and the statement that takes it name the same lists, columns and types."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, NamedTuple, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import pytest

from pro_service.store.answering.answers import AnswersWrite
from pro_service.store.sql_files import Query, all_queries, sql_folder
from pro_service.store.writes import VisitDoneRow

COLUMNS = re.compile(
    r"jsonb_to_record(?:set)?\(\s*(?P<from>\w+(?:\s*->\s*'\w+')?)\s*\)\s+AS\s+\w+\s*\((?P<columns>[^)]*)\)"
)
USED = re.compile(r"\bd\s*->>?\s*'(\w+)'")
HANDED_ON = re.compile(r"\bpro\.(?P<function>\w+)\((?P<arguments>[^()]*\bd\s*->\s*'\w+'[^()]*)\)")
FUNCTION = re.compile(r"CREATE (?:OR REPLACE )?FUNCTION pro\.(\w+)\b(.*?)\$\$(.*?)\$\$", re.DOTALL)
SQL_TYPES: Mapping[type, str] = {
    UUID: "uuid",
    str: "text",
    bytes: "text",  # hex; the statement decodes it
    int: "integer",
    bool: "boolean",
    Decimal: "numeric",
    datetime: "timestamptz",
    date: "date",
    time: "time",
    dict: "jsonb",
    tuple: "text[]",
}


class Taken(NamedTuple):
    """What a statement takes: its keys, and the columns of those that are records."""

    keys: frozenset[str]
    columns: Mapping[str, Mapping[str, str]]


def functions() -> dict[str, str]:
    """The latest body of each SQL function, by name."""
    found: dict[str, str] = {}
    for path in sorted((sql_folder() / "migrations").glob("*.sql")):
        for name, _, body in FUNCTION.findall(path.read_text(encoding="utf-8")):
            found[name] = body
    return found


def columns_of(text: str) -> dict[str, str]:
    return dict(part.split(None, 1) for part in (one.strip() for one in text.split(",")) if part)


def taken(sql: str) -> Taken:
    """The keys and columns a statement reads from its document `d`."""
    columns: dict[str, dict[str, str]] = {}
    keys = set(USED.findall(sql))
    for match in COLUMNS.finditer(sql):
        key = "".join(re.findall(r"'(\w+)'", match["from"]))
        found = columns_of(match["columns"])
        if key:
            columns.setdefault(key, {}).update(found)
        else:  # The document is itself one record.
            keys |= set(found)
            columns.setdefault("", {}).update(found)
    bodies = functions()
    for call in HANDED_ON.finditer(sql):
        (key,) = re.findall(r"d\s*->\s*'(\w+)'", call["arguments"])
        for match in COLUMNS.finditer(bodies[call["function"]]):
            columns.setdefault(key, {}).update(columns_of(match["columns"]))
    return Taken(frozenset(keys), columns)


def document_of(query: Query) -> Any:
    """The class of the document a statement's function in the store takes."""
    module = importlib.import_module(f"pro_service.store.{query.place.replace('/', '.')}")
    # Its name alone: what a connection is cannot be looked up from every module.
    named = getattr(module, query.name).__annotations__["document"]
    kind = getattr(module, named, None)
    assert is_dataclass(kind), f"{query.place}.{query.name} takes no typed document"
    return kind


def plain(annotation: Any) -> Any:
    """The type without None and without what it holds; of an answer, the wider of its two."""
    if get_origin(annotation) in (UnionType, Union):
        kinds = {one for one in get_args(annotation) if one is not NoneType}
        (annotation,) = {Decimal} if kinds == {int, Decimal} else kinds
    return get_origin(annotation) or annotation


def types_of(record: Any) -> dict[str, str]:
    hints = get_type_hints(record)
    return {one.name: sql_type(plain(hints[one.name])) for one in fields(record)}


def sql_type(kind: Any) -> str:
    """What a field is in SQL: a document within a document is JSON."""
    return "jsonb" if is_dataclass(kind) else SQL_TYPES[kind]


def records_in(annotation: Any) -> list[Any]:
    """The record a document's list holds, or none."""
    return [one for one in (annotation, *get_args(annotation)) if is_dataclass(one)]


def hints_of(document: Any) -> dict[str, Any]:
    """A document's lists, and those of the documents that the rows of a list carry themselves."""
    hints = get_type_hints(document)
    for record in [one for hint in hints.values() for one in records_in(hint)]:
        for carried in get_type_hints(record).values():
            hints |= hints_of(carried) if is_dataclass(carried) else {}
    return hints


WRITES = [query for query in all_queries() if "write" in query.parameters]


@pytest.mark.parametrize("query", WRITES, ids=lambda query: f"{query.place}.{query.name}")
def test_a_document_says_what_its_statement_takes(query: Query) -> None:
    document = document_of(query)
    reads, hints = taken(query.sql), hints_of(document)
    assert set(hints) == reads.keys
    for name, annotation in hints.items():
        held = records_in(annotation)
        if held:
            assert types_of(held[0]) == reads.columns[name], name
    if "" in reads.columns:
        own = types_of(document)
        assert {name: own[name] for name in reads.columns[""]} == reads.columns[""]


def test_a_misspelt_list_or_column_cannot_be_written() -> None:
    """mypy refuses it before it runs; run all the same, it raises before anything is written."""
    document: Any = AnswersWrite
    row: Any = VisitDoneRow
    with pytest.raises(TypeError, match="respones"):
        document(respones=[])
    with pytest.raises(AttributeError, match="respones"):
        document().respones += []
    with pytest.raises(TypeError, match="reasn"):
        row(visit_id=UUID(int=1), reasn="answered")


def test_services_pass_no_loose_documents() -> None:
    services = Path(importlib.import_module("pro_service.services").__file__ or "").parent
    loose = [
        f"{path.relative_to(services)}:{number}"
        for path in sorted(services.rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if "dict[str, Any]" in line
    ]
    assert loose == []
