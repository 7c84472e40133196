"""The composition root of the server: the only module that knows everybody below it."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import asyncpg
from aiohttp import web

from pro_service.config import PortTakenError, Settings, open_seal_keys
from pro_service.jobs import Job, Worker, make_jobs
from pro_service.messaging.webhooks import HttpWebhooks
from pro_service.parts import check_kind, make_context, make_telling
from pro_service.release import release
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.key_check import KeyWatch
from pro_service.services.base.meters import Meters
from pro_service.services.base.telling import Telling
from pro_service.services.desk import Exporting
from pro_service.services.desk.sign_in import Door
from pro_service.services.keeping import said_of, said_of_timeline, vouch
from pro_service.services.record import Sealer
from pro_service.services.study.registrations import said_of_gaps
from pro_service.services.study.senders import senders_elsewhere, waiting_elsewhere
from pro_service.services.study.wording import show_stored_wording
from pro_service.store.base import operations
from pro_service.store.bounds import PAGES
from pro_service.store.connection import Connection
from pro_service.store.journal import journal_in
from pro_service.store.keeping import holds
from pro_service.store.keeping.watching import get_figures
from pro_service.store.migrations import demand_whole, schema_state
from pro_service.store.pools import (
    DEFAULT_SIZES,
    Pools,
    Sizes,
    check_sessions,
    connect,
    open_pools,
)
from pro_service.store.texting.registered import list_gaps
from pro_service.store.texting.sending import count_waiting_elsewhere, list_senders_elsewhere
from pro_service.store.waiting import until_reachable
from pro_service.vault.vault import Vault
from pro_service.web.application import build_application
from pro_service.web.metrics import Metrics
from pro_service.web.refusing import Runner

log = logging.getLogger("pro_service.app")


@dataclass
class Service:
    """Everything put together, and taken apart again by whoever opened it."""

    pools: Pools
    context: ServiceContext
    application: web.Application
    worker: Worker
    sealer: Sealer
    meters: Meters


async def check_ready(pools: Pools, providers: list[str]) -> str | None:
    """Raise unless the database answers and has this release's schema; what to know, if anything.

    Sending that is held, and texts that wait for none of the `providers` in use, keep nobody from
    answering: it is said, and is no failure.
    """
    async with pools.participant.acquire() as connection:
        await operations.check_database(connection)
        state = await schema_state(connection)
    demand_whole(state)
    hold = await holds.get_open_hold(pools.participant)
    if hold is not None:
        return said_of(hold)
    if await holds.get_left_timeline(pools.participant) is not None:
        return said_of_timeline()
    return await _waits_for_operator(pools.participant, providers)


@asynccontextmanager
async def reading_everything(
    database_url: str,
) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """A connection that sees a whole study, as an operator's command does, and writes nothing.

    Raises DatabaseUnreachableError.
    """
    connection = await connect(
        database_url, role="pro_operator", actor="service:export", only_reads=True
    )
    try:
        yield connection
    finally:
        await connection.close()


def _exporting(database_url: str, replica: str | None, pools: Pools) -> Exporting:
    """What files at the desk are made with."""
    copy = None if replica is None else partial(reading_everything, replica)
    return Exporting(partial(reading_everything, database_url), pools.desk, copy)


async def _waits_for_operator(connection: Connection, providers: list[str]) -> str | None:
    """What one setting or one registration mends for everybody, in words; None: nothing."""
    waiting = waiting_elsewhere(await count_waiting_elsewhere(connection, providers))
    missing = said_of_gaps(await list_gaps(connection))
    return " ".join([*waiting, *missing]) or None


@asynccontextmanager
async def open_service(
    settings: Settings,
    database_url: str,
    vault: Vault,
    *,
    telling: Telling | None = None,
    sizes: Sizes = DEFAULT_SIZES,
) -> AsyncIterator[Service]:
    """Put the service together on a migrated database, and take it apart again in order.

    `telling` is how staff are told, in place of the settings' mail server.

    Raises OldSchemaError, MovedDatabaseError, RestoreUnfinishedError, KeysDoNotFitError,
    WrongKindError, SettingsError, JournalError, DatabaseUnreachableError, PoolerError.
    """
    with journal_in(settings.journal_dir):
        async with _put_together(settings, database_url, vault, telling, sizes) as service:
            yield service


@asynccontextmanager
async def _put_together(
    settings: Settings, database_url: str, vault: Vault, telling: Telling | None, sizes: Sizes
) -> AsyncIterator[Service]:
    sealer = Sealer(open_seal_keys(settings), settings.seal_heads)
    bounds = PAGES._replace(statement=settings.database_seconds)
    meters = Meters(release())
    replica = None if settings.replica_url is None else settings.replica_url.get_secret_value()
    await check_sessions(database_url)
    pools = await open_pools(
        database_url, sizes=sizes, min_size=1, bounds=bounds, waited=meters.waited
    )
    context = make_context(settings, vault)
    webhooks = HttpWebhooks()
    try:
        await pools.open_copy(replica, bounds)
        keys = KeyWatch(vault)
        held = await check_ready(pools, context.gateways.names)
        await keys.demand(pools.participant)
        if held is not None:
            log.warning("sending_held", extra={"reason": held})
        kind = await operations.get_database_kind(pools.worker)
        check_kind(kind, settings.providers)
        await operations.begin_ids(pools.worker)
        context.gateways.open()
        await show_stored_wording(pools.worker, context)
        await holds.note_first_timeline(pools.worker, "service:worker")
        told_by = telling if telling is not None else make_telling(settings)
        jobs = make_jobs(
            *(pools.worker, context, sealer),
            receiving=pools.provider,
            telling=told_by,
            desk=pools.desk,
            webhooks=webhooks,
            exporting=_exporting(database_url, replica, pools),
        )
        # Who comes after a promotion or a restore cannot tell which it was (R18).
        here_before = await holds.get_left_timeline(pools.worker) is None
        if settings.failover == "go-on" and here_before:
            jobs.insert(0, Job("vouch", 5.0, partial(vouch, pools.worker)))
        worker = Worker(jobs, meters.rounded)

        async def ready() -> str | None:
            held = await check_ready(pools, context.gateways.names)
            await keys.demand(pools.participant)
            return held

        application = build_application(
            pools=pools,
            context=context,
            ready=ready,
            trusted_proxies=settings.trusted_proxies,
            door=Door(settings.second_factor_roles, settings.prove_for_numbers),
            telling=told_by,
            meters=meters,
        )
        yield Service(pools, context, application, worker, sealer, meters)
    finally:
        await webhooks.close()
        await context.gateways.close()
        await pools.close()


@asynccontextmanager
async def listening(
    application: web.Application, host: str, port: int, *, drain_seconds: float = 20.0
) -> AsyncIterator[int]:
    """Serve an application; yields the port in use. Requests under way finish at the end.

    Raises PortTakenError.
    """
    runner = Runner(
        application, access_log=None, handle_signals=False, shutdown_timeout=drain_seconds
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise PortTakenError(
                f"Port {port} on {host} cannot be listened on ({error.strerror}).",
                mend="Stop what uses it, or choose another with --port.",
            ) from None
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def until_told_to_stop() -> None:
    """Wait for SIGTERM or SIGINT."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, told.set)
    try:
        await told.wait()
        log.info("stopping")
    finally:
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(each)


