"""Templates a provider approved beforehand, and what has none yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.delivery.registered import Registration, Template
from pro_service.domain.instruments.model import Language
from pro_service.store.connection import Connection
from pro_service.store.ids import new_id
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("texting/registered")


class TemplateRow(NamedTuple):
    """A stored template, of which sender it is, and whether texts go out with it now."""

    provider: str
    address: str
    key: str
    language: Language
    code: str
    signature: str
    words: str
    variables: tuple[str, ...]
    approved_on: date
    retired_on: date | None
    in_force: bool
    sender_id: UUID

    @property
    def template(self) -> Template:
        """What was loaded, to tell the same again from another."""
        known = self._asdict()
        return Template.model_validate({name: known[name] for name in Template.model_fields})


class GapRow(NamedTuple):
    """Something that was to be said and has no registration."""

    study: str
    provider: str
    address: str
    key: str
    language: Language
    recorded_at: datetime
    """When it was first missed (study time)."""


async def list_registered(
    connection: Connection, study_id: UUID, sender_id: UUID
) -> list[Registration]:
    """The registrations of a sender that are in force."""
    rows = await connection.fetch(_SQL["list_registered"], study_id, sender_id)
    return [Registration(**{**row, "variables": tuple(row["variables"])}) for row in rows]


async def list_templates(connection: Connection, study_id: UUID) -> list[TemplateRow]:
    """The templates of the study's senders, as they were stored last."""
    rows = await connection.fetch(_SQL["list_templates"], study_id)
    return [row_of(TemplateRow, row, variables=tuple(row["variables"])) for row in rows]


async def insert_templates(
    connection: Connection,
    study_id: UUID,
    sender_id: UUID,
    templates: Sequence[Template],
    actor: str,
) -> None:
    """Store templates of a sender; each takes the place of the one of its key and language."""
    rows = [{"id": new_id(), **one.model_dump(mode="json")} for one in templates]
    await connection.fetch(_SQL["insert_templates"], study_id, sender_id, actor, rows)


async def record_gap(
    connection: Connection, study_id: UUID, sender_id: UUID, key: str, language: str, actor: str
) -> None:
    """Note that a key and language of a sender lack a registration; once is enough."""
    await connection.execute(
        _SQL["record_gap"], study_id, new_id(), sender_id, key, language, actor
    )


async def list_gaps(connection: Connection) -> list[GapRow]:
    """What lacks a registration, in every study."""
    return [row_of(GapRow, row) for row in await connection.fetch(_SQL["list_gaps"])]
