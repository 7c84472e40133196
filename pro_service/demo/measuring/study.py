"""A lived study measured: everybody examined, everything read and locked, the question asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from pro_service.demo.measuring.asking import Answered, ask
from pro_service.demo.measuring.exams import Examinee
from pro_service.demo.measuring.keeping import ACTOR, Office, keep_measures
from pro_service.demo.participant import Participant
from pro_service.domain.study.times import local_day, zone
from pro_service.services.base.context import ServiceContext
from pro_service.store.base import operations
from pro_service.store.pools import connect

SCREENED_BEFORE: Final = timedelta(days=2)
"""Consent and screening are so long before the study's first day."""


async def measure_study(
    database_url: str,
    context: ServiceContext,
    study_id: UUID,
    people: Sequence[Participant],
    starts_at: datetime,
) -> Answered | None:
    """Keep what was measured until now, and ask what it says; None: nobody was injected."""
    examinees = [_examinee(one, starts_at) for one in people]
    connection = await connect(database_url, role="pro_operator", actor=ACTOR)
    try:
        office = Office(connection, context, study_id)
        now = await operations.get_study_time(connection)
        await keep_measures(office, examinees, now.date())
        if all(one.injected_on is None for one in examinees):
            return None
        return await ask(office, examinees)
    finally:
        await connection.close()


def _examinee(one: Participant, starts_at: datetime) -> Examinee:
    injected_on = None
    if one.injected_at is not None:
        injected_on = local_day(one.injected_at, zone(one.persona.zone))
    screened_on = starts_at.date() - SCREENED_BEFORE
    return Examinee(one.persona, screened_on, injected_on, one.dead)
