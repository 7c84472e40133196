"""The lived study, migrated once a worker and cloned for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import pytest

from tests.support.databases import clone
from tests.support.lived import lived_database, lived_trial
from tests.support.study import Trial


@pytest.fixture(scope="session")
def lived_template(server_url: str) -> Iterator[str]:
    """The name of the migrated database."""
    with lived_database(server_url) as url:
        yield urlsplit(url).path.lstrip("/")


@pytest.fixture
def lived_url(server_url: str, lived_template: str) -> Iterator[str]:
    """The lived study, this test's alone."""
    with clone(server_url, lived_template) as url:
        yield url


@pytest.fixture
async def lived(lived_url: str) -> AsyncIterator[Trial]:
    """The lived study, served by the present release."""
    async with lived_trial(lived_url) as trial:
        yield trial
