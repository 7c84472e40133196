"""A trial two visits long, lived once and copied for each test that exports it."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from pro_service.services import rounds
from pro_service.services.exports.choosing import FORMATS
from pro_service.services.exports.columns import TABLES
from tests.support.command import commands_with
from tests.support.databases import Prepared, clone, prepare
from tests.support.databases.lending import Stock
from tests.support.study import Left, Trial, go_on_with, open_trial, row

INJECTED: Final = datetime(2026, 1, 12, 2, tzinfo=UTC)
AS_OF: Final = "2026-01-31T00:00:00Z"
Cells = list[dict[str, str]]
"""The rows of a CSV file."""


async def answer_all(trial: Trial, code: str, value: int, *, skip: int | None = None) -> None:
    """Answer the conversation to its end with one value."""
    for number in range(60):
        reply = await trial.says(code, "skip" if number == skip else str(value))
        assert reply is not None
        if "last question" in reply or "Thank you" in reply:
            return
    raise AssertionError("the questions never ended")


async def follow(url: str) -> Left:
    """K-001 answers at baseline (8) and week 2 (4); K-002 never; both injected on 12 January."""
    async with open_trial(url) as trial:
        await trial.enrol(row("K-001"), row("K-002"))
        await trial.ask()
        await answer_all(trial, "K-001", 8, skip=2)
        await trial.move(INJECTED)
        for code in ("K-001", "K-002"):
            await trial.happened(code)
        await trial.move(INJECTED + timedelta(days=14))
        await trial.remind()
        await trial.provider.drain()
        await answer_all(trial, "K-001", 4)
        await trial.move(INJECTED + timedelta(days=20))
        await rounds.closing_round(trial.pools.worker, trial.context)
        return Left.of(trial)


@pytest.fixture(scope="package")
def followed(server_url: str, template_database: str) -> Iterator[Prepared[Left]]:
    """The trial as it stands six days after week 2."""
    with prepare(server_url, template_database, follow) as made:
        yield made


@pytest.fixture
async def followed_url(stock: Stock, followed: Prepared[Left]) -> AsyncIterator[str]:
    """A copy of its database, this test's alone."""
    async with stock.lend(followed.database) as url:
        yield url


@pytest.fixture
async def trial(followed_url: str, followed: Prepared[Left]) -> AsyncIterator[Trial]:
    """The trial going on, on the copy."""
    async with go_on_with(followed_url, followed.made) as running:
        yield running


@pytest.fixture(scope="package")
def exported(
    server_url: str, followed: Prepared[Left], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """The same export twice, in every format."""
    folders = [tmp_path_factory.mktemp("out") / name for name in "ab"]
    with clone(server_url, followed.database) as url:
        for folder in folders:
            done = commands_with(url, followed.made.vault).run(
                *("export", "--as", ",".join(FORMATS), "--out", str(folder), "--as-of", AS_OF)
            )
            assert done.code == 0, done.err
    return folders[0], folders[1]


@pytest.fixture
def tables(exported: tuple[Path, Path]) -> dict[str, Cells]:
    """The CSV of it: every other format is held against that."""
    return {name: read_csv(exported[0] / f"{name}.csv") for name in TABLES}


def read_csv(path: Path) -> Cells:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))
