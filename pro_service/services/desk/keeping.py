"""Staff and sites kept at the desk by administrators, who see nobody's record.

The same services as the commands `staff` and `site`; the database holds an administrator to the
sites where they are one. Nobody keeps their own account: another administrator does, or an
operator.
"""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Language
from pro_service.domain.study.permissions import UNBLINDS, Action, Role
from pro_service.services.base.telling import Telling
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.seat import NotAllowedError, NotHereError, at_clerk, said
from pro_service.services.study import (
    Joining,
    MadeLink,
    ToldAt,
    add_staff,
    check_address,
    correct_sender,
    correct_site,
    end_membership,
    make_link,
    reset_factor,
    send_link,
    sender_address,
    take_role,
    tell_at,
)
from pro_service.store.account import keeping as store
from pro_service.store.account.keeping import KeptPerson, LeftOpen, SiteCorrection, SiteWords
from pro_service.store.account.links import LinkKind
from pro_service.store.connection import Connection
from pro_service.store.study import people, studies
from pro_service.store.study.studies import SiteRow
from pro_service.store.texting import sending
from pro_service.store.texting.sending import SenderMove, SenderRow

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


class KeptSites(NamedTuple):
    """The sites an administrator keeps, and whether those are all of the study."""

    sites: list[SiteRow]
    whole: bool


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


class KeptSender(NamedTuple):
    """One of our addresses as an administrator keeps it, and what it was before, the latest
    first."""

    row: SenderRow
    before: list[SenderMove]


async def read_senders(hands: Hands) -> list[KeptSender]:
    """The senders of an administrator's sites that are in use; of the whole study, if all are."""
    kept = await read_sites(hands, Action.keep_sites)
    mine: set[str | None] = {one.code for one in kept.sites}
    mine |= {None} if kept.whole else set()
    async with at_clerk(hands.clerk, hands.seat, Action.keep_sites) as connection:
        rows = await sending.list_senders(connection, hands.seat.study_id)
        moves = await sending.list_sender_moves(connection, hands.seat.study_id)
    return [
        KeptSender(one, _before(one.id, moves)) for one in rows if one.in_use and one.site in mine
    ]


def _before(sender_id: UUID, moves: list[SenderMove]) -> list[SenderMove]:
    """By which moves a sender came to be what it is, the latest first."""
    came, now = [], sender_id
    for one in moves:
        if one.to_id == now:
            came.append(one)
            now = one.from_id
    return came


async def correct_address(hands: Hands, sender_id: UUID, address: str, reason: str) -> bool:
    """Correct a sender's number or signature; False where it is that already.

    Raises NotHereError, ReasonMissingError, PhoneError, AddressFormError, TakenError.
    """
    kept = next((one.row for one in await read_senders(hands) if one.row.id == sender_id), None)
    if kept is None:
        raise NotHereError
    channels, study_id = hands.context.channels, hands.seat.study_id
    if sender_address(channels, kept.provider, address) == kept.address:
        return False
    async with at_clerk(hands.clerk, hands.seat, Action.keep_sites) as connection:
        await correct_sender(
            *(connection, channels, study_id, sender_id, address),
            actor=hands.seat.actor,
            reason=said(reason),
        )
    return True


async def read_sites(hands: Hands, action: Action) -> KeptSites:
    """The sites where an administrator may do something."""
    async with at_clerk(hands.clerk, hands.seat, action) as connection:
        every = await studies.list_sites(connection, hands.seat.study_id)
    mine = [one for one in every if hands.seat.may(action, one.id)]
    return KeptSites(mine, len(mine) == len(every))


async def read_corrections(hands: Hands) -> list[SiteCorrection]:
    """What the sites of the study said before they were corrected, the newest first."""
    async with at_clerk(hands.clerk, hands.seat, Action.keep_sites) as connection:
        return await store.list_site_corrections(connection, hands.seat.study_id)


