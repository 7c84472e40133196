"""A study whose texts go through a provider of mainland China, with templates it approved."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

import asyncpg

from pro_service.domain.delivery.registered import Template
from pro_service.services.base.context import ServiceContext
from pro_service.services.study.protocols import load_protocol
from pro_service.services.study.registrations import draft_templates, load_templates
from pro_service.services.study.sites import add_site
from pro_service.services.visits import enrolment, enrolment_rows
from pro_service.store.base import operations
from pro_service.store.ids import new_id
from pro_service.store.pools import connect
from pro_service.store.study.studies import SiteRow
from tests.support.china.account import SIGNATURE, Approved
from tests.support.example import example_study
from tests.support.study import ACTOR, STARTED_AT, ZONE, row

FIRST_CODE: Final = 1110


def number_of(participant: int) -> str:
    """A participant's number in E.164."""
    return f"+86138{participant:08}"


async def fill_trial(
    url: str, context: ServiceContext, provider: str, participants: int
) -> tuple[tuple[str, ...], tuple[Approved, ...]]:
    """A study with one site, and participants whose first reminder is due.

    Their numbers, and what the provider has approved. No connection stays open.
    """
    operator = await connect(url, role="pro_operator", actor=ACTOR)
    try:
        await operations.start_clock(operator, STARTED_AT)
        protocol, source, sha256 = example_study()
        loaded = await load_protocol(operator, context, protocol, source, sha256, actor=ACTOR)
        site = SiteRow(new_id(), "BJ01", "Site BJ01", ZONE, "CN", "+12025550198", "120")
        study_id = loaded.study.id
        await add_site(operator, study_id, site, provider=provider, address=SIGNATURE, actor=ACTOR)
        approved = await approve_templates(operator, context, study_id)
        numbers = [number_of(n) for n in range(1, participants + 1)]
        rows = [row(f"K-{n:03}", phone=phone) for n, phone in enumerate(numbers, start=1)]
        table = list(enumerate(rows, start=2))
        checked = await enrolment_rows.check_rows(operator, context, study_id, table)
        await enrolment.enrol(operator, context, checked, actor=ACTOR)
        due_at = await operator.fetchval(
            "SELECT min(due_at) FROM pro.reminders WHERE ended_at IS NULL"
        )
        await operations.move_clock(operator, due_at)
    finally:
        await operator.close()
    return tuple(numbers), approved


async def approve_templates(
    operator: asyncpg.Connection[asyncpg.Record], context: ServiceContext, study_id: UUID
) -> tuple[Approved, ...]:
    """Load every template there can be for our sender, as if handed in and approved."""
    drafts = await draft_templates(operator, context, study_id, SIGNATURE)
    templates = [
        Template(
            key=one.key,
            language=one.language,
            code=str(code),
            signature=one.signature,
            words=one.words,
            variables=one.variables,
            approved_on=date(2026, 1, 1),
        )
        for code, one in enumerate(drafts, start=FIRST_CODE)
    ]
    await load_templates(operator, study_id, SIGNATURE, templates, actor=ACTOR)
    return tuple(Approved(one.code, one.signature, one.variables) for one in templates)
