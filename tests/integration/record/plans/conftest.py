"""The large study, loaded once for each process that needs it."""

from __future__ import annotations

from collections.abc import Iterator

import asyncpg
import pytest

from tests.support.databases import clone, run
from tests.support.large import LargeStudy, load_large_study


@pytest.fixture(scope="session")
def large(server_url: str, template_database: str) -> Iterator[tuple[str, LargeStudy]]:
    """The URL of a database with a large study in it."""

    async def fill(url: str) -> LargeStudy:
        superuser = await asyncpg.connect(url)
        try:
            return await load_large_study(superuser)
        finally:
            await superuser.close()

    with clone(server_url, template_database) as url:
        yield url, run(fill(url))
