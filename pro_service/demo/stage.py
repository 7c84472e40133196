"""Puts a whole trial on stage: the service and a provider on their own ports, sites, participants.

The database is the caller's: fresh, migrated, of kind `demo`.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import SecretStr

from pro_service.app import Service, listening, open_service
from pro_service.catalog.plan_files import example_plan_file, load_plan_file
from pro_service.config import Settings, open_vault
from pro_service.demo.doors import HOST, free_ports
from pro_service.demo.ledger import Ledger
from pro_service.demo.life import STARTS_AT, Life
from pro_service.demo.measuring.asking import Answered
from pro_service.demo.measuring.study import SCREENED_BEFORE, measure_study
from pro_service.demo.participant import Participant
from pro_service.demo.personas import SENDERS, Kind, Persona, cast
from pro_service.demo.proof import Cast, Proof, prove
from pro_service.demo.protocol import demo_protocol
from pro_service.demo.provider.fake import ProviderFake
from pro_service.demo.provider.server import PROVIDER, build_provider
from pro_service.demo.reading import Reader
from pro_service.demo.staff import Staff
from pro_service.domain.conversation.asking import AT_ONCE
from pro_service.domain.instruments.model import LANGUAGES
from pro_service.services.base.turns import Who
from pro_service.services.exports.adherence import AdherenceReport, report
from pro_service.services.study.plans import load_plan
from pro_service.services.study.protocols import load_protocol
from pro_service.services.study.sites import add_site
from pro_service.services.texting.reminders import open_link
from pro_service.services.visits import enrolment, enrolment_rows
from pro_service.store.base import operations, participants
from pro_service.store.connection import Connection
from pro_service.store.demo import demo as demo_store
from pro_service.store.exports import adherence
from pro_service.store.exports.adherence import ScoreSummary
from pro_service.store.ids import new_id
from pro_service.store.pools import Sizes, connect, open_pools
from pro_service.store.study.studies import SiteRow
from pro_service.vault.keys import KeyRing
from pro_service.vault.signing import SigningRing

ACTOR = "demo:stage"
NEVER_BY_ITSELF = timedelta(days=1).total_seconds()
"""Jobs that study time decides tick this seldom by themselves: `Life` says when it is time."""
FEW: Final[Sizes] = {"participant": 2, "provider": 2, "worker": 2}
"""Connections of a trial that is lived: each plans everything for itself, and few act at once."""
MAPS = (
    "visits",
    "assessments",
    "messages",
    "responses",
    "scores",
    "alerts",
    "reminders",
    "call_tasks",
    "inbounds",
)


Report = dict[str, int | dict[str, int] | dict[str, float]]
"""Figures by name; some are counted by kind, and of measures not all are whole."""


class Lived(NamedTuple):
    """What a run leaves: the report, the tables, the proof."""

    report: Report
    adherence: AdherenceReport
    scores: list[ScoreSummary]
    proof: Proof


@dataclass(frozen=True)
class Trial:
    """The loaded study."""

    study_id: UUID
    instruments: frozenset[str]
    safety_visits: tuple[str, ...]
    """Definitions of the visits at which somebody must be asked, whatever stops questionnaires."""


async def live(
    database_url: str,
    *,
    participants_count: int,
    days: int,
    seed: int,
    progress: Callable[[float], None] = lambda _: None,
) -> Lived:
    """Live a whole trial on a fresh demo database; the same for the same numbers and seed."""
    personas = cast(seed, participants_count)
    async with served(database_url, personas) as (service, provider):
        # Nobody looks at the desk here, and what nobody looks at need not be kept.
        service.context.keeps_outlooks = False
        provider.is_brief = True
        operator = await connect(database_url, role="pro_operator", actor=ACTOR)
        books = await connect(database_url, role=None, actor="demo:proof")
        try:
            trial = await open_trial(operator, service, personas)
            ledger = Ledger()
            cast_list = await take_part(operator, service, provider, trial, personas, ledger)
            await live_on(operator, service, provider, trial, cast_list, days, progress)
            measured = await measure_study(
                *(database_url, service.context, trial.study_id),
                people=[one for one, _ in cast_list],
                starts_at=STARTS_AT,
            )
            return await _look_back(books, service, provider, trial, personas, ledger, measured)
        finally:
            await operator.close()
            await books.close()


@asynccontextmanager
async def served(
    database_url: str, personas: tuple[Persona, ...], settings: Settings | None = None
) -> AsyncIterator[tuple[Service, ProviderFake]]:
    """The service and the provider, each listening, the worker started; on free ports if unset."""
    settings = settings or _own_settings()
    secret = settings.simulator_secret or SecretStr("")
    ours, theirs = (urlsplit(x).port or 0 for x in (settings.public_url, settings.simulator_url))
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(
            open_service(settings, database_url, open_vault(settings), sizes=FEW)
        )
        # Months pass in minutes here: people who waited seconds would double the time it takes.
        service.context.pace = AT_ONCE
        pools = await stack.enter_async_context(
            await open_pools(database_url, roles=["worker"], sizes={"worker": 6})
        )
        provider_app = build_provider(pools.worker, settings.public_url, secret)
        provider = provider_app[PROVIDER]
        provider.faults.unreachable = {one.phone for one in personas if one.kind is Kind.never}
        provider.faults.bad_numbers = {one.phone for one in personas if one.kind is Kind.dead}
        await stack.enter_async_context(listening(provider_app, HOST, theirs))
        await stack.enter_async_context(listening(service.application, HOST, ours))
        for job in service.worker.jobs:
            if job.id in ("close", "call", "seal"):
                job.seconds = NEVER_BY_ITSELF
        service.worker.start()
        stack.push_async_callback(service.worker.stop)
        yield service, provider


def _own_settings() -> Settings:
    ours, theirs = free_ports(2)
    return Settings(
        public_url=f"http://{HOST}:{ours}",
        gateway="simulator",
        simulator_url=f"http://{HOST}:{theirs}",
        simulator_secret=SecretStr(secrets.token_urlsafe(32)),
        vault_keys=_new_keys(),
        index_keys=_new_keys(),
        link_keys=_new_keys(),
        seal_keys=SecretStr(SigningRing.generate().reveal()),
    )


def _new_keys() -> SecretStr:
    return SecretStr(KeyRing.generate().reveal())


async def open_trial(
    operator: Connection,
    service: Service,
    personas: tuple[Persona, ...],
    starts_at: datetime = STARTS_AT,
) -> Trial:
    """Study time, protocol, sites, senders, and everybody enrolled."""
    context = service.context
    await operations.start_clock(operator, starts_at)
    protocol, source, digest = demo_protocol()
    loaded = await load_protocol(operator, context, protocol, source, digest, actor=ACTOR)
    study_id = loaded.study.id
    plan = load_plan_file(example_plan_file())
    why = "the example's own plan"
    await load_plan(operator, context, loaded.study, plan, actor=ACTOR, reason=why)
    for site in demo_sites():
        await add_site(
            operator,
            study_id,
            site,
            provider=context.gateways.first,
            address=SENDERS[site.code],
            actor=ACTOR,
        )
    consent_on = starts_at.date() - SCREENED_BEFORE
    rows = [(n, _enrolment_row(one, consent_on)) for n, one in enumerate(personas, start=2)]
    checked = await enrolment_rows.check_rows(operator, context, study_id, rows)
    await enrolment.enrol(operator, context, checked, actor=ACTOR)
    asked = frozenset(ask.instrument for visit in protocol.visits for ask in visit.asks)
    safety = tuple(visit.id for visit in protocol.visits if visit.nudges == "safety")
    return Trial(study_id, asked, safety)


def demo_sites() -> tuple[SiteRow, ...]:
    """The sites; nobody who takes part has their telephones' numbers."""
    return (
        SiteRow(new_id(), "BJ01", "Site 1", "Asia/Shanghai", "CN", "+12025550198", "120"),
        SiteRow(new_id(), "NY01", "Site 2", "America/New_York", "US", "+12125550198", "911"),
    )


