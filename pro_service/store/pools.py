"""Connections: one pool per database role, each with the role, the actor and UTC fixed at login.

Role and settings travel in the connection's start message, so no query of ours is needed to set
them. Who looks is set for a transaction and ends with it (`tests/architecture` holds that no query
sets more), so nothing is reset between two loans.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal, Self, TypeAlias

import asyncpg
from pydantic import ConfigDict, TypeAdapter

from pro_service.store.base.sessions import set_session
from pro_service.store.bounds import (
    CANNOT_CONNECT,
    COMMANDS,
    PAGES,
    Bounds,
    DatabaseRefusedError,
    DatabaseUnreachableError,
    unreachable,
    worker_bounds,
)
from pro_service.store.lending import (
    BoundedConnection,
    BoundedPool,
    Waited,
    connect_within,
    nobody_asks,
)
from pro_service.store.pooler import CARRIED, demand_sessions, entry_of, is_pooled

__all__ = [
    "DatabaseRefusedError",
    "DatabaseUnreachableError",
    "Pools",
    "Role",
    "Sizes",
    "check_sessions",
    "connect",
    "encode_json",
    "is_stale",
    "open_pools",
    "prepare_connection",
    "start_settings",
]
Role = Literal["participant", "provider", "worker", "desk", "clerk"]
ROLES: tuple[Role, ...] = ("participant", "provider", "worker", "desk", "clerk")
Sizes: TypeAlias = Mapping[Role, int]
"""How many connections at most each role has; one that is not named, as many as by default."""
DEFAULT_SIZES: Sizes = {
    "participant": 8,
    "provider": 4,
    "worker": 4,
    "desk": 4,
    "clerk": 2,
}

PLANNED_ONCE: Final = {"plan_cache_mode": "force_generic_plan"}
"""What is said over and over is planned once a connection: that is mostly dearer than to run it.

What must be planned for its values says so in its function (`sql/README.md`).
"""

STALE_REVISION = "PR001"
"""SQLSTATE raised by our SQL when a row moved on since it was read: read again and decide anew."""


class Pools:
    """The open pools; asking for one that was not opened is a programming error."""

    def __init__(self, pools: Mapping[Role, asyncpg.Pool]) -> None:
        """Take over `pools`, to be closed by `close`."""
        self._pools = pools
        self.copy: asyncpg.Pool | None = None
        """The desk's on a standby, where figures are read from one."""

    @property
    def participant(self) -> asyncpg.Pool:
        """Web answers: may read and write what one participant's link leads to."""
        return self._pools["participant"]

    @property
    def provider(self) -> asyncpg.Pool:
        """Provider webhooks: inbound texts and delivery receipts."""
        return self._pools["provider"]

    @property
    def worker(self) -> asyncpg.Pool:
        """Periodic work: planning, claiming, sending, sweeping, sealing."""
        return self._pools["worker"]

    @property
    def desk(self) -> asyncpg.Pool:
        """Staff: under row-level security by site."""
        return self._pools["desk"]

    @property
    def clerk(self) -> asyncpg.Pool:
        """What staff write into the record, about participants now at their sites."""
        return self._pools["clerk"]

    async def __aenter__(self) -> Self:
        """The pools themselves."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close them."""
        await self.close()

    async def open_copy(self, url: str | None, bounds: Bounds) -> None:
        """Let figures be read from the standby there, if one is named."""
        if url is not None:
            self.copy = (await open_pools(url, roles=["desk"], bounds=bounds)).desk

    async def close(self, *, patience: float = 10.0) -> None:
        """Wait up to `patience` seconds for borrowed connections, then end them."""
        for pool in (*self._pools.values(), *([self.copy] if self.copy else [])):
            try:
                await asyncio.wait_for(pool.close(), patience)
            except TimeoutError:
                pool.terminate()


