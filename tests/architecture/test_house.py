"""The house keeps its shape: layers, sizes, clocks, where SQL lives, and its words."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "pro_service"
LONGEST_FILE = 400
LONGEST_FUNCTION = 60

MOST_MODULES = 20

OWN_CLOCK = {
    *("embedded", "web/middleware.py", "demo"),
    *("messaging/aliyun/gateway.py", "messaging/email/gateway.py", "messaging/tencent/gateway.py"),
}
"""Where the machine's own clock is read: supervising processes, timing requests, playing phones,
signing a call to a provider, or dating a letter, with the time of it."""
CLOCKS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
}
SQL = re.compile(
    r"\b(?:SELECT\s+.+?\s+FROM|INSERT\s+INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM|CREATE\s+TABLE)\b",
    re.DOTALL,
)
SQL_BEGINS = ("SELECT", "INSERT", "UPDATE", "DELETE", "CREATE")
SQL_BELONGS = {"store/migrations.py", "store/applying.py", "embedded/secret.py"}
"""Migrations keep their own table before any file of sql/ is applied; the embedded
server, a leaf, sets its own password."""
FORBIDDEN_WORDS = re.compile(r"\b(?:patient|subject)s?\b", re.IGNORECASE)
OF_OTHERS = (
    'mail["Subject"]',  # RFC 5322
    '"subject":',  # FHIR
    '["Patient"]',
    '"type": "Patient"',
    '"SubjectData"',  # ODM
    "Unique Subject Identifier",  # SDTM's labels
    "Subject Identifier for the Study",
    "Subject Reference Start Date/Time",
    '"Subject Visits"',
)
"""Names that standards give to a participant, or to the title of a letter, word for word."""


@cache
def modules() -> tuple[tuple[str, ast.Module], ...]:
    """Every module with its path below the package; read once."""
    return tuple(
        (path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text(encoding="utf-8")))
        for path in sorted(PACKAGE.rglob("*.py"))
    )


@cache
def nodes() -> tuple[tuple[str, tuple[ast.AST, ...]], ...]:
    """Every node of every module; walked once."""
    return tuple((name, tuple(ast.walk(tree))) for name, tree in modules())


def within(name: str, places: set[str]) -> bool:
    """Whether a module is one of these, or in one of these folders."""
    return any(name == place or name.startswith(f"{place}/") for place in places)


def without_those_of_others(line: str) -> str:
    """A line less the words that a standard, and not we, chose."""
    for words in OF_OTHERS:
        line = line.replace(words, "")
    return line


def functions(every: tuple[ast.AST, ...]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a module."""
    for node in every:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def docstrings(every: tuple[ast.AST, ...]) -> set[int]:
    """The ids of the nodes that are documentation, not code."""
    found = set()
    for node in every:
        for one in (
            getattr(node, "body", []) if isinstance(getattr(node, "body", None), list) else []
        ):
            if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant):
                found.add(id(one.value))
    return found


def test_imports_go_one_way() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    long = {
        path.relative_to(ROOT).as_posix(): count
        for folder in (PACKAGE, ROOT / "tests")
        for path in folder.rglob("*.py")
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    }
    assert long == {}


def test_no_folder_is_flat() -> None:
    flat = {
        folder.relative_to(ROOT).as_posix(): count
        for base in (PACKAGE, ROOT / "tests")
        for folder in (base, *(path for path in base.rglob("*") if path.is_dir()))
        if (count := len(list(folder.glob("*.py"))) - (folder / "__init__.py").exists())
        > MOST_MODULES
    }
    assert flat == {}


def test_store_stands_as_its_queries_do() -> None:
    queries, store = ROOT / "sql" / "queries", PACKAGE / "store"
    files = {
        path.relative_to(queries).with_suffix("").as_posix() for path in queries.rglob("*.sql")
    }
    places = {
        path.relative_to(store).with_suffix("").as_posix()
        for path in store.glob("*/*.py")
        if path.name != "__init__.py" and path.parent.name != "writes"
    }
    assert places == files


def test_a_package_of_services_is_entered_by_its_face() -> None:
    past_the_face = []
    for name, every in nodes():
        own = name.split("/")[1] if name.startswith("services/") else None
        for node in every:
            if own is None or not isinstance(node, ast.ImportFrom) or node.module is None:
                continue
            of_services = re.fullmatch(r"pro_service\.services\.(\w+)\.\w+", node.module)
            if of_services and of_services[1] not in (own, "base"):
                past_the_face.append(f"{name}:{node.lineno} {node.module}")
    assert past_the_face == []


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        f"{name}:{function.name}": length
        for name, every in nodes()
        for function in functions(every)
        if (length := (function.end_lineno or 0) - function.lineno + 1) > LONGEST_FUNCTION
    }
    assert long == {}


def test_nobody_reads_the_machines_clock_for_study_time() -> None:
    read = [
        f"{name}:{node.lineno} {node.value.id}.{node.attr}"
        for name, every in nodes()
        if not within(name, OWN_CLOCK)
        for node in every
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in CLOCKS
    ]
    assert read == []


def test_the_domain_reads_no_clock_at_all() -> None:
    imported = [
        f"{name}:{node.lineno}"
        for name, every in nodes()
        if name.startswith("domain/")
        for node in every
        if isinstance(node, ast.Import) and any(alias.name == "time" for alias in node.names)
    ]
    assert imported == []


def test_sql_lives_in_its_own_folder() -> None:
    found = []
    for name, every in nodes():
        if name in SQL_BELONGS:
            continue
        said = docstrings(every)
        for node in every:
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and id(node) not in said
                and any(word in node.value for word in SQL_BEGINS)
                and SQL.search(node.value)
            ):
                found.append(f"{name}:{node.lineno}")
    assert found == []


def test_a_participant_is_never_called_otherwise() -> None:
    called = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if FORBIDDEN_WORDS.search(without_those_of_others(line))
    ]
    assert called == []


def test_every_public_thing_says_what_it_means() -> None:
    silent = []
    for name, tree in modules():
        if not ast.get_docstring(tree) and tree.body:
            silent.append(name)
        for node in tree.body:
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            if not node.name.startswith("_") and not ast.get_docstring(node):
                silent.append(f"{name}:{node.name}")
    assert silent == []


def test_no_error_is_swallowed() -> None:
    swallowed = [
        f"{name}:{node.lineno}"
        for name, every in nodes()
        for node in every
        if isinstance(node, ast.ExceptHandler)
        and len(node.body) == 1
        and isinstance(node.body[0], ast.Pass)
    ]
    assert swallowed == []


def test_no_text_is_run_as_a_program() -> None:
    run = [
        f"{name}:{node.lineno} {node.func.id}"
        for name, every in nodes()
        for node in every
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"eval", "exec", "compile", "__import__"}
    ]
    assert run == []
