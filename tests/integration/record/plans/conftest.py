"""Large studies, loaded once for each process that needs them."""

from __future__ import annotations

from collections.abc import Iterator

import asyncpg
import pytest

from tests.support.databases import clone, run
from tests.support.large import LargeStudy, load_large_study
from tests.support.large.kept import Kept, keep

FEW = 200
"""Participants of a study that is large only beside none."""


def loaded(server_url: str, template: str, participants: int) -> Iterator[tuple[str, LargeStudy]]:
    """The URL of a database with a study of so many in it."""

    async def fill(url: str) -> LargeStudy:
        superuser = await asyncpg.connect(url)
        try:
            return await load_large_study(superuser, participants=participants)
        finally:
            await superuser.close()

    with clone(server_url, template) as url:
        yield url, run(fill(url))


@pytest.fixture(scope="session")
def large(server_url: str, template_database: str) -> Iterator[tuple[str, LargeStudy]]:
    """Two thousand participants."""
    yield from loaded(server_url, template_database, 2_000)


@pytest.fixture
def own_large(server_url: str, template_database: str) -> Iterator[tuple[str, LargeStudy]]:
    """As many, for a test that writes: what it leaves behind would be pages to the others."""
    yield from loaded(server_url, template_database, 2_000)


@pytest.fixture(scope="session")
def few(server_url: str, template_database: str) -> Iterator[tuple[str, LargeStudy]]:
    """So few that each further one can be told from the pages they cost."""
    yield from loaded(server_url, template_database, FEW)


@pytest.fixture
async def kept(large: tuple[str, LargeStudy]) -> Kept:
    """The large study, after the worker came by everybody."""
    return await keep(*large)
