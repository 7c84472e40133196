"""Notices to staff: which alerts somebody is to be told of, and what became of each telling."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from pro_service.domain.delivery.senders import SenderFacts
from pro_service.domain.study.duty import AlertClock, DueNotice, NoticeState, Told
from pro_service.store.connection import Connection, write
from pro_service.store.ids import new_id
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("calling/notices")


class AlertToTell(NamedTuple):
    """A participant's newest urgent alert that is not assessed, where they are now, its clock."""

    study_id: UUID
    id: UUID
    participant_id: UUID
    protocol_version_id: UUID
    site_id: UUID
    clock: AlertClock


async def list_alerts_to_tell(
    connection: Connection, limit: int, lease: timedelta
) -> list[AlertToTell]:
    """Who has urgent alerts not assessed; a claim older than `lease` is of unknown fate."""
    rows = await connection.fetch(_SQL["list_alerts_to_tell"], limit, lease)
    return [
        AlertToTell(
            row["study_id"],
            row["id"],
            row["participant_id"],
            row["protocol_version_id"],
            row["site_id"],
            AlertClock(
                row["now"],
                row["raised_at"],
                row["held_until"],
                [_told(one) for one in row["told"]],
            ),
        )
        for row in rows
    ]


async def list_senders_for_notices(
    connection: Connection, study_id: UUID, site_id: UUID
) -> list[SenderFacts]:
    """Our addresses from which staff of a site may be written to, the nearest first."""
    rows = await connection.fetch(_SQL["list_senders_for_notices"], study_id, site_id)
    return [SenderFacts(**dict(row)) for row in rows]


async def claim_notice(
    connection: Connection, alert: AlertToTell, due: DueNotice, actor: str
) -> UUID | None:
    """Begin to tell somebody; None where it is told, taken or assessed meanwhile."""
    row = await write(
        connection,
        _SQL["claim_notice"],
        alert.study_id,
        new_id(),
        alert.participant_id,
        alert.id,
        alert.site_id,
        due.person,
        due.ladder_at,
        due.step,
        due.try_,
        new_id(),
        actor,
    )
    return None if row is None else row["notice_id"]


async def record_notice_step(
    connection: Connection, study_id: UUID, notice_id: UUID, state: NoticeState, actor: str
) -> None:
    """Say what became of a notice."""
    await write(connection, _SQL["record_notice_step"], study_id, notice_id, new_id(), state, actor)


def _told(one: Mapping[str, Any]) -> Told:
    return Told(
        person=UUID(one["person"]),
        ladder_at=datetime.fromisoformat(one["ladder_at"]),
        step=one["step"],
        try_=one["try"],
        made_at=datetime.fromisoformat(one["made_at"]),
        state=NoticeState(one["state"]),
    )