async def is_there(database_url: str) -> bool:
    """Wait for the database; False if we were told to stop first.

    Raises DatabaseRefusedError where waiting would mend nothing.
    """
    looking = asyncio.create_task(until_reachable(database_url))
    waiting = {looking}
    if threading.current_thread() is threading.main_thread():  # Only there are signals heard.
        waiting.add(asyncio.create_task(until_told_to_stop()))
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if looking.done():
            await looking
        return looking.done()
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def run(
    settings: Settings,
    database_url: str,
    vault: Vault,
    *,
    serve: bool,
    work: bool,
    announce: Callable[[str], None] = lambda _: None,
    wait: Callable[[], Awaitable[None]] = until_told_to_stop,
) -> None:
    """Serve pages and hooks, run the worker, or both, until told to stop; then drain."""
    async with open_service(settings, database_url, vault) as service:
        gateways = service.context.gateways
        elsewhere = await list_senders_elsewhere(service.pools.worker, gateways.names)
        for line in senders_elsewhere(elsewhere, gateways.first):
            announce(line)
        _settle()
        async with watched(settings, service, announce):
            if work:
                service.worker.start()
            try:
                if serve:
                    async with listening(service.application, settings.host, settings.port) as port:
                        announce(f"Serving on http://{settings.host}:{port}")
                        await wait()
                        if work:
                            await service.worker.stop()
                else:
                    announce("Working")
                    await wait()
            finally:
                if work:
                    await service.worker.stop()


def _settle() -> None:
    """Collect once, and never look again at what was loaded: it stays to the end.

    To look at all of it takes a tenth of a second, in which nobody is answered.
    """
    gc.collect()
    gc.freeze()


@asynccontextmanager
async def watched(
    settings: Settings, service: Service, announce: Callable[[str], None]
) -> AsyncIterator[None]:
    """Answer `/metrics` on the port of the settings meanwhile, if they name one.

    Raises PortTakenError.
    """
    if settings.metrics_port is None:
        yield
        return
    token = settings.metrics_token
    metrics = Metrics(
        service.meters,
        partial(get_figures, service.pools.worker),
        None if token is None else token.get_secret_value(),
    )
    async with listening(metrics.application(), settings.host, settings.metrics_port) as port:
        announce(f"Metrics on http://{settings.host}:{port}/metrics")
        yield
