"""A participant moves to another site of the study: from now on that one sees and acts."""

from __future__ import annotations

from collections.abc import Awaitable

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.services.base.notes import note_about, reasoned
from pro_service.services.base.turns import Plan, Who, turn
from pro_service.store.connection import Connection, Guard
from pro_service.store.ids import new_id
from pro_service.store.study import studies
from pro_service.store.visits import placing


class SameSiteError(ProServiceError):
    """The participant is at this site already."""


class UnknownSiteError(ProServiceError):
    """The study has no site of this code."""


async def move_to_site(who: Who, site_code: str, *, actor: str, reason: str) -> None:
    """Move a participant to the site of a code; version, schedule and answers stay as they are.

    Raises SameSiteError, UnknownSiteError, KeyGoneError, BusyError.
    """
    sites = {site.code: site for site in await studies.list_sites(who.connection, who.study_id)}
    if site_code not in sites:
        raise UnknownSiteError(mend=f"Known: {', '.join(sorted(sites))}.")
    site = sites[site_code]

    async def decide(facts: ParticipantFacts, _: Protocol) -> Plan[None]:
        if facts.site.id == site.id:
            raise SameSiteError
        note = note_about(who.context, facts, reason)

        def write(connection: Connection, guard: Guard) -> Awaitable[None]:
            return placing.move_to_site(connection, guard, new_id(), site.id, actor)

        return reasoned(who, note, Plan(None, write))

    await turn(who, decide)
