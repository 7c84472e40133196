"""The steps of an alert, and the list of alerts against the references of the site's log.

`list_` run as the desk, the rest as the clerk.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.study.follow_up.alert_steps import AlertFacts, Verdict
from pro_service.store.connection import Connection, Guard, write
from pro_service.store.ids import new_id
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("desk/alerts")


@dataclass(frozen=True, kw_only=True)
class AssessmentRow:
    """What an investigator says an alert is; `told` is a note: what the participant was told."""

    id: UUID
    alert_id: UUID
    verdict: Verdict
    reference: str | None
    told: str
    actor: str


class LoggedAlert(NamedTuple):
    """An alert with the assessment that stands, beside the site's log."""

    id: UUID
    code: str
    protocol_version_id: UUID
    site_id: UUID
    rule: str
    severity: str
    raised_at: datetime
    answered_at: datetime | None
    """When the answer was given that a correction changed, which raised this late; None: it is not
    late."""
    seen_at: datetime | None
    seen_by: str | None
    acted_at: datetime | None
    acted_by: str | None
    verdict: Verdict | None
    reference: str | None
    assessed_at: datetime | None
    assessed_by: str | None
    held_until: datetime | None
    held_by: str | None
    """Who has taken it until then; None: nobody has."""
    unmatched: bool
    """Whether it lacks its assessment, or an event its reference."""
    total: int
    unmatched_total: int
    """Of all that are listed, on whichever page, those that lack assessment or reference."""


class ReportedText(NamedTuple):
    """A text that names a sign of harm and raised no alert; without its words."""

    id: UUID
    codes: list[str]
    site_id: UUID
    received_at: datetime
    read_at: datetime | None
    read_by: str | None
    total: int


class LogSpan(NamedTuple):
    """Which alerts are listed: raised in a span, at a site (None: at all one sees)."""

    site_id: UUID | None
    since: datetime
    until: datetime
    earlier_too: bool
    """Whether unmatched ones of any time before are listed, too."""


async def get_alert(
    connection: Connection, study_id: UUID, participant_id: UUID, alert_id: UUID
) -> AlertFacts | None:
    """How far an alert of the participant has come."""
    row = await connection.fetchrow(_SQL["get_alert"], study_id, participant_id, alert_id)
    return None if row is None else AlertFacts.model_validate(dict(row))


async def see_alert(connection: Connection, guard: Guard, alert_id: UUID, actor: str) -> None:
    """Mark an alert as seen. Raises StaleRevisionError."""
    await write(connection, _SQL["see_alert"], *guard, alert_id, actor)


async def take_alert(
    connection: Connection, guard: Guard, alert_id: UUID, actor: str, hold: timedelta
) -> None:
    """Somebody takes an alert for so long (study time). Raises StaleRevisionError."""
    await write(connection, _SQL["take_alert"], *guard, alert_id, actor, new_id(), hold)


async def assess_alert(connection: Connection, guard: Guard, row: AssessmentRow) -> None:
    """Say what an alert is. Raises StaleRevisionError."""
    said = (row.alert_id, row.actor, row.id, row.verdict.value, row.reference, row.told)
    await write(connection, _SQL["assess_alert"], *guard, *said)


async def close_alert(
    connection: Connection, guard: Guard, alert_id: UUID, actor: str, action: str
) -> None:
    """Close an alert and say how it ended. Raises StaleRevisionError."""
    await write(connection, _SQL["close_alert"], *guard, alert_id, actor, action)


async def list_alerts_against_log(
    connection: Connection, study_id: UUID, span: LogSpan, most: int
) -> list[LoggedAlert]:
    """Alerts beside the site's log, unmatched ones first."""
    rows = await connection.fetch(_SQL["list_alerts_against_log"], study_id, *span, most)
    return [
        row_of(
            LoggedAlert, row, verdict=None if row["verdict"] is None else Verdict(row["verdict"])
        )
        for row in rows
    ]


async def list_reports_without_alert(
    connection: Connection, study_id: UUID, span: LogSpan, most: int
) -> list[ReportedText]:
    """Texts of a span that name a sign of harm and raised no alert, unread ones first."""
    query = _SQL["list_reports_without_alert"]
    rows = await connection.fetch(query, study_id, span.site_id, span.since, span.until, most)
    return [row_of(ReportedText, row) for row in rows]
