"""The one place that knows where `sql/` is, and reads the named queries in it.

A query file is `sql/queries/<package>/<stem>.sql`; each query begins with its name, its parameters
in the order of `$1, $2, ...`, and its purpose in one sentence:

    -- name: get_site(study_id, code)
    -- The site with this code, as it stands now.
    SELECT ...
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from pro_service.domain.errors import ProServiceError

HEADER = re.compile(r"^--[ ]name:[ ]*(\w+)[ ]*\(([\w\s,]*)\)[ ]*$", re.MULTILINE)
PURPOSE = re.compile(r"\A(?:--[^\n]*\n)+")
STEP = re.compile(
    r"^--[ ]with:[ ](?P<lists>\w+(?:,[ ]\w+)*)\n(?:[ ]*--.*\n)*\w+ AS \(\n(?:.*\n)*?\),?\n",
    re.MULTILINE,
)
"""A step of a write that does something only for what one of these lists of its document brings."""


class SqlFileError(ProServiceError):
    """A file in sql/ is missing or cannot be understood."""


class Query(NamedTuple):
    """One named query."""

    place: str
    """Its file below `sql/queries/`, without the ending: `answering/answers`."""
    name: str
    sql: str
    purpose: str
    parameters: tuple[str, ...]


class Beside(NamedTuple):
    """What a write that takes a turn stores besides: a statement of study and document."""

    sql: str
    document: object


class Queries:
    """The queries of one file: `queries["get_site"]` is its SQL text."""

    def __init__(self, place: str, queries: dict[str, Query]) -> None:
        """Keep the queries under their names."""
        self.place = place
        self.by_name = queries

    def __getitem__(self, name: str) -> str:
        """The SQL text of `name`; SqlFileError if the file has no such query."""
        if name not in self.by_name:
            raise SqlFileError(f"sql/queries/{self.place}.sql has no query named {name}.")
        return self.by_name[name].sql

    def writing(self, name: str, document: Any) -> str:
        """The SQL text of a write without the steps its document brings nothing for.

        Each step takes time to begin, and sets off the triggers of its table, whatever it finds.
        """
        names = (one.name for one in fields(document))
        return without_steps(
            self[name], frozenset(one for one in names if not getattr(document, one))
        )


@cache
def without_steps(sql: str, empty: frozenset[str]) -> str:
    """A write without the steps that only these lists of its document are for."""
    kept = STEP.sub(lambda step: "" if empty >= {*step["lists"].split(", ")} else step[0], sql)
    return re.sub(r"^\),\n(?=SELECT)", ")\n", kept, flags=re.MULTILINE)


@cache
def together(turn: str, write: str) -> str:
    """A write that takes a participant's turn, and one that is given study and document, in one.

    One statement is one trip and one commit. The second document is the fifth parameter.
    """
    end = turn.rindex("\n)\nSELECT ")
    steps = write[len("WITH ") : write.rindex("\nSELECT ")].replace("$2", "$5")
    return f"{turn[:end]}\n),\n{steps}{turn[end + len(') ') :]}"


@cache
def sql_folder() -> Path:
    """`sql/` of the checkout, or the copy inside an installed wheel."""
    package = Path(__file__).parents[1]
    for folder in (package / "sql", package.parent / "sql"):
        if (folder / "queries").is_dir():
            return folder
    raise SqlFileError("The folder sql/ is missing.", mend="Install pro-service again.")


@cache
def load_queries(place: str) -> Queries:
    """The queries of `sql/queries/<place>.sql`; read once."""
    path = sql_folder() / "queries" / f"{place}.sql"
    if not path.is_file():
        raise SqlFileError(f"sql/queries/{place}.sql is missing.")
    return Queries(place, parse_queries(place, path.read_text(encoding="utf-8")))


def parse_queries(place: str, text: str) -> dict[str, Query]:
    """Split `text` at its name lines.

    Raises SqlFileError for a name given twice, a missing purpose, or parameters that are not
    exactly `$1` to `$n`.
    """
    headers = list(HEADER.finditer(text))
    ends = [header.start() for header in headers[1:]] + [len(text)]
    queries: dict[str, Query] = {}
    for header, end in zip(headers, ends, strict=True):
        name, body = header[1], text[header.end() + 1 : end]
        where = f"sql/queries/{place}.sql, {name}:"
        purpose = PURPOSE.match(body)
        if name in queries or purpose is None:
            raise SqlFileError(
                f"{where} " + ("given twice." if purpose else "its purpose is missing.")
            )
        sql = body[purpose.end() :].strip().removesuffix(";")
        parameters = tuple(part.strip() for part in header[2].split(",") if part.strip())
        used = {int(number) for number in re.findall(r"\$(\d+)", sql)}
        if used != set(range(1, len(parameters) + 1)):
            raise SqlFileError(
                f"{where} declares {len(parameters)} parameters, uses {sorted(used)}."
            )
        words = " ".join(line.lstrip("- ").strip() for line in purpose[0].splitlines())
        queries[name] = Query(place, name, sql, words, parameters)
    return queries


def all_queries() -> Iterator[Query]:
    """Every query of every file, in order of file and place."""
    queries = sql_folder() / "queries"
    for path in sorted(queries.glob("*/*.sql")):
        place = path.relative_to(queries).with_suffix("").as_posix()
        yield from load_queries(place).by_name.values()