def _enrolment_row(one: Persona, consent_on: date) -> dict[str, str]:
    """A participant as a row of the enrolment file."""
    return {
        "code": one.code,
        "site": one.site,
        "phone": one.phone,
        "language": one.language,
        "zone": one.zone,
        "channel": one.channel,
        "consent_version": "1",
        "consent_on": str(consent_on),
        "messaging_consent": "yes",
        "treated_knees": one.knees,
        "planned_injection_on": str(one.planned_on),
    }


async def take_part(
    operator: Connection,
    service: Service,
    provider: ProviderFake,
    trial: Trial,
    personas: tuple[Persona, ...],
    ledger: Ledger,
) -> list[tuple[Participant, UUID]]:
    """Everybody with a phone in hand, and a study card with the personal code."""
    context = service.context
    instruments = [context.catalogue.instruments[one] for one in sorted(trial.instruments)]
    readers = {one: Reader(context.texts, instruments, one) for one in LANGUAGES}
    items = {item.code: item for instrument in instruments for item in instrument.items}
    found = {
        row.code: (trial.study_id, row.id)
        for row in await participants.list_participants(operator, trial.study_id)
    }
    everybody = await context.reader.facts_of_many(operator, list(found.values()), lean=True)
    people: list[tuple[Participant, UUID]] = []
    for persona in personas:
        facts = everybody[found[persona.code]]
        one = Participant(
            persona,
            provider=provider,
            reader=readers[persona.language],
            items=items,
            ledger=ledger,
            personal_code=facts.personal_code,
        )
        people.append((one, facts.id))
    return people


