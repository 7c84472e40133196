"""Who comes in by a link that administrators hand on: whoever is invited, or lost what they had."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from pro_service.domain.instruments.model import Language
from pro_service.domain.study.permissions import Action, Role
from pro_service.services.base.telling import Telling
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.keeping.staff import (
    ElsewhereTooError,
    another,
    demand_reason,
    demand_site,
    named,
)
from pro_service.services.desk.seat import at_clerk, said
from pro_service.services.study import (
    Joining,
    MadeLink,
    ToldAt,
    add_staff,
    check_address,
    make_link,
    reset_factor,
    send_link,
    tell_at,
)
from pro_service.store.account import keeping as store
from pro_service.store.account.keeping import KeptPerson
from pro_service.store.account.links import LinkKind
from pro_service.store.connection import Connection
from pro_service.store.study import people


class Invitation(NamedTuple):
    """Somebody to be invited: who, how they are written to, in which role, where."""

    login: str
    name: str
    language: Language
    email: str
    """Empty: the link is handed on by whoever invites."""
    role: Role
    site: str | None
    """None: in the whole study."""
    reason: str


class Handed(NamedTuple):
    """What inviting or resetting came to: the link, to be handed on if it was not sent."""

    login: str
    joining: Joining
    link: MadeLink | None
    """None: they have a password already."""
    sent: bool


async def invite(hands: Hands, telling: Telling | None, who: Invitation) -> Handed:
    """Add somebody, or give somebody known a role; who has no password yet gets a link.

    Raises SiteNotKeptError, RoleOpensError, LoginError, AddressError, TakenError, UnclearNameError.
    """
    seat, email = hands.seat, check_address(who.email) if who.email.strip() else None
    await demand_site(hands, who.site)
    await demand_reason(hands, who.role, who.site, who.reason)
    link: MadeLink | None = None
    async with at_clerk(hands.clerk, seat, Action.keep_staff) as connection:
        await people.give_reason(connection, who.reason.strip())
        added = await add_staff(
            connection,
            seat.study_id,
            login=who.login,
            name=who.name.strip() or None,
            language=who.language,
            site_code=who.site,
            role=who.role,
            actor=seat.actor,
        )
        if added.joining is Joining.new_person:
            if email is not None:
                await tell_at(
                    *(connection, hands.context, seat.study_id),
                    login=added.login,
                    email=email,
                    actor=seat.actor,
                )
            link = await _link(connection, hands, added.login, "invitation", who.reason)
    sent = await _sent(telling, link, email, who.language)
    return Handed(added.login, added.joining, link, sent)


async def reset_password(
    hands: Hands, telling: Telling | None, staff_id: UUID, email: str, reason: str
) -> Handed:
    """A link to a new password, for who lost theirs or never used their invitation.

    Raises NotHereError, OwnAccountError, ElsewhereTooError, ReasonMissingError, AddressError.
    """
    address = check_address(email) if email.strip() else None
    async with at_clerk(hands.clerk, hands.seat, Action.keep_staff) as connection:
        person = await _resettable(connection, hands, staff_id)
        kind: LinkKind = "reset" if person.has_password else "invitation"
        link = await _link(connection, hands, named(hands, person), kind, said(reason))
    sent = await _sent(telling, link, address, person.language)
    return Handed(person.login, Joining.member, link, sent)


async def reset_second_factor(hands: Hands, staff_id: UUID, reason: str) -> KeptPerson:
    """Take away the second factor of who lost it; their sessions end.

    Raises NotHereError, OwnAccountError, ElsewhereTooError, ReasonMissingError, NoFactorError.
    """
    async with at_clerk(hands.clerk, hands.seat, Action.keep_staff) as connection:
        person = await _resettable(connection, hands, staff_id)
        await reset_factor(
            connection,
            login=named(hands, person),
            reason=said(reason),
            actor=hands.seat.actor,
        )
        await store.end_kept_sessions(
            connection, hands.seat.study_id, person.person_id, hands.seat.actor
        )
    return person


async def _resettable(connection: Connection, hands: Hands, staff_id: UUID) -> KeptPerson:
    person = await another(connection, hands, staff_id)
    if not person.resettable:
        raise ElsewhereTooError
    return person


async def _link(
    connection: Connection, hands: Hands, login: str, kind: LinkKind, reason: str
) -> MadeLink:
    return await make_link(
        connection,
        hands.context.public_url,
        login=login,
        kind=kind,
        actor=hands.seat.actor,
        reason=reason.strip() or None,
    )


async def _sent(
    telling: Telling | None, link: MadeLink | None, email: str | None, language: Language
) -> bool:
    if telling is None or link is None or email is None:
        return False
    return await send_link(telling, link, ToldAt(email, language))
