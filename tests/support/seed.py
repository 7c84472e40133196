"""Rows for tests of the pages: the example study, a participant, open visits, links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

import asyncpg

from pro_service.catalog.channel_files import load_channels
from pro_service.catalog.instrument_files import load_instruments
from pro_service.domain.study.protocol import SafetyRule
from pro_service.messaging.gateways import Gateways
from pro_service.services.base.context import ServiceContext
from pro_service.store.connection import Guard
from pro_service.store.ids import new_id
from pro_service.store.study import studies
from pro_service.store.study.studies import KeyRow, SiteRow, StudyRow
from pro_service.store.visits import schedule
from pro_service.store.visits.schedule import (
    ConsentRow,
    DataKeyRow,
    EnrolmentWrite,
    FirstStatusRow,
    NewParticipantRow,
    PlacingRow,
    ScheduleWrite,
)
from pro_service.store.writes import AssessmentRow, EventRow, VisitRow
from pro_service.texts.catalogue import load_texts
from pro_service.vault.keys import KeyRing
from pro_service.vault.vault import Vault
from tests.support.example import example_study

ACTOR = "test:seed"
PUBLIC_URL = "http://questions.example"
TELEPHONE = "+1 202 555 0143"
BASELINE = (("womac-nrs-3.1", "left_knee"), ("pain-nrs", "left_knee"), ("pga", "person"))


# Without repr: the loop's runner would write one out, with all it holds, after every fixture.
@dataclass(repr=False)
class SeededStudy:
    """A study with one site, and what is needed to add to it."""

    owner: asyncpg.Connection
    context: ServiceContext
    id: UUID
    site_id: UUID
    version_id: UUID


@dataclass(repr=False)
class SeededParticipant:
    """A participant of a seeded study."""

    study: SeededStudy
    id: UUID
    code: str
    visits: dict[str, UUID] = field(default_factory=dict)
    assessments: dict[tuple[str, str, str], UUID] = field(default_factory=dict)


def make_context(public_url: str = PUBLIC_URL) -> ServiceContext:
    """A context with fresh keys."""
    vault = Vault(KeyRing.generate("m1"), KeyRing.generate("i1"), KeyRing.generate("l1"))
    return ServiceContext.of(
        vault,
        load_texts(),
        load_instruments(),
        load_channels(),
        public_url=public_url,
        gateways=Gateways.named("simulator"),
        release="test",
    )


async def seed_study(
    owner: asyncpg.Connection,
    context: ServiceContext,
    *,
    may_not_apply: Sequence[str] | None = None,
    rules: Sequence[SafetyRule] = (),
    screens: str = "grouped",
) -> SeededStudy:
    """The example study with one site.

    `may_not_apply` and `screens` are for WOMAC, in place of what the file says; `rules` are added.
    """
    loaded = example_study()
    document = loaded.protocol.model_dump(mode="json")
    if may_not_apply is not None:
        document["instruments"]["womac-nrs-3.1"]["may_not_apply"] = list(may_not_apply)
    document["instruments"]["womac-nrs-3.1"]["screens"] = screens
    document["safety"]["rules"] += [rule.model_dump(mode="json") for rule in rules]
    study = SeededStudy(owner, context, new_id(), new_id(), new_id())
    code = loaded.protocol.study.code
    await studies.insert_study(owner, StudyRow(study.id, code, "Example", "Study team"), ACTOR)
    key = context.keys.vault.new_data_key()
    await studies.insert_study_key(owner, study.id, KeyRow(key.id, key.wrapped, key.wrapping_key))
    await studies.insert_protocol_version(
        owner,
        study.id,
        study.version_id,
        content_sha256=loaded.content_sha256,
        label="1",
        source=loaded.text,
        document=document,
        actor=ACTOR,
    )
    site = SiteRow(study.site_id, "S1", "Site 1", "Europe/London", "GB", TELEPHONE, "999")
    await studies.insert_site(owner, study.id, site, ACTOR)
    return study


async def seed_participant(
    study: SeededStudy,
    *,
    code: str = "P-001",
    personal_code: str = "A234567",
    language: str = "en",
    status: str = "active",
    injected_days_ago: int | None = None,
) -> SeededParticipant:
    """A participant without visits; the injection, if any, lies whole days back."""
    participant = SeededParticipant(study, new_id(), code)
    key = study.context.keys.vault.new_data_key()
    document = EnrolmentWrite(
        participant=NewParticipantRow(
            id=participant.id,
            code=code,
            personal_code=personal_code,
            protocol_version_id=study.version_id,
            language=language,
            zone="Europe/London",
            channel="link",
            treated_knees=("left_knee",),
            actor=ACTOR,
        ),
        placing=PlacingRow(id=new_id(), site_id=study.site_id),
        data_key=DataKeyRow(id=key.id, wrapped=key.wrapped, wrapping_key=key.wrapping_key),
        consent=ConsentRow(
            id=new_id(),
            version="1",
            signed_on=date(2026, 1, 5),
            messages=True,
            cross_border=False,
            caregiver=False,
        ),
        status=FirstStatusRow(id=new_id(), status=status),
    )
    await schedule.insert_participants(study.owner, study.id, [document])
    if injected_days_ago is not None:
        await seed_injection(participant, timedelta(days=injected_days_ago))
    return participant


async def seed_injection(participant: SeededParticipant, ago: timedelta = timedelta(0)) -> None:
    """Injection 1, so long before now (study time), of no knee in particular."""
    now = await participant.study.owner.fetchval("SELECT pro.now()")
    event = EventRow(
        id=new_id(),
        kind="injection",
        ordinal=1,
        target=None,
        planned_on=None,
        occurred_at=now - ago,
        actor=ACTOR,
        reason=None,
    )
    await _write(participant, ScheduleWrite("seed", events=[event]))


async def seed_visit(
    participant: SeededParticipant,
    definition: str = "baseline",
    *,
    asks: Sequence[tuple[str, str]] = BASELINE,
    opens: timedelta = timedelta(days=-1),
    closes: timedelta | None = timedelta(days=5),
    provisional: bool = False,
) -> UUID:
    """A visit that opens and closes this far from now (study time), with its assessments."""
    now = await participant.study.owner.fetchval("SELECT pro.now()")
    visit_id = new_id()
    visit = VisitRow(
        id=visit_id,
        definition=definition,
        kind="unscheduled" if definition == "unscheduled" else "scheduled",
        occurrence=1,
        schedule_revision=1,
        provisional=provisional,
        opens_at=now + opens,
        target_on=(now + opens).date(),
        closes_at=None if closes is None else now + closes,
        actor=ACTOR,
    )
    document = ScheduleWrite("seed", visits=[visit])
    for instrument, target in asks:
        row = AssessmentRow(
            id=new_id(), visit_id=visit_id, instrument=instrument, target=target, actor=ACTOR
        )
        participant.assessments[definition, instrument, target] = row.id
        document.assessments.append(row)
    await _write(participant, document)
    participant.visits[definition] = visit_id
    return visit_id


async def seed_link(
    participant: SeededParticipant,
    definition: str = "baseline",
    *,
    expires: timedelta | None = timedelta(days=5),
) -> str:
    """A link to a visit; returns its token."""
    study = participant.study
    vault = study.context.keys.vault
    invitation_id = new_id()
    token = vault.link_token(invitation_id)
    await study.owner.execute(
        "INSERT INTO pro.invitations (study_id, id, participant_id, visit_id, token_sha256,"
        " link_key, expires_at, actor)"
        " VALUES ($1, $2, $3, $4, $5, $6, pro.now() + $7::interval, $8)",
        study.id,
        invitation_id,
        participant.id,
        participant.visits[definition],
        vault.token_hash(token),
        vault.link_key_id,
        expires,
        ACTOR,
    )
    return token


async def _write(participant: SeededParticipant, document: ScheduleWrite) -> None:
    """One write of the schedule at the present revision."""
    study = participant.study
    revision = await study.owner.fetchval(
        "SELECT revision FROM pro.participant_revisions"
        " WHERE study_id = $1 AND participant_id = $2",
        study.id,
        participant.id,
    )
    guard = Guard(study.id, participant.id, revision)
    await schedule.write_schedule(study.owner, guard, document)