async def invite(hands: Hands, telling: Telling | None, who: Invitation) -> Handed:
    """Add somebody, or give somebody known a role; who has no password yet gets a link.

    Raises SiteNotKeptError, RoleOpensError, LoginError, AddressError, TakenError, UnclearNameError.
    """
    seat, email = hands.seat, check_address(who.email) if who.email.strip() else None
    await _demand_site(hands, who.site)
    await _demand_reason(hands, who.role, who.site, who.reason)
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


async def give_role(
    hands: Hands, staff_id: UUID, role: Role, site: str | None, reason: str
) -> KeptPerson:
    """Give somebody a further role, from the next request on.

    Raises NotHereError, OwnAccountError, SiteNotKeptError, RoleOpensError.
    """
    await _demand_site(hands, site)
    await _demand_reason(hands, role, site, reason)
    async with at_clerk(hands.clerk, hands.seat, Action.keep_staff) as connection:
        person = await _another(connection, hands, staff_id)
        await people.give_reason(connection, reason.strip())
        await add_staff(
            connection,
            hands.seat.study_id,
            login=_named(hands, person),
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
        person = await _another(connection, hands, staff_id)
        held = next((one for one in person.roles if one.id == role_id), None)
        if held is None:
            raise NotHereError
        if not held.kept:
            raise NotAllowedError
        await take_role(
            connection,
            hands.seat.study_id,
            login=_named(hands, person),
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
        person = await _another(connection, hands, staff_id)
        if not person.kept:
            raise ElsewhereTooError
        study_id = hands.seat.study_id
        await end_membership(connection, study_id, login=_named(hands, person), reason=said(reason))
        await store.end_kept_sessions(connection, study_id, person.person_id, hands.seat.actor)
    return person


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
        link = await _link(connection, hands, _named(hands, person), kind, said(reason))
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
            login=_named(hands, person),
            reason=said(reason),
            actor=hands.seat.actor,
        )
        await store.end_kept_sessions(
            connection, hands.seat.study_id, person.person_id, hands.seat.actor
        )
    return person


async def correct(hands: Hands, code: str, words: SiteWords, reason: str) -> bool:
    """Correct a site; False where it says all of that already.

    Raises NotHereError, ReasonMissingError, SiteWrongError.
    """
    kept = await read_sites(hands, Action.keep_sites)
    if code not in {one.code for one in kept.sites}:
        raise NotHereError
    async with at_clerk(hands.clerk, hands.seat, Action.keep_sites) as connection:
        return await correct_site(
            *(connection, hands.seat.study_id, code, words),
            reason=said(reason),
            actor=hands.seat.actor,
        )


async def _find(connection: Connection, hands: Hands, staff_id: UUID) -> KeptPerson:
    staff = await store.list_staff_kept(connection, hands.seat.study_id)
    person = next((one for one in staff if one.staff_id == staff_id), None)
    if person is None:
        raise NotHereError
    return person


async def _another(connection: Connection, hands: Hands, staff_id: UUID) -> KeptPerson:
    person = await _find(connection, hands, staff_id)
    if person.person_id == hands.seat.row.person_id:
        raise OwnAccountError
    return person


async def _resettable(connection: Connection, hands: Hands, staff_id: UUID) -> KeptPerson:
    person = await _another(connection, hands, staff_id)
    if not person.resettable:
        raise ElsewhereTooError
    return person


def _named(hands: Hands, person: KeptPerson) -> str:
    """A name that means this person and nobody of another study."""
    return f"{(hands.seat.row.study or '').lower()}/{person.login}"


async def _demand_site(hands: Hands, site: str | None) -> None:
    kept = await read_sites(hands, Action.keep_staff)
    if not (kept.whole if site is None else site in {one.code for one in kept.sites}):
        raise SiteNotKeptError


async def _demand_reason(hands: Hands, role: Role, site: str | None, reason: str) -> None:
    opens = await opened_by(hands, role, site)
    if opens is not None and not reason.strip():
        raise RoleOpensError(opens)


async def opened_by(hands: Hands, role: Role, site: str | None) -> Opening | None:
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