async def open_pools(
    url: str,
    *,
    sizes: Sizes = DEFAULT_SIZES,
    roles: Iterable[Role] = ROLES,
    min_size: int = 0,
    bounds: Bounds = PAGES,
    waited: Waited = nobody_asks,
) -> Pools:
    """Open a pool of at most `sizes[role]` connections for each of `roles`.

    `bounds` are those of pages and webhooks; the worker's follow from them. `waited` is told how
    long each loan was waited for, in vain or not. Raises DatabaseUnreachableError when no
    connection can be made with `min_size` above 0.
    """
    pools: dict[Role, BoundedPool] = {}
    try:
        for role in roles:
            size = sizes.get(role, DEFAULT_SIZES[role])
            own = worker_bounds(bounds) if role == "worker" else bounds
            also = own.settings | PLANNED_ONCE
            begun = _Start.of(url, f"pro_{role}", f"service:{role}", also)
            pool = BoundedPool(
                entry_of(url, role),
                own,
                sizes=(min(min_size, size), size),
                settings=begun.sent,
                prepare=begun.prepare,
            )
            pool.waited = partial(waited, role)
            pools[role] = await pool
    except CANNOT_CONNECT as error:
        await Pools(pools).close()
        raise unreachable(error) from error
    except BaseException:
        await Pools(pools).close()
        raise
    for pool in pools.values():
        pool.beside = tuple(pools.values())
    return Pools(pools)


async def connect(
    url: str,
    *,
    role: str | None,
    actor: str,
    bounds: Bounds = COMMANDS,
    only_reads: bool = False,
) -> asyncpg.Connection:
    """One connection set up as the pools' are, for the command line.

    `role` is a database role's full name (`pro_worker`), or None to stay who the URL says.
    `only_reads`: the server refuses whatever would write. Raises DatabaseUnreachableError.
    """
    also = {"default_transaction_read_only": "on"} if only_reads else {}
    begun = _Start.of(url, role, actor, bounds.settings | also)
    # A session that only reads is no read-write one, whatever the server is.
    whom = {"target_session_attrs": "primary"} if only_reads and "=read-write" in url else {}
    connection = await connect_within(
        entry_of(url, role),
        **whom,
        timeout=bounds.connecting,
        command_timeout=bounds.silence,
        server_settings=begun.sent,
        connection_class=BoundedConnection,
    )
    try:
        await begun.prepare(connection)
    except CANNOT_CONNECT as error:
        connection.terminate()
        raise unreachable(error) from error
    return connection


@dataclass(frozen=True)
class _Start:
    """How a connection begins: what its start message brings, and what must be set after it."""

    sent: dict[str, str]
    left: dict[str, str]

    @classmethod
    def of(cls, url: str, role: str | None, actor: str, also: Mapping[str, str]) -> Self:
        """All of it travels in the start message, but for what a pooler would not hand on."""
        whole = {**start_settings(role, actor), **also}
        if not is_pooled(url):
            return cls(whole, {})
        sent = {name: value for name, value in whole.items() if name in CARRIED}
        return cls(sent, {name: value for name, value in whole.items() if name not in CARRIED})

    async def prepare(self, connection: asyncpg.Connection) -> None:
        """Make a new connection ready."""
        await prepare_connection(connection)
        if self.left:
            await set_session(connection, self.left)


async def check_sessions(url: str, bounds: Bounds = PAGES) -> None:
    """Raise PoolerError where what stands in between does not keep sessions apart.

    Raises DatabaseUnreachableError.
    """
    async with AsyncExitStack() as stack:
        pair = []
        for _ in range(2):
            one = await connect(url, role="pro_worker", actor="service:worker", bounds=bounds)
            stack.push_async_callback(one.close)
            pair.append(one)
        await demand_sessions(pair[0], pair[1], "pro_worker")


def start_settings(role: str | None, actor: str) -> dict[str, str]:
    """What every connection of ours starts with."""
    settings = {
        "application_name": f"pro-service {actor}"[:63],
        "search_path": "pro",
        "pro.actor": actor,
        "TimeZone": "UTC",
        # Short statements, run often: compiling one costs more than it ever runs.
        "jit": "off",
    }
    return {**settings, "role": role} if role else settings


_JSON: Final[TypeAdapter[Any]] = TypeAdapter(
    Any, config=ConfigDict(ser_json_bytes="hex", ser_json_inf_nan="constants")
)


async def prepare_connection(connection: asyncpg.Connection) -> None:
    """json and jsonb come and go as Python objects."""
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name, schema="pg_catalog", encoder=encode_json, decoder=json.loads
        )


def encode_json(value: object) -> str:
    """Compact JSON: ids, instants and decimals as strings, bytes as hex, records as objects.

    What has no JSON form is named by its type only: the value may be health data.
    """
    return _JSON.dump_json(value).decode()


def is_stale(error: BaseException) -> bool:
    """Whether `error` says that the row was changed by somebody else since it was read."""
    return getattr(error, "sqlstate", None) == STALE_REVISION
