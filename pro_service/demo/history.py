"""The live demo's past: a trial that began some days ago, lived until this moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Final
from uuid import UUID

from pydantic import SecretStr

from pro_service.config import Settings
from pro_service.demo.doors import (
    ADMINISTRATOR,
    DATA_MANAGER,
    LOGINS,
    MONITOR,
    OUTSIDE,
)
from pro_service.demo.inbox import set_rota
from pro_service.demo.leaving import write_to_staff
from pro_service.demo.ledger import Ledger
from pro_service.demo.links import hand_out_links
from pro_service.demo.measuring.study import measure_study
from pro_service.demo.personas import EARLIEST_INJECTION, FIRST_DAY, Persona, cast
from pro_service.demo.staff import LEFT_FOR_THE_VISITOR, seat_staff
from pro_service.demo.stage import ACTOR, live_on, open_trial, served, take_part
from pro_service.domain.study.permissions import Role
from pro_service.services.study.staff import make_staff
from pro_service.services.visits import refresh_outlooks
from pro_service.store.base import operations
from pro_service.store.connection import Connection
from pro_service.store.pools import connect
from pro_service.store.study.studies import list_sites

OPERATOR: Final = "pro_operator"
FIRST_INJECTION: Final = timedelta(days=3)
"""So early that, half a year later, everybody's questions are open and some have been asked."""


async def live_until_now(
    database_url: str,
    settings: Settings,
    *,
    participants_count: int,
    days: int,
    seed: int,
    password: SecretStr,
    progress: Callable[[float], None],
) -> None:
    """Live `days` days on a fresh demo database, so that study time ends as real time."""
    operator = await connect(database_url, role=OPERATOR, actor=ACTOR)
    try:
        began = monotonic()
        now = await operations.get_study_time(operator)
        starts_at = now - timedelta(days=days)
        personas = shifted(cast(seed, participants_count), starts_at)
        async with served(database_url, personas, settings) as (service, provider):
            trial = await open_trial(operator, service, personas, starts_at)
            await _staff(operator, trial.study_id, password)
            await set_rota(
                *(operator, service.context, trial.study_id),
                first=LOGINS["coordinator"],
                then=LOGINS["investigator"],
                outside=OUTSIDE,
                since=starts_at.date(),
                actor=ACTOR,
            )
            staff = await seat_staff(
                service.pools,
                service.context,
                (LOGINS["coordinator"], LOGINS["investigator"]),
                password.get_secret_value(),
                until=now - LEFT_FOR_THE_VISITOR,
            )
            people = await take_part(operator, service, provider, trial, personas, Ledger())
            # What the desk's list keeps is made once the visitor comes, and not every evening.
            service.context.keeps_outlooks, provider.is_brief = False, True
            await live_on(
                operator, service, provider, trial, people, days, progress, starts_at, staff
            )
            await measure_study(
                *(database_url, service.context, trial.study_id),
                people=[one for one, _ in people],
                starts_at=starts_at,
            )
            await operations.move_clock(operator, now + timedelta(seconds=monotonic() - began))
            await write_to_staff(personas, provider)
            await service.worker.settle()
            await provider.drain()
            await hand_out_links(service, trial.study_id)
            ids = [found for _, found in people]
            await refresh_outlooks(service.pools.worker, service.context, trial.study_id, ids)
    finally:
        await operator.close()


def shifted(personas: tuple[Persona, ...], starts_at: datetime) -> tuple[Persona, ...]:
    """The same people in a trial that begins on another day (UTC)."""
    by = starts_at.date() + FIRST_INJECTION - (FIRST_DAY + EARLIEST_INJECTION)
    return tuple(replace(one, planned_on=one.planned_on + by) for one in personas)


async def _staff(operator: Connection, study_id: UUID, password: SecretStr) -> None:
    for site in await list_sites(operator, study_id):
        for role, login in LOGINS.items():
            await make_staff(
                operator,
                study_id,
                login=login,
                password=password.get_secret_value(),
                site=site.code,
                role=role,
                actor=ACTOR,
            )
    everywhere: tuple[tuple[str, Role], ...] = (
        (OUTSIDE, Role.investigator),
        (DATA_MANAGER, Role.data_manager),
        (MONITOR, Role.monitor),
        (ADMINISTRATOR, Role.administrator),
    )
    for login, role in everywhere:
        await make_staff(
            operator,
            study_id,
            login=login,
            password=password.get_secret_value(),
            site=None,
            role=role,
            actor=ACTOR,
        )
