"""The whole service with Twilio as its provider: real SDK, real webhooks, the fake behind them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from pro_service.messaging.gateways import Gateways
from pro_service.messaging.twilio.gateway import CALL_BOUND, TwilioGateway
from pro_service.services import rounds
from pro_service.services.base.context import ServiceContext
from pro_service.services.study.protocols import load_protocol
from pro_service.services.study.sites import add_site
from pro_service.services.visits import enrolment, enrolment_rows
from pro_service.store.base import operations, participants
from pro_service.store.ids import new_id
from pro_service.store.pools import Pools
from pro_service.store.study.studies import SiteRow
from pro_service.web.application import build_application
from tests.support.databases.lending import connection_on, pools_on
from tests.support.example import example_study
from tests.support.study import ACTOR, SENDER, STARTED_AT, ZONE, make_context, row
from tests.support.twilio.fake import TOKEN, TwilioFake
from tests.support.twilio.faults import Faults
from tests.support.twilio.taken import ACCOUNT


@dataclass
class TwilioTrial:
    """What a test drives, and a look behind."""

    pools: Pools
    context: ServiceContext
    gateway: TwilioGateway
    fake: TwilioFake
    operator: asyncpg.Connection[asyncpg.Record]
    study_id: UUID
    base: str
    phones: dict[str, str] = field(default_factory=dict)
    participants: dict[str, UUID] = field(default_factory=dict)

    async def enrol(self, *codes: str) -> None:
        """Participants who answer by text."""
        await self.enrol_rows(*(row(code) for code in codes))

    async def enrol_rows(self, *rows: dict[str, str]) -> None:
        """The same with cells of one's own."""
        table = list(enumerate(rows, start=2))
        checked = await enrolment_rows.check_rows(self.operator, self.context, self.study_id, table)
        await enrolment.enrol(self.operator, self.context, checked, actor=ACTOR)
        self.phones |= {each["code"]: each["phone"] for each in rows}
        for found in await participants.list_participants(self.operator, self.study_id):
            self.participants[found.code] = found.id

    async def due(self, *codes: str) -> None:
        """Enrol, and move study time to the first reminder."""
        await self.enrol(*codes)
        due_at = await self.operator.fetchval(
            "SELECT min(due_at) FROM pro.reminders WHERE ended_at IS NULL"
        )
        await operations.move_clock(self.operator, due_at)

    async def now(self) -> datetime:
        """Study time."""
        return await operations.get_study_time(self.operator)

    async def move(self, span: timedelta) -> None:
        """Move study time."""
        await operations.move_clock(self.operator, await self.now() + span)

    async def remind(self) -> int:
        """One round of reminders."""
        return await rounds.remind_round(self.pools.worker, self.context)

    async def retry(self) -> int:
        """One round of further tries."""
        return await rounds.retry_round(self.pools.worker, self.context)

    async def sweep(self, after: timedelta = timedelta(minutes=10)) -> int:
        """Look up what is ambiguous, later."""
        await self.move(after)
        return await rounds.sweep_round(self.pools.worker, self.context)

    async def says(self, code: str, text: str) -> str | None:
        """A participant sends a text; the reply."""
        return await self.fake.phone_sends(self.phones[code], SENDER, text)

    async def fetch(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Rows as tuples, read by the operator."""
        return [tuple(each) for each in await self.operator.fetch(sql, *parameters)]

    async def states(self) -> Sequence[tuple[Any, ...]]:
        """State, reason and error code of every reminder message."""
        return await self.fetch(
            "SELECT state, state_reason, error_code FROM pro.messages"
            " WHERE kind = 'reminder' ORDER BY id"
        )


async def _ready() -> None:
    return None


@asynccontextmanager
async def open_twilio_trial(
    url: str,
    *,
    sender: str = SENDER,
    faults: Faults | None = None,
    context: ServiceContext | None = None,
    call_bound: timedelta = CALL_BOUND,
) -> AsyncIterator[TwilioTrial]:
    """The service served on a free port on a migrated database, with study and one site.

    Only a test of a provider that does not answer waits less than the service would: on a busy
    machine a shorter bound ends calls that nothing is wrong with.
    """
    fake = TwilioFake(faults)
    async with (
        pools_on(url) as pools,
        connection_on(url, "pro_operator", ACTOR) as operator,
        TestServer(fake.application(), access_log=None) as provider,
    ):
        api = str(provider.make_url("")).rstrip("/")
        gateway = TwilioGateway(ACCOUNT, SecretStr(TOKEN), api_base=api, call_bound=call_bound)
        context = context or make_context("http://127.0.0.1")
        context.gateways = Gateways.holding(gateway)
        app = build_application(pools=pools, context=context, ready=_ready)
        async with TestServer(app, access_log=None) as server:
            base = str(server.make_url("")).rstrip("/")
            context.public_url = fake.webhook_base = base
            study_id = await _open_study(operator, context, sender)
            trial = TwilioTrial(pools, context, gateway, fake, operator, study_id, base)
            try:
                yield trial
            finally:
                fake.closing.set()
                await fake.drain()
                await gateway.close()


async def _open_study(
    operator: asyncpg.Connection[asyncpg.Record], context: ServiceContext, sender: str
) -> UUID:
    await operations.start_clock(operator, STARTED_AT)
    protocol, source, sha256 = example_study()
    loaded = await load_protocol(operator, context, protocol, source, sha256, actor=ACTOR)
    site = SiteRow(new_id(), "BJ01", "Site BJ01", ZONE, "CN", "+12025550198", "120")
    await add_site(operator, loaded.study.id, site, provider="twilio", address=sender, actor=ACTOR)
    return loaded.study.id
