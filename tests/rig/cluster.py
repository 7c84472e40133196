"""PostgreSQL under Patroni on this machine: etcd and three nodes, each of which can be lost.

Every process runs under an account without rights (PostgreSQL refuses root) and ends with us.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp

from pro_service.embedded import launcher
from pro_service.embedded.account import server_account
from tests.rig.proxy import Link
from tests.support.command import free_port
from tests.support.waiting import until

BIN: Final = Path("/usr/lib/postgresql/15/bin")
IS_HERE: Final = bool(
    shutil.which("patroni") and shutil.which("etcd") and (BIN / "postgres").exists()
)
LAUNCH: Final = (sys.executable, "-I", "-S", launcher.__file__)
"""Starts a process that ends when we do, however we end."""
MOST_LAG: Final = 1_000_000_000
"""Bytes a standby may be behind what the leader last said it had written, and still lead.

The synchronous one has all that was acknowledged, whatever else the leader wrote before it died. By
Patroni's own bound, 1 MB, a leader cut off under load and then lost is followed by nobody.
"""
LOST_AFTER: Final = 15
"""Seconds after which a leader that says nothing is followed by another (Patroni's `ttl`)."""
SETTINGS: Final = {
    "max_connections": 200,
    "dynamic_shared_memory_type": "mmap",  # In the node's folder, and gone with it.
    "max_wal_size": "256MB",
    "shared_buffers": "64MB",
    "max_wal_senders": 8,
    "wal_sender_timeout": "20s",
    "wal_receiver_timeout": "10s",
    "wal_retrieve_retry_interval": "1s",
    "jit": "off",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
}
LEAST_WAL: Final = 128
"""Megabytes of the log that each node keeps for the others."""


@dataclass
class Node:
    """One machine of the cluster: Patroni, its PostgreSQL, and the ways that lead to both."""

    name: str
    folder: Path
    port: int
    api: int
    replication: Link
    """By which standbys, and whoever copies or rewinds, reach its PostgreSQL."""
    etcd: Link
    process: subprocess.Popen[bytes] | None = None

    @property
    def postmaster(self) -> int | None:
        """The process of its PostgreSQL that started the others; None: it is not there."""
        data = self.folder / "data"
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int((data / "postmaster.pid").read_text().split()[0])
            # Whoever was killed leaves the file, and its number to somebody else.
            if Path(f"/proc/{pid}/cwd").resolve() == data.resolve():
                return pid
        return None

    def pids(self) -> list[int]:
        """Patroni, the postmaster and all its children, the parents first."""
        found = [] if self.process is None else [self.process.pid]
        postmaster = self.postmaster
        return found if postmaster is None else [*found, postmaster, *_children(postmaster)]

    async def end(self) -> None:
        """End it for good, so that PostgreSQL takes its shared memory with it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
        for _ in range(100):
            pid = self.postmaster
            if pid is None:
                return
            os.kill(pid, signal.SIGQUIT)
            await asyncio.sleep(0.1)
        self.signal(signal.SIGKILL)

    def signal(self, how: signal.Signals) -> list[int]:
        """Signal all of it, as if the machine did; whom."""
        pids = self.pids()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, how)
        return pids


def _children(parent: int) -> Iterator[int]:
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            with contextlib.suppress(OSError):
                text = (place / "stat").read_text()
                if int(text[text.rindex(")") + 2 :].split()[1]) == parent:
                    yield int(place.name)


class Cluster:
    """etcd and the nodes. `synchronous` False is the careless cluster that must be caught."""

    def __init__(self, folder: Path, *, synchronous: bool = True, room: int | None = None) -> None:
        """Nothing runs yet. `room`: megabytes of a file system of its own for each node."""
        self.folder, self.synchronous, self.room = folder, synchronous, room
        self.account = server_account(folder / "none")
        self.nodes: list[Node] = []
        self._mounted: list[Path] = []
        self._etcd: subprocess.Popen[bytes] | None = None
        self._etcd_port = free_port()

    async def start(self) -> None:
        """Bring all of it up: a leader, and two standbys that follow it."""
        home = self._home("etcd")
        peers = f"http://127.0.0.1:{free_port()}"
        here = f"http://127.0.0.1:{self._etcd_port}"
        words = ["etcd", "--name", "etcd", "--data-dir", str(home / "data"), "--log-level", "error"]
        words += ["--listen-client-urls", here, "--advertise-client-urls", here]
        words += ["--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers]
        words += ["--initial-cluster", f"etcd={peers}"]
        self._etcd = self._launch(home, words)
        for number in range(3):
            await self._add(f"node{number + 1}")
            if number == 0:  # It makes the cluster; the others copy it.
                self.revive(self.nodes[0])
                await until(self._has_leader)
        for node in self.nodes[1:]:
            self.revive(node)
        await until(self.is_whole)

    async def _add(self, name: str) -> None:
        port, home = free_port(), self._home(name)
        node = Node(name, home, port, free_port(), Link(name, port), Link(name, self._etcd_port))
        self.nodes.append(node)
        await node.replication.open()
        await node.etcd.open()
        (home / "patroni.json").write_text(json.dumps(self._configured(node)), encoding="utf-8")

    def _home(self, name: str) -> Path:
        home = self.folder / name
        home.mkdir()
        if self.room is not None and name != "etcd":
            words = ["mount", "-t", "tmpfs", "-o", f"size={self.room}m", "rig", str(home)]
            self._mounted.append(home)
            subprocess.run(words, check=True, timeout=10)
        if self.account is not None:
            os.chown(home, self.account.uid, self.account.gid)
        home.chmod(0o755)
        return home

    def _configured(self, node: Node) -> dict[str, Any]:
        reached = f"127.0.0.1:{node.replication.port}"
        anybody = ["host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"]
        # What a node misses that is away for minutes: what is thrown away sooner, it cannot follow.
        kept = LEAST_WAL if self.room is None else max(LEAST_WAL, self.room // 4)
        parameters = SETTINGS | {"wal_keep_size": f"{kept}MB"}
        shared = {
            "ttl": LOST_AFTER,
            "loop_wait": 2,
            "retry_timeout": 5,
            "primary_start_timeout": 15,
            "maximum_lag_on_failover": MOST_LAG,
            "synchronous_mode": self.synchronous,
            "synchronous_mode_strict": self.synchronous,
            "postgresql": {"use_pg_rewind": True, "use_slots": True, "parameters": parameters},
        }
        return {
            "scope": "rig",
            "name": node.name,
            "restapi": {"listen": f"127.0.0.1:{node.api}"},
            "etcd3": {"host": f"127.0.0.1:{node.etcd.port}"},
            "bootstrap": {"dcs": shared, "initdb": [{"encoding": "UTF8"}, {"locale": "C"}]},
            "postgresql": {
                "listen": f"127.0.0.1:{node.port}",
                "connect_address": reached,
                "data_dir": str(node.folder / "data"),
                "bin_dir": str(BIN),
                "pgpass": str(node.folder / "pgpass"),
                "pg_hba": [*anybody, "local all all trust"],
                "authentication": {
                    "superuser": {"username": "postgres"},
                    "replication": {"username": "postgres"},
                },
                "parameters": {"unix_socket_directories": str(node.folder)},
            },
        }

    def _launch(self, home: Path, words: list[str]) -> subprocess.Popen[bytes]:
        """A process of the account's that ends when we do, and writes its log beside its data."""
        program = shutil.which(words[0])
        assert program is not None
        ids = ["", ""] if self.account is None else [str(self.account.uid), str(self.account.gid)]
        keep = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "PRO_", "PYTHON"))}
        with (self.folder / f"{home.name}.log").open("ab") as log:
            return subprocess.Popen(
                [*LAUNCH, str(os.getpid()), *ids, program, *words[1:]],
                cwd=home,
                env=keep | {"HOME": str(home), "LC_ALL": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def revive(self, node: Node) -> None:
        """Start a node that was lost; it finds its place by itself."""
        words = ["patroni", str(node.folder / "patroni.json")]
        node.process = self._launch(node.folder, words)

    def lose(self, node: Node) -> None:
        """SIGKILL to all of a node."""
        node.signal(signal.SIGKILL)
        if node.process is not None:
            node.process.wait()
            node.process = None

    async def members(self) -> dict[str, str]:
        """Each node's role, as those say that answer and are in good order."""
        for node in self.nodes:
            try:
                answer = await _ask("GET", node, "/cluster")
                return {
                    one["name"]: one["role"]
                    for one in answer["members"]
                    if one["state"] in ("running", "streaming")
                }
            except (aiohttp.ClientError, TimeoutError, KeyError, ValueError):
                continue
        return {}

    async def leader(self) -> Node:
        """Whoever leads, once somebody does. Raises TimeoutError."""
        found: list[Node] = []

        async def leads() -> bool:
            roles = await self.members()
            found[:] = [one for one in self.nodes if roles.get(one.name) == "leader"]
            return bool(found) and await _leads(found[0])

        await until(leads)
        return found[0]

    async def is_whole(self) -> bool:
        """Whether somebody leads and both others follow, one of them to each commit."""
        roles = list((await self.members()).values())
        wanted = "sync_standby" if self.synchronous else "replica"
        return len(roles) == len(self.nodes) and "leader" in roles and wanted in roles

    async def switch_over(self) -> None:
        """Let another lead, as an operator asks for it."""
        leader = await self.leader()
        with contextlib.suppress(aiohttp.ClientResponseError, TimeoutError):  # It may refuse.
            await _ask("POST", leader, "/switchover", {"leader": leader.name})

    async def _has_leader(self) -> bool:
        roles = await self.members()
        return "leader" in roles.values() and await _leads(self.nodes[0])

    async def stop(self) -> None:
        """End everything, at once; what cannot be ended keeps nothing else from its end."""
        async with contextlib.AsyncExitStack() as stack:  # The last first.
            for home in self._mounted:
                stack.push_async_callback(asyncio.to_thread, _unmount, home)
            if self._etcd is not None:
                stack.callback(self._etcd.wait)
                stack.callback(self._etcd.kill)
            for node in self.nodes:
                stack.push_async_callback(node.etcd.close)
                stack.push_async_callback(node.replication.close)
                stack.push_async_callback(node.end)
                stack.callback(node.signal, signal.SIGCONT)


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", "--lazy", str(folder)], check=False, timeout=10)


async def _leads(node: Node) -> bool:
    """Whether a node itself says that it takes writes."""
    try:
        await _ask("GET", node, "/leader")
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return False
    return True


async def _ask(method: str, node: Node, path: str, body: object = None) -> dict[str, Any]:
    """Ask a node's Patroni. Raises ClientError, TimeoutError."""
    bound = aiohttp.ClientTimeout(total=30 if body else 3)
    async with (
        aiohttp.ClientSession(timeout=bound) as http,
        http.request(method, f"http://127.0.0.1:{node.api}{path}", json=body) as answer,
    ):
        answer.raise_for_status()
        text = await answer.text()
        found: dict[str, Any] = json.loads(text) if text.startswith("{") else {}
        return found


@contextmanager
def _folder(parent: Path | None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="pro-rig-", dir=parent) as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@asynccontextmanager
async def running_cluster(
    parent: Path | None = None, *, synchronous: bool = True, room: int | None = None
) -> AsyncIterator[Cluster]:
    """A cluster in a folder of its own, all gone afterwards."""
    with _folder(parent) as folder:
        cluster = Cluster(folder, synchronous=synchronous, room=room)
        try:
            await cluster.start()
            yield cluster
        finally:
            await asyncio.shield(cluster.stop())
