"""Fixtures every test may ask for."""

from __future__ import annotations

import gc
import os
from collections.abc import AsyncIterator, Generator, Iterable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest
from aiohttp.web import AbstractResource, AbstractRoute, AbstractRouteDef, UrlDispatcher
from argon2 import PasswordHasher
from hypothesis import HealthCheck, settings

from pro_service.services.study import passwords
from pro_service.store.pools import Pools
from tests.quick import is_left, is_long, is_slow
from tests.support.databases import Prepared, empty_database, migrated_template, server_for_tests
from tests.support.databases.lending import Stock, connection_on, pools_on
from tests.workers import Schedule, how_many

# How hard properties are tried: PRO_HYPOTHESIS_PROFILE or --hypothesis-profile says which of these.
# Neither looks at the time an example takes, which says more about the machine than about the code.
TIMELESS: Final = (HealthCheck.too_slow,)
settings.register_profile(
    "quick", max_examples=30, derandomize=True, deadline=None, suppress_health_check=TIMELESS
)
settings.register_profile(
    "thorough", max_examples=2_000, deadline=None, suppress_health_check=TIMELESS
)
settings.load_profile(os.environ.get("PRO_HYPOTHESIS_PROFILE", "quick"))


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """How many workers `-n auto` is."""
    return how_many(quick=_is_quick(config))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The files of those that are not asked for are not even read."""
    if collection_path.suffix != ".py" or not collection_path.name.startswith("test_"):
        return None
    passed_over = is_slow if _is_quick(config) else is_left
    return True if not _is_thorough(config) and passed_over(collection_path) else None


def _is_quick(config: pytest.Config) -> bool:
    return bool(config.getoption("markexpr") == "not slow")


def _is_thorough(config: pytest.Config) -> bool:
    return "thorough" in config.getoption("markexpr")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what is slow and what is long, and leave out what is long unless `-m` asks for it."""
    for item in items:
        if is_slow(item.path):
            item.add_marker(pytest.mark.slow)
        if is_long(item):
            item.add_marker(pytest.mark.thorough)
    if not _is_thorough(config):
        long = [item for item in items if item.get_closest_marker("thorough") is not None]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item.get_closest_marker("thorough") is None]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is loaded stays until the end: no search for garbage needs to go through it."""
    gc.disable()
    found = yield
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 10)  # A page alone makes more than the 700 it is otherwise.
    gc.enable()
    return found


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Which worker runs what, and when, is said in tests/workers.py."""
    return Schedule(config, log)


@pytest.fixture(scope="session", autouse=True)
def _cheap_hashing() -> Iterator[None]:
    """Passwords are hashed with the least work the algorithm takes, and not 50 ms of a core each.

    What the service itself does is held by tests/unit/test_passwords.py.
    """
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "new_hasher", lambda: cheap)
        yield


@pytest.fixture(scope="session", autouse=True)
def _addresses_read_once() -> Iterator[None]:
    """Three hundred addresses are read once a worker, and not by each test's server (27 ms)."""
    read: dict[tuple[int, ...], tuple[list[AbstractRouteDef], list[AbstractResource]]] = {}
    add_routes = UrlDispatcher.add_routes

    def add_what_was_read(
        to: UrlDispatcher, routes: Iterable[AbstractRouteDef]
    ) -> list[AbstractRoute]:
        given = [*routes]
        known = tuple(map(id, given))
        if known not in read:
            before = len(to.resources())
            added = add_routes(to, given)
            read[known] = (given, [*to.resources()][before:])
            return added
        for resource in read[known][1]:
            to.register_resource(resource)
        return [route for resource in read[known][1] for route in resource]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(UrlDispatcher, "add_routes", add_what_was_read)
        yield


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """The server of this run: its URL names a database to connect to for making others."""
    with server_for_tests() as url:
        yield url


@pytest.fixture(scope="session")
def template_database(server_url: str) -> Iterator[str]:
    """The name of the migrated database each test's own is cloned from."""
    with migrated_template(server_url) as name:
        yield name


@pytest.fixture(scope="session")
async def stock(server_url: str) -> AsyncIterator[Stock]:
    """The databases this worker lends to one test after the other."""
    async with aclosing(Stock(server_url)) as stock:
        yield stock


@pytest.fixture
def beginning(request: pytest.FixtureRequest, template_database: str) -> str:
    """What this test's database is a copy of: what `begun` has made (`begun_by`), else empty."""
    if "begun" not in request.fixturenames:
        return template_database
    begun: Prepared[Any] = request.getfixturevalue("begun")
    return begun.database


@pytest.fixture
async def database_url(stock: Stock, beginning: str) -> AsyncIterator[str]:
    """A migrated database of kind `validation`, this test's alone while it runs."""
    async with stock.lend(beginning) as url:
        yield url


@pytest.fixture
def empty_database_url(server_url: str) -> Iterator[str]:
    """A database without a schema, this test's alone."""
    with empty_database(server_url) as url:
        yield url


@pytest.fixture
async def pools(database_url: str) -> AsyncIterator[Pools]:
    """The pools of all database roles on this test's database."""
    async with pools_on(database_url) as opened:
        yield opened


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection as the schema's owner, to look behind what the other roles see."""
    async with connection_on(database_url, "pro_owner", "test:owner") as connection:
        yield connection
