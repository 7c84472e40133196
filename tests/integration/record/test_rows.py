"""What a query names its columns is what the record made of its rows names its fields."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import asyncpg

import pro_service.store
from pro_service.store.rows import names_of
from pro_service.store.sql_files import load_queries

STORE = Path(inspect.getfile(pro_service.store)).parent


def modules() -> Iterator[tuple[str, ModuleType, ast.Module]]:
    """The modules of the store that stand beside a file of queries."""
    for path in sorted(STORE.glob("*/*.py")):
        if path.name != "__init__.py":
            place = path.relative_to(STORE).with_suffix("").as_posix()
            name = f"pro_service.store.{place.replace('/', '.')}"
            yield place, import_module(name), ast.parse(path.read_text(encoding="utf-8"))


def functions(tree: ast.Module) -> Iterator[ast.AsyncFunctionDef]:
    """The functions and methods that read."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncFunctionDef):
            yield node


def queries_of(function: ast.AsyncFunctionDef) -> set[str]:
    """The queries a function of the store runs: `_SQL["name"]`."""
    return {
        node.slice.value
        for node in ast.walk(function)
        if isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id == "_SQL"
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, str)
    }


def kinds_of(function: ast.AsyncFunctionDef) -> dict[str, set[str]]:
    """The records it makes of rows, and the fields it converts: `row_of(Kind, row, field=...)`."""
    return {
        node.args[0].id: {keyword.arg for keyword in node.keywords if keyword.arg is not None}
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "row_of"
        and isinstance(node.args[0], ast.Name)
    }


def things_of(columns: Iterable[str]) -> list[set[str]]:
    """The fields of each thing a row tells of: of several, columns are `thing.field`."""
    things: dict[str, set[str]] = {}
    for column in columns:
        thing, _, field = column.rpartition(".")
        things.setdefault(thing, set()).add(field)
    return list(things.values())


async def test_every_column_has_its_field_and_every_field_its_column(
    owner: asyncpg.Connection,
) -> None:
    wrong, seen = [], 0
    for place, module, tree in modules():
        for function in functions(tree):
            for kind, converted in kinds_of(function).items():
                for name in queries_of(function):
                    statement = await owner.prepare(load_queries(place)[name])
                    things = things_of(column.name for column in statement.get_attributes())
                    seen += 1
                    names = names_of(getattr(module, kind))
                    if not any(one <= names <= one | converted for one in things):
                        wrong.append(f"{place}.{name}: {kind}: {things}")
    assert wrong == []
    assert seen > 40
