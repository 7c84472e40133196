"""The rota of a site (R10): read with who is on duty and when nobody is, changed by one rule.

Read by whoever sees the site, under row-level security at the desk; the command and the desk write
through the same two functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from pro_service.domain.study.duty import (
    AHEAD,
    Gap,
    RotaEntry,
    Stretch,
    Watch,
    check_entry,
    find_gaps,
    find_watches,
    on_duty,
)
from pro_service.domain.study.permissions import MAY, Action
from pro_service.domain.study.times import zone
from pro_service.services.study.sites import UnknownNameError
from pro_service.store.connection import Connection, DuplicateError
from pro_service.store.desk.desk import DeskSite
from pro_service.store.ids import new_id
from pro_service.store.study import rota as store
from pro_service.store.study.rota import RotaRow

_A_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True)
class SiteRota:
    """A site's rota as it stands now."""

    row: RotaRow
    staff: Mapping[UUID, str]
    """Who may be told here now, by their login: whoever may see an alert and ring."""

    @property
    def site(self) -> DeskSite:
        """The site alone."""
        row = self.row
        return DeskSite(row.id, row.code, row.name, row.zone, row.country)

    def name(self, person: UUID) -> str:
        """The login of somebody of the rota, whether or not they may still be told."""
        return next(one.login for one in self.row.staff if one.id == person)

    def on_duty(self) -> list[Stretch]:
        """Who is told now, in the order of telling."""
        return on_duty(self.row.entries, zone(self.row.zone), self.staff.keys(), self.row.now)

    def gaps(self) -> list[Gap]:
        """When nobody is told in the next 14 days."""
        span = Gap(self.row.now, self.row.now + AHEAD)
        return find_gaps(self.row.entries, zone(self.row.zone), self.staff.keys(), span)

    def week(self) -> list[Watch]:
        """Who is told in the next seven days, from hour to hour."""
        span = Gap(self.row.now, self.row.now + _A_WEEK)
        return find_watches(self.row.entries, zone(self.row.zone), self.staff.keys(), span)

    def find(self, entry_id: UUID) -> RotaEntry | None:
        """What stands in it under this id."""
        return next((one for one in self.row.entries if one.id == entry_id), None)


async def read_rotas(connection: Connection, study_id: UUID) -> list[SiteRota]:
    """The rotas of the sites seen from here, by the sites' codes."""
    roles = MAY[Action.take_alert]
    return [
        SiteRota(row, {one.id: one.login for one in row.staff if not roles.isdisjoint(one.roles)})
        for row in await store.list_rotas(connection, study_id)
    ]


async def find_rota(connection: Connection, study_id: UUID, code: str) -> SiteRota:
    """The rota of a site. Raises UnknownNameError."""
    rotas = await read_rotas(connection, study_id)
    found = next((one for one in rotas if one.row.code == code), None)
    if found is None:
        known = ", ".join(one.row.code for one in rotas) or "none yet"
        raise UnknownNameError(f"There is no site {code}.", mend=f"Known: {known}.")
    return found


async def add_entry(
    connection: Connection, study_id: UUID, rota: SiteRota, entry: RotaEntry, actor: str
) -> bool:
    """Put something into a site's rota; False for a second copy of the same, which changes nothing.

    Raises RotaRefusedError.
    """
    checked = check_entry(entry, rota.staff.keys())
    try:
        await store.insert_rota_entry(connection, study_id, rota.row.id, checked, actor)
    except DuplicateError:
        return False
    return True


async def end_entry(
    connection: Connection, study_id: UUID, rota: SiteRota, entry_id: UUID, actor: str
) -> bool:
    """Take something out of a site's rota from now on; False where somebody was quicker."""
    try:
        await store.end_rota_entry(
            connection, study_id, rota.row.id, entry_id=entry_id, row_id=new_id(), actor=actor
        )
    except DuplicateError:
        return False
    return True
