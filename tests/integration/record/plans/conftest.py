"""Large studies, loaded once for each process that needs them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import asyncpg
import pytest

from tests.support.databases import Prepared, clone, prepare, run
from tests.support.large import LargeStudy, load_large_study
from tests.support.large.kept import Kept, keep

FEW = 200
"""Participants of a study that is large only beside none."""


AS_LOADED = """
SELECT format('ALTER TABLE %s SET (autovacuum_enabled = off)', c.oid::regclass) FROM pg_class AS c
WHERE c.relnamespace = 'pro'::regnamespace AND c.relkind = 'r'
"""
"""A server that is given may gather figures of its own meanwhile, and plan otherwise from then."""


async def fill(url: str, participants: int) -> LargeStudy:
    """Load a study of so many."""
    superuser = await asyncpg.connect(url)
    try:
        for row in await superuser.fetch(AS_LOADED):
            await superuser.execute(row[0])
        return await load_large_study(superuser, participants=participants)
    finally:
        await superuser.close()


@pytest.fixture(scope="session")
def loaded(server_url: str, template_database: str) -> Iterator[Prepared[LargeStudy]]:
    """Two thousand participants, in a database that is only copied."""
    with prepare(server_url, template_database, partial(fill, participants=2_000)) as made:
        yield made


@pytest.fixture(scope="session")
def shared(server_url: str, loaded: Prepared[LargeStudy]) -> Iterator[tuple[str, LargeStudy]]:
    """Two thousand participants, for all who ask and leave nothing behind that counts."""
    with clone(server_url, loaded.database) as url:
        yield url, loaded.made


@pytest.fixture(scope="module")
def large(shared: tuple[str, LargeStudy]) -> tuple[str, LargeStudy]:
    """The same, tidied up as autovacuum would, which is off.

    Statements that were tried and rolled back leave rows behind that are pages to whoever follows.
    """
    run(_tidy(shared[0]))
    return shared


async def _tidy(url: str) -> None:
    superuser = await asyncpg.connect(url)
    try:
        await superuser.execute("VACUUM")
    finally:
        await superuser.close()


@pytest.fixture
def own_large(server_url: str, loaded: Prepared[LargeStudy]) -> Iterator[tuple[str, LargeStudy]]:
    """As many, for a test that writes: what it leaves behind would be pages to the others."""
    with clone(server_url, loaded.database) as url:
        yield url, loaded.made


@pytest.fixture(scope="session")
def few(server_url: str, template_database: str) -> Iterator[tuple[str, LargeStudy]]:
    """So few that each further one can be told from the pages they cost."""
    with clone(server_url, template_database) as url:
        yield url, run(fill(url, FEW))


@pytest.fixture
async def kept(large: tuple[str, LargeStudy]) -> Kept:
    """The large study, after the worker came by everybody."""
    return await keep(*large)
