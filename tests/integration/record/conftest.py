"""A sealed record, lived once and copied for each test that tampers with it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple

import pytest

from pro_service.services.record import Sealer
from tests.support.audit import Audit
from tests.support.databases import Prepared, prepare
from tests.support.databases.lending import Stock
from tests.support.study import Left, go_on_with, open_trial


class Sealed(NamedTuple):
    """What is needed to go on with a sealed record on a copy of its database."""

    left: Left
    sealer: Sealer


@pytest.fixture(scope="package")
def sealed(server_url: str, template_database: str) -> Iterator[Prepared[Sealed]]:
    """Two participants' record, sealed."""

    async def make(url: str) -> Sealed:
        async with open_trial(url) as trial:
            lived = Audit(trial)
            await lived.live()
            return Sealed(Left.of(trial), lived.sealer)

    with prepare(server_url, template_database, make) as made:
        yield made


@pytest.fixture
async def sealed_url(stock: Stock, sealed: Prepared[Sealed]) -> AsyncIterator[str]:
    """A copy of its database, this test's alone."""
    async with stock.lend(sealed.database) as url:
        yield url


@pytest.fixture
async def audit(sealed_url: str, sealed: Prepared[Sealed]) -> AsyncIterator[Audit]:
    """The sealed record."""
    async with go_on_with(sealed_url, sealed.made.left) as trial:
        yield Audit(trial, sealed.made.sealer)
