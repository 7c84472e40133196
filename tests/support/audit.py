"""Sealing and verifying a test's audit, and tampering with it as its owner would."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from pro_service.domain.seals import Seal
from pro_service.domain.study.facts import Status
from pro_service.services import record
from pro_service.services.record import Sealer, Verdict
from pro_service.store.pools import connect
from pro_service.store.record.seals import get_newest_seal
from pro_service.vault.signing import PublicKeys, SigningRing
from tests.support.study import Trial, row
from tests.support.waiting import until


@dataclass
class Audit:
    """The audit of a test's trial, under a key of its own."""

    trial: Trial
    sealer: Sealer = field(default_factory=lambda: Sealer(SigningRing.generate()))

    async def seal(self) -> int:
        """Seal once; how many entries."""
        return await record.seal(self.trial.pools.worker, self.sealer)

    async def seal_everything(self) -> None:
        """Seal until every entry is covered: any transaction of the server holds it back."""
        async with asyncio.timeout(120):
            while True:
                await self.seal()
                covered = "SELECT coalesce(sum(entry_count), 0) FROM audit_seals"
                if await self.trial.fetchval(covered) == await self.trial.count("audit_entries"):
                    return
                await asyncio.sleep(0.05)

    async def verify(self, keys: PublicKeys | None = None, heads: Iterable[Seal] = ()) -> Verdict:
        """The verdict of an operator who has the public key alone."""
        known = keys or self.sealer.keys.public
        return await record.verify(self.trial.operator, known, heads=heads)

    async def faults(self, heads: Iterable[Seal] = ()) -> list[str]:
        """What is wrong, in words."""
        return [str(fault) for fault in (await self.verify(heads=heads)).faults]

    async def head(self) -> Seal:
        """The newest seal."""
        found = await get_newest_seal(self.trial.operator)
        assert found is not None
        return found

    async def live(self) -> None:
        """Two participants, an alert, a consent, changes of what may change; all of it sealed."""
        await self.trial.enrol(row("K-001"), row("K-002"))
        await self.trial.ask()
        await self.trial.says("K-001", "4")
        await self.seal_everything()
        await self.trial.happened("K-001", statuses=[Status.active])
        await self.trial.owner_does(
            "INSERT INTO pro.alerts"
            " (study_id, id, participant_id, rule, severity, raised_at, actor)"
            " SELECT study_id, gen_random_uuid(), id, 'test', 'urgent', pro.now(), 'test'"
            " FROM pro.participants WHERE code = 'K-001'"
        )
        await self.trial.owner_does("UPDATE pro.alerts SET seen_at = pro.now(), seen_by = 'anna'")
        await self.seal_everything()


async def nothing_holds_back(connection: asyncpg.Connection) -> None:
    """Wait until every entry may be sealed: any open transaction of the server holds it back."""

    async def settled() -> bool:
        below = await connection.fetchval(
            "SELECT coalesce(max(xact_id), '0') < pg_snapshot_xmin(pg_current_snapshot())"
            " FROM pro.audit_entries"
        )
        return bool(below)

    await until(settled)


async def tamper(url: str, *statements: str) -> Any:
    """Do what the owner can: statements with no trigger running; the value of the last one."""
    superuser = await asyncpg.connect(url)
    try:
        await superuser.execute("SET session_replication_role = replica")
        value = None
        for statement in statements:
            value = await superuser.fetchval(statement)
        return value
    finally:
        await superuser.close()


async def owner_of(url: str) -> asyncpg.Connection[asyncpg.Record]:
    """A connection as the schema's owner."""
    return await connect(url, role="pro_owner", actor="cli:test")
