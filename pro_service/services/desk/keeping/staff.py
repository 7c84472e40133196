"""Staff kept at the desk by administrators: who they are, their roles, their membership.

Nobody keeps their own account: another administrator does, or an operator.
"""

from __future__ import annotations

from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.permissions import UNBLINDS, Action, Role
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.keeping.sites import read_sites
from pro_service.services.desk.seat import NotAllowedError, NotHereError, at_clerk, said
from pro_service.services.study import add_staff, end_membership, take_role
from pro_service.store.account import keeping as store
from pro_service.store.account.keeping import KeptPerson, LeftOpen
from pro_service.store.connection import Connection
from pro_service.store.study import people, studies

Opening = str
"""What a role opens that is hidden from others: `allocation` or `answers`."""


class OwnAccountError(ProServiceError):
    """Nobody keeps their own account."""


class ElsewhereTooError(ProServiceError):
    """They work at a site or in a study that is not yours as well."""


class RoleOpensError(ProServiceError):
    """This role un-blinds: it is given for a reason."""

    def __init__(self, opens: Opening) -> None:
        """Keep what the role opens."""
        super().__init__(word=opens)


class SiteNotKeptError(ProServiceError):
    """This site is not yours to staff."""


async def read_staff(hands: Hands) -> list[KeptPerson]:
    """The staff an administrator sees."""
    async with at_clerk(hands.clerk, hands.seat, Action.keep_staff) as connection:
        return await store.list_staff_kept(connection, hands.seat.study_id)


async def read_person(hands: Hands, staff_id: UUID) -> tuple[KeptPerson, LeftOpen]:
    """One of the staff, and what they leave open if they go. Raises NotHereError."""
    async with at_clerk(hands.clerk, hands.seat, Action.keep_staff) as connection:
        person = await _find(connection, hands, staff_id)
        left = await store.count_left_open(connection, hands.seat.study_id, staff_id)
    return person, left


async def give_role(
    hands: Hands, staff_id: UUID, role: Role, site: str | None, reason: str
) -> KeptPerson:
    """Give somebody a further role, from the next request on.

    Raises NotHereError, OwnAccountError, SiteNotKeptError, RoleOpensError.
    """
    await demand_site(hands, site)
    await demand_reason(hands, role, site, reason)
    async with at_clerk(hands.clerk, hands.seat, Action.keep_staff) as connection:
        person = await another(connection, hands, staff_id)
        await people.give_reason(connection, reason.strip())
        await add_staff(
            connection,
            hands.seat.study_id,
            login=named(hands, person),
            language=person.language,
            site_code=site,
            role=role,
            actor=hands.seat.actor,
        )
    return person


async def end_role(hands: Hands, staff_id: UUID, role_id: UUID, reason: str) -> KeptPerson:
    """Take a role back, from the next request on.

    Raises NotHereError, NotAllowedError, OwnAccountError, ReasonMissingError.
    """
    async with at_clerk(hands.clerk, hands.seat, Action.keep_staff) as connection:
        person = await another(connection, hands, staff_id)
        held = next((one for one in person.roles if one.id == role_id), None)
        if held is None:
            raise NotHereError
        if not held.kept:
            raise NotAllowedError
        await take_role(
            connection,
            hands.seat.study_id,
            login=named(hands, person),
            role=held.role,
            site_code=held.site,
            reason=said(reason),
        )
    return person


async def end_member(hands: Hands, staff_id: UUID, reason: str) -> KeptPerson:
    """End somebody's work in this study: every role, and their sessions in it.

    Raises NotHereError, OwnAccountError, ElsewhereTooError, ReasonMissingError.
    """
    async with at_clerk(hands.clerk, hands.seat, Action.keep_staff) as connection:
        person = await another(connection, hands, staff_id)
        if not person.kept:
            raise ElsewhereTooError
        study_id = hands.seat.study_id
        await end_membership(connection, study_id, login=named(hands, person), reason=said(reason))
        await store.end_kept_sessions(connection, study_id, person.person_id, hands.seat.actor)
    return person


async def another(connection: Connection, hands: Hands, staff_id: UUID) -> KeptPerson:
    """Somebody else of the staff. Raises NotHereError, OwnAccountError."""
    person = await _find(connection, hands, staff_id)
    if person.person_id == hands.seat.row.person_id:
        raise OwnAccountError
    return person


def named(hands: Hands, person: KeptPerson) -> str:
    """A name that means this person and nobody of another study."""
    return f"{(hands.seat.row.study or '').lower()}/{person.login}"


async def demand_site(hands: Hands, site: str | None) -> None:
    """Refuse a site that is not theirs to staff. Raises SiteNotKeptError."""
    kept = await read_sites(hands, Action.keep_staff)
    if not (kept.whole if site is None else site in {one.code for one in kept.sites}):
        raise SiteNotKeptError


async def demand_reason(hands: Hands, role: Role, site: str | None, reason: str) -> None:
    """Refuse a role that un-blinds without a reason. Raises RoleOpensError."""
    opens = await _opened_by(hands, role, site)
    if opens is not None and not reason.strip():
        raise RoleOpensError(opens)


async def _opened_by(hands: Hands, role: Role, site: str | None) -> Opening | None:
    """What a role opens that is hidden from others, at a site or anywhere in the study."""
    if role in UNBLINDS:
        return "allocation"
    reader, study_id = hands.context.reader, hands.seat.study_id
    async with at_clerk(hands.clerk, hands.seat, Action.keep_staff) as connection:
        for one in await studies.list_sites(connection, study_id):
            if site not in (None, one.code):
                continue
            version = await studies.find_site_protocol(connection, study_id, one.id)
            if version is None:
                continue
            protocol = await reader.protocol(connection, study_id, version)
            if role in protocol.study.scores_visible_to:
                return "answers"
    return None


async def _find(connection: Connection, hands: Hands, staff_id: UUID) -> KeptPerson:
    staff = await store.list_staff_kept(connection, hands.seat.study_id)
    person = next((one for one in staff if one.staff_id == staff_id), None)
    if person is None:
        raise NotHereError
    return person
