"""The commands of an operator on a study of one site."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from pro_service.catalog.protocol_files import example_protocol_file
from tests.support.command import SITE, Commands
from tests.support.databases import Prepared, prepare
from tests.support.study import row

PROTOCOL = str(example_protocol_file())
BEGINNINGS: Final = {"enrolled": "one_enrolled", "commands": "one_site"}
"""What a test asks for, and the fixture of the database it then begins with."""


@pytest.fixture(scope="session")
def one_site(server_url: str, template_database: str) -> Iterator[Prepared[Commands]]:
    """A study with one site."""

    async def make(url: str) -> Commands:
        return await Commands(url).do(("protocol", "load", PROTOCOL), SITE)

    with prepare(server_url, template_database, make) as made:
        yield made


@pytest.fixture(scope="session")
def one_enrolled(
    server_url: str, one_site: Prepared[Commands], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prepared[Commands]]:
    """The study with one participant."""
    path = write_table(tmp_path_factory.mktemp("enrolled") / "one.csv", planned("K-001"))

    async def make(url: str) -> Commands:
        return await one_site.made.on(url).do(("enrol", "--csv", str(path)))

    with prepare(server_url, one_site.database, make) as made:
        yield made


def planned(code: str, **cells: str) -> dict[str, str]:
    """A row of an enrolment file whose injection is planned far ahead."""
    return row(code, planned_injection_on="2030-01-12", **cells)


def write_table(path: Path, *rows: dict[str, str]) -> Path:
    """An enrolment file."""
    lines = [",".join(rows[0]), *(",".join(one.values()) for one in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def beginning(request: pytest.FixtureRequest, template_database: str) -> str:
    """What this test's database is a copy of, which is empty where it asks for nothing."""
    asked = next((name for name in BEGINNINGS if name in request.fixturenames), None)
    if asked is None:
        return template_database
    begun: Prepared[Commands] = request.getfixturevalue(BEGINNINGS[asked])
    return begun.database


@pytest.fixture
def commands(database_url: str, one_site: Prepared[Commands]) -> Commands:
    """A study with one site."""
    return one_site.made.on(database_url)


@pytest.fixture
def enrolled(database_url: str, one_enrolled: Prepared[Commands]) -> Commands:
    """The study with one participant."""
    return one_enrolled.made.on(database_url)
