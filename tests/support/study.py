"""The whole service on a test's database: web side, fake provider, operator, movable study time."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import aiohttp
import asyncpg
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from pro_service.catalog.channel_files import load_channels
from pro_service.catalog.instrument_files import load_instruments
from pro_service.demo.provider.fake import ProviderFake
from pro_service.demo.provider.faults import Faults
from pro_service.demo.provider.server import PROVIDER, build_provider
from pro_service.domain.study.events import NewEvent
from pro_service.domain.study.facts import EventKind, ParticipantFacts, Status
from pro_service.messaging.gateway import InboundText
from pro_service.messaging.gateways import Gateways
from pro_service.messaging.simulator import wire
from pro_service.messaging.simulator.gateway import SimulatorGateway
from pro_service.services import rounds
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import Who
from pro_service.services.exports.adherence import AdherenceReport, report
from pro_service.services.study import sites
from pro_service.services.study.protocols import load_protocol
from pro_service.services.visits import enrolment, enrolment_rows
from pro_service.services.visits.events import preview_event, record_status
from pro_service.services.visits.scheduling import Change, News, apply_change
from pro_service.store.base import operations, participants
from pro_service.store.ids import new_id
from pro_service.store.pools import Pools
from pro_service.store.study.studies import SiteRow
from pro_service.texts.catalogue import load_texts
from pro_service.vault.keys import KeyRing
from pro_service.vault.vault import Vault
from pro_service.web.application import build_application
from tests.support.databases.lending import connection_on, pools_on
from tests.support.example import example_study

STARTED_AT: Final = datetime(2026, 1, 5, 2, tzinfo=UTC)
"""Ten in the morning at the site, a Monday."""
SENDER: Final = "+12025550199"
SECRET: Final = SecretStr("a shared secret of the tests")
ACTOR: Final = "cli:test"
ZONE: Final = "Asia/Shanghai"


def phone(number: int) -> str:
    """A fictitious number."""
    return f"+1202555{100 + number:04}"


def row(code: str, **cells: str) -> dict[str, str]:
    """One row of the enrolment file; `cells` replace its values."""
    number = int(re.sub(r"\D", "", code) or 0)
    return {
        "code": code,
        "site": "BJ01",
        "phone": phone(number),
        "language": "en",
        "zone": ZONE,
        "channel": "text",
        "consent_version": "1",
        "consent_on": "2026-01-04",
        "messaging_consent": "yes",
        "treated_knees": "left",
        "planned_injection_on": "2026-01-12",
    } | cells


# Without repr: the loop's runner would write one out, with all it holds, after every fixture.
@dataclass(repr=False)
class Trial:
    """One running trial: what a test drives, and a look behind."""

    url: str
    pools: Pools
    context: ServiceContext
    gateway: SimulatorGateway
    provider: ProviderFake
    server: TestServer
    operator: asyncpg.Connection[asyncpg.Record]
    study_id: UUID
    faults: Faults
    participants: dict[str, UUID] = field(default_factory=dict)
    phones: dict[str, str] = field(default_factory=dict)

    async def enrol(self, *rows: Mapping[str, str]) -> enrolment.EnrolmentOutcome:
        """Enrol rows as the command does."""
        table = [(number, each) for number, each in enumerate(rows, start=2)]
        checked = await enrolment_rows.check_rows(self.operator, self.context, self.study_id, table)
        outcome = await enrolment.enrol(self.operator, self.context, checked, actor=ACTOR)
        for found in await participants.list_participants(self.operator, self.study_id):
            self.participants[found.code] = found.id
        self.phones |= {each["code"]: each["phone"] for each in rows}
        return outcome

    def who(self, code: str) -> Who:
        """A participant's turn, taken by the operator."""
        return Who(self.operator, self.context, self.study_id, self.participants[code])

    async def facts(self, code: str) -> ParticipantFacts:
        """A participant's facts now."""
        return await self.context.reader.facts(
            self.operator, self.study_id, self.participants[code]
        )

    async def happened(
        self,
        code: str,
        kind: EventKind = EventKind.injection,
        *,
        at: datetime | None = None,
        planned_on: date | None = None,
        statuses: Sequence[Status] = (),
    ) -> Change:
        """Record an event, now unless told otherwise."""
        when = at or (None if planned_on else await self.now())
        event = NewEvent(kind, occurred_at=when, planned_on=planned_on)
        news = News(ACTOR, "told by the site", (event,), tuple(statuses))
        return await apply_change(self.who(code), news)

    async def preview(self, code: str, event: NewEvent) -> Change:
        """What recording an event would do."""
        facts = await self.facts(code)
        return await preview_event(self.who(code), facts, event, actor=ACTOR)

    async def status(self, code: str, status: Status) -> None:
        """Record a status from now on."""
        await record_status(self.who(code), status, actor=ACTOR, reason="told by the site")

    async def now(self) -> datetime:
        """Study time."""
        return await operations.get_study_time(self.operator)

    async def move(self, until: datetime | timedelta) -> datetime:
        """Move study time to an instant, or by a span."""
        to = until if isinstance(until, datetime) else await self.now() + until
        return await operations.move_clock(self.operator, to)

    async def move_to_next_nudge(self) -> datetime:
        """Move study time to the next open reminder."""
        due_at: datetime | None = await self.fetchval(
            "SELECT min(due_at) FROM reminders WHERE ended_at IS NULL"
        )
        assert due_at is not None
        await self.move(due_at)
        return due_at

    async def remind(self) -> int:
        """One round of reminders."""
        return await rounds.remind_round(self.pools.worker, self.context)

    async def ask(self) -> None:
        """Go to the next reminder, send what is due, and let receipts come in."""
        await self.move_to_next_nudge()
        await self.remind()
        await self.provider.drain()

    async def retry_now(self) -> int:
        """Let the pause of queued messages pass, and try them again."""
        await self.owner_does(
            "UPDATE messages SET retry_at = clock_timestamp() WHERE retry_at IS NOT NULL"
        )
        return await rounds.retry_round(self.pools.worker, self.context)

    async def says(self, code: str, text: str) -> str | None:
        """A participant sends a text; the reply."""
        return await self.provider.phone_sends(self.phones[code], SENDER, text)

    async def texts(self, code: str) -> list[str]:
        """What a participant's phone has received."""
        return [one.body for one in await self.provider.texts_of(self.phones[code])]

    async def report(self) -> AdherenceReport:
        """The adherence report."""
        return await report(self.operator, self.context, self.study_id)

    async def fetch(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Rows as tuples, read by the operator."""
        return [tuple(each) for each in await self.operator.fetch(sql, *parameters)]

    async def fetchval(self, sql: str, *parameters: Any) -> Any:
        """One value, read by the operator."""
        return await self.operator.fetchval(sql, *parameters)

    async def count(self, table: str, condition: str = "true") -> int:
        """How many rows of a table meet a condition."""
        value: int = await self.fetchval(f"SELECT count(*) FROM pro.{table} WHERE {condition}")
        return value

    async def owner_does(self, sql: str, *parameters: Any) -> None:
        """A statement of the schema's owner: what no program may do."""
        async with connection_on(self.url, "pro_owner", "test:owner") as connection:
            await connection.execute(sql, *parameters)

    async def assessment(self, code: str, definition: str, instrument: str) -> UUID:
        """The id of an assessment of the present schedule."""
        for visit in (await self.facts(code)).visits:
            for one in visit.assessments:
                if (visit.definition, one.instrument) == (definition, instrument):
                    return one.id
        raise AssertionError(f"{code} has no {instrument} at {definition}")


def make_context(url: str, vault: Vault | None = None) -> ServiceContext:
    """A context with fresh keys, unless some are given."""
    vault = vault or Vault(KeyRing.generate("m1"), KeyRing.generate("i1"), KeyRing.generate("l1"))
    parts = (vault, load_texts(), load_instruments(), load_channels())
    return ServiceContext.of(
        *parts, public_url=url, gateways=Gateways.named("simulator"), release="test"
    )


async def _ready() -> None:
    return None


@asynccontextmanager
async def open_trial(
    url: str, *, call_bound: timedelta = timedelta(seconds=5), trusted_proxies: int = 0
) -> AsyncIterator[Trial]:
    """The service served on free ports on a migrated database, with study and one site."""

    async def begin(operator: asyncpg.Connection[asyncpg.Record], context: ServiceContext) -> UUID:
        await operations.start_clock(operator, STARTED_AT)
        return await _open_study(operator, context)

    async with serve_trial(
        url,
        make_context("http://127.0.0.1"),
        begin,
        call_bound=call_bound,
        trusted_proxies=trusted_proxies,
    ) as trial:
        yield trial


@dataclass(frozen=True)
class Left:
    """What a trial's database does not tell: its keys, and whose telephone is which."""

    vault: Vault
    study_id: UUID
    participants: dict[str, UUID]
    phones: dict[str, str]

    @classmethod
    def of(cls, trial: Trial) -> Left:
        """What is needed to go on with a trial on a copy of its database."""
        return cls(trial.context.keys.vault, trial.study_id, trial.participants, trial.phones)


@asynccontextmanager
async def go_on_with(url: str, left: Left) -> AsyncIterator[Trial]:
    """A trial served again, on its database or a copy of it."""

    async def found(_: asyncpg.Connection[asyncpg.Record], __: ServiceContext) -> UUID:
        return left.study_id

    context = make_context("http://127.0.0.1", left.vault)
    async with serve_trial(url, context, found) as trial:
        trial.participants, trial.phones = dict(left.participants), dict(left.phones)
        yield trial


@asynccontextmanager
async def serve_trial(
    url: str,
    context: ServiceContext,
    begin: Callable[[asyncpg.Connection[asyncpg.Record], ServiceContext], Awaitable[UUID]],
    *,
    call_bound: timedelta = timedelta(seconds=5),
    trusted_proxies: int = 0,
) -> AsyncIterator[Trial]:
    """The service served on free ports, with the study that `begin` makes or finds."""
    faults = Faults()
    async with pools_on(url) as pools, connection_on(url, "pro_operator", ACTOR) as operator:
        provider_app = build_provider(pools.worker, "http://127.0.0.1", SECRET, faults=faults)
        async with TestServer(provider_app, access_log=None) as provider_server:
            gateway = SimulatorGateway(
                str(provider_server.make_url("/")), SECRET, call_bound=call_bound
            )
            context.gateways = Gateways.holding(gateway)
            app = build_application(
                pools=pools,
                context=context,
                ready=_ready,
                trusted_proxies=trusted_proxies,
            )
            server = TestServer(app, access_log=None)
            async with server:
                base = str(server.make_url("")).rstrip("/")
                context.public_url = base
                provider_app[PROVIDER].webhook_base_url = base
                study_id = await begin(operator, context)
                trial = Trial(
                    url,
                    pools,
                    context,
                    gateway,
                    provider_app[PROVIDER],
                    server,
                    operator,
                    study_id,
                    faults,
                )
                try:
                    yield trial
                finally:
                    await gateway.close()


async def _open_study(
    operator: asyncpg.Connection[asyncpg.Record], context: ServiceContext
) -> UUID:
    protocol, source, sha256 = example_study()
    loaded = await load_protocol(operator, context, protocol, source, sha256, actor=ACTOR)
    await add_site(operator, loaded.study.id, "BJ01", sender=SENDER)
    return loaded.study.id


async def add_site(
    operator: asyncpg.Connection[asyncpg.Record],
    study_id: UUID,
    code: str,
    *,
    sender: str | None = None,
    at: str = ZONE,
) -> UUID:
    """A further site."""
    site = SiteRow(new_id(), code, f"Site {code}", at, "CN", "+12025550198", "120")
    await sites.add_site(
        operator, study_id, site, provider="simulator", address=sender, actor=ACTOR
    )
    return site.id


async def post_text(
    base: str, their: str, body: str, *, provider_id: str = "in-1", sign: bool = True
) -> tuple[int, str]:
    """Post an inbound webhook as the provider does; status and body of the answer."""
    text = InboundText(provider_id=provider_id, our_address=SENDER, their_address=their, body=body)
    parameters = wire.encode_inbound(text)
    url = f"{base}{wire.INBOUND_PATH}"
    headers = {
        "Content-Type": wire.FORM,
        wire.SIGNATURE_HEADER: wire.sign(SECRET, url, parameters) if sign else "0" * 64,
    }
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=wire.encode_form(parameters), headers=headers) as response,
    ):
        return response.status, await response.text()
