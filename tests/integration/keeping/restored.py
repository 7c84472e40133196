"""A trial whose database was lost and restored: same keys, same provider, another database."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from aiohttp.test_utils import TestServer

from pro_service.catalog.channel_files import load_channels
from pro_service.embedded import program_folders
from pro_service.messaging.gateways import Gateways
from pro_service.services import keeping, rounds
from pro_service.services.base.context import ServiceContext
from pro_service.store.journal import journal_in, read_journal
from pro_service.store.pools import connect, open_pools
from pro_service.texts.catalogue import load_texts
from pro_service.web.application import build_application
from tests.support.study import ACTOR, Trial, _ready

FOLDERS = tuple(program_folders())


def quiet(_what: str, _done: int, _of: int) -> None:
    """Progress nobody looks at."""


def place_of(url: str) -> keeping.Place:
    """Where a backup comes from or goes to, by whom, with the programs of the wheel."""
    return keeping.Place(url, ACTOR, FOLDERS)


def names_in(folder: Path) -> list[str]:
    """What lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


@contextmanager
def passable_folder() -> Iterator[Path]:
    """A folder a server of another account can reach."""
    with tempfile.TemporaryDirectory(prefix="pro-test-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@contextmanager
def journalled(folder: Path) -> Iterator[Path]:
    """Keep a journal for all that is written meanwhile."""
    with journal_in(folder):
        yield folder


@asynccontextmanager
async def reopened(lost: Trial, url: str) -> AsyncIterator[Trial]:
    """The service on the restored database; study time goes on from where the lost one was.

    The provider is the same: it keeps what it was given, in the lost database's simulator.
    """
    pools = await open_pools(url)
    operator = await connect(url, role="pro_operator", actor=ACTOR)
    vault = lost.context.keys.vault
    context = ServiceContext.of(
        vault,
        load_texts(),
        lost.context.catalogue.instruments,
        load_channels(),
        public_url=lost.context.public_url,
        gateways=Gateways.holding(lost.gateway),
        release="test",
    )
    app = build_application(pools=pools, context=context, ready=_ready)
    try:
        server = TestServer(app, access_log=None)
        async with server:
            base = str(server.make_url("")).rstrip("/")
            context.public_url = base
            lost.provider.webhook_base_url = base
            again = Trial(
                url,
                pools,
                context,
                lost.gateway,
                lost.provider,
                server,
                operator,
                lost.study_id,
                lost.faults,
                dict(lost.participants),
                dict(lost.phones),
            )
            await again.move(await lost.now())
            yield again
    finally:
        await operator.close()
        await pools.close()


def hands_of(trial: Trial) -> keeping.Hands:
    """What a replay works with."""
    return keeping.Hands(trial.operator, trial.pools.worker, trial.context)


async def replayed(trial: Trial, journal: Path, made: keeping.Manifest) -> list[keeping.Replayed]:
    """Replay the journal since the backup."""
    reading = read_journal(journal, made.made_at - keeping.OVERLAP)
    assert reading.unreadable == []
    return await keeping.replay(hands_of(trial), reading.lines)


async def work(trial: Trial) -> None:
    """One round of everything a worker does about texts and calls."""
    worker = trial.pools.worker
    await rounds.remind_round(worker, trial.context)
    await rounds.retry_round(worker, trial.context)
    await rounds.sweep_round(worker, trial.context)
    await rounds.call_round(worker, trial.context)
    await rounds.closing_round(worker, trial.context)
    await trial.provider.drain()
