"""Staff and sites as administrators keep them: whom they see, what they correct."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.instruments.model import Language
from pro_service.domain.record import Record
from pro_service.domain.study.permissions import Role
from pro_service.store.account.links import LinkKind
from pro_service.store.connection import Connection, write
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("account/keeping")


class KeptRole(Record):
    """A role held now; without a site, in the whole study. `kept`: theirs to take back who ask."""

    id: UUID
    role: Role
    site: str | None
    kept: bool


class KeptPerson(Record):
    """Somebody of the staff, as an administrator sees them. Times are machine time, in UTC."""

    person_id: UUID
    staff_id: UUID
    login: str
    name: str | None
    language: Language
    stopped: bool
    """An operator stopped them everywhere."""
    ended: bool
    """Their membership of this study ended."""
    kept: bool
    """Whether their membership is the administrator's to end."""
    resettable: bool
    """Whether their password and second factor are: nobody else's site or study is opened so."""
    last_sign_in: datetime | None
    has_password: bool
    has_factor: bool
    link_kind: LinkKind | None
    link_until: datetime | None
    """Of the link that is open, if one is."""
    roles: tuple[KeptRole, ...]


class LeftOpen(NamedTuple):
    """How much of each kind somebody leaves open."""

    rotas: int
    entries: int
    corrections: int


class SiteWords(NamedTuple):
    """What a site is called, and by which numbers it and help are reached."""

    name: str
    telephone: str
    emergency_number: str


class SiteCorrection(NamedTuple):
    """What a site said before it was corrected (study time), by whom and why."""

    site_id: UUID
    name: str
    telephone: str
    emergency_number: str
    recorded_at: datetime
    actor: str
    reason: str


async def list_staff_kept(connection: Connection, study_id: UUID) -> list[KeptPerson]:
    """The staff of a study whom whoever asks sees, those who left last, by login."""
    rows = await connection.fetch(_SQL["list_staff_kept"], study_id)
    return [KeptPerson.model_validate(dict(row)) for row in rows]


async def count_left_open(connection: Connection, study_id: UUID, staff_id: UUID) -> LeftOpen:
    """What somebody leaves open; nothing where whoever asks administers nothing."""
    row = await connection.fetchrow(_SQL["count_left_open"], study_id, staff_id)
    return LeftOpen(0, 0, 0) if row is None else row_of(LeftOpen, row)


async def end_kept_sessions(
    connection: Connection, study_id: UUID, person_id: UUID, actor: str
) -> int:
    """End somebody's sessions in the study, everywhere where their account is kept here."""
    ended: int = await connection.fetchval(_SQL["end_kept_sessions"], study_id, person_id, actor)
    return ended


async def list_site_corrections(connection: Connection, study_id: UUID) -> list[SiteCorrection]:
    """What sites said before each correction, by site, the newest first."""
    rows = await connection.fetch(_SQL["list_site_corrections"], study_id)
    return [row_of(SiteCorrection, row) for row in rows]


async def correct_site(
    connection: Connection,
    study_id: UUID,
    row_id: UUID,
    *,
    code: str,
    words: SiteWords,
    actor: str,
    reason: str,
) -> bool:
    """Correct a site; False where there is none, or it says all of that. Within a reason."""
    query = _SQL["correct_site"]
    return await write(connection, query, study_id, row_id, code, *words, actor, reason) is not None