async def live_on(
    operator: Connection,
    service: Service,
    provider: ProviderFake,
    trial: Trial,
    people: list[tuple[Participant, UUID]],
    days: int,
    progress: Callable[[float], None],
    starts_at: datetime = STARTS_AT,
    staff: Staff | None = None,
) -> None:
    """Go through the days; everybody shuts their browser afterwards."""
    life = Life(
        connection=operator,
        context=service.context,
        worker=service.worker,
        provider=provider,
        study_id=trial.study_id,
        ids={one.persona.code: found for one, found in people},
        participants=[one for one, _ in people],
        site_zones=[site.zone for site in demo_sites()],
        days=days,
        progress=progress,
        starts_at=starts_at,
        staff=staff,
        link_of=lambda found: open_link(
            Who(service.pools.worker, service.context, trial.study_id, found)
        ),
    )
    try:
        await life.live()
    finally:
        for one, _ in people:
            await one.close()


async def _look_back(
    books: Connection,
    service: Service,
    provider: ProviderFake,
    trial: Trial,
    personas: tuple[Persona, ...],
    ledger: Ledger,
    measured: Answered | None,
) -> Lived:
    """The figures of the run and the proof."""
    context, study_id = service.context, trial.study_id
    seen = await report(books, context, study_id)
    scores = await adherence.summarise_scores(books, study_id)
    proof = await prove(
        books,
        study_id,
        instruments=context.catalogue.instruments,
        ledger=ledger,
        provider=provider,
        cast=Cast(
            never_send=[one.code for one in personas if one.kind is Kind.unsent],
            strangers=[one.phone for one in personas if one.kind is Kind.stranger],
            safety_visits=trial.safety_visits,
        ),
        seal_keys=service.sealer.keys.public,
    )
    maps: dict[str, dict[str, int]] = {name: {} for name in MAPS}
    for row in await demo_store.count_everything(books, study_id):
        maps[row.what][row.kind] = row.rows
    maps["assessments"] = {str(state): count for state, count in sorted(seen.states.items())}
    counts: Report = {"participants": len(seen.rows), **maps}
    counts |= {"doubles": proof.doubles, "losses": proof.losses, "too_late": ledger.too_late}
    if measured is not None:
        counts["measures"] = measured.as_report()
        proof = proof._replace(checks=(*proof.checks, measured.check))
    return Lived(counts, seen, scores, proof)
