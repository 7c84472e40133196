"""People, and their membership of studies: added, ended, stopped, joined; all as an operator.

A person is one for all studies: one login, one password. What a study knows of them is a
membership, with roles at its sites; the record names them by it. Whatever ends here works at the
next request.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Language
from pro_service.domain.study.entering import Duty
from pro_service.domain.study.people import as_typed, check_login
from pro_service.domain.study.permissions import Role
from pro_service.services.study.passwords import Passwords, check_password
from pro_service.services.study.sites import TakenError, UnknownNameError, site_id_of
from pro_service.store.api.keys import find_program
from pro_service.store.connection import Connection, DuplicateError, transaction
from pro_service.store.ids import new_id
from pro_service.store.study import people, studies
from pro_service.store.study.people import DutyRow, NamedPersonRow


class UnclearNameError(ProServiceError):
    """Several people have this name."""


class NotJoinedError(ProServiceError):
    """These two cannot be made one person."""


class ProgramSignsInError(ProServiceError):
    """A program never signs in: it has no password."""


class Joining(Enum):
    """What adding somebody to a study came to."""

    new_person = "new_person"
    """Nobody of this name was known; they need a password."""
    known_person = "known_person"
    """Somebody known is in this study now too, with the password they have."""
    again = "again"
    """Their membership had ended and holds again."""
    member = "member"
    """They were in this study already."""


class Added(NamedTuple):
    """Who was added, by their login, and what it came to."""

    login: str
    joining: Joining


async def add_staff(
    connection: Connection,
    study_id: UUID,
    *,
    login: str,
    language: str,
    site_code: str | None,
    role: str,
    actor: str,
    name: str | None = None,
) -> Added:
    """Give somebody a role in a study; who is not known yet is added, a known password stays.

    `name` is how somebody new is called in print, beside their login.

    Without a site the role is held in the whole study: at every site, those added later included.
    Raises UnknownNameError, UnclearNameError, LoginError, TakenError.
    """
    site_id = await site_id_of(connection, study_id, site_code)
    if role not in Role.__members__:
        raise UnknownNameError(f"There is no role {role}.", mend=f"Known: {', '.join(Role)}.")
    async with transaction(connection) as connection:
        person = await _find(connection, login, study_id)
        if person is None:
            person = NamedPersonRow(new_id(), check_login(login), disabled=False)
            await people.insert_person(
                connection,
                person.id,
                login=person.login,
                name=name,
                language=language,
                actor=actor,
            )
            joining = Joining.new_person
        else:
            joining = Joining.known_person
        staff_id, joining = await _join_study(connection, study_id, person, joining, actor)
        await studies.insert_assignment(
            connection,
            study_id,
            new_id(),
            staff_id=staff_id,
            site_id=site_id,
            role=role,
            actor=actor,
        )
    return Added(person.login, joining)


async def _join_study(
    connection: Connection, study_id: UUID, person: NamedPersonRow, joining: Joining, actor: str
) -> tuple[UUID, Joining]:
    """The person's membership, made or opened again if need be. Raises TakenError."""
    known = await people.find_membership(connection, study_id, person.id)
    if known is not None and not known.ended:
        return known.id, Joining.member
    if known is not None:
        await people.give_reason(connection, "added to the study again")
        await people.reopen_membership(connection, study_id, known.id)
        return known.id, Joining.again
    staff_id = new_id()
    try:
        await people.insert_membership(
            connection, study_id, staff_id, person_id=person.id, login=person.login, actor=actor
        )
    except DuplicateError:
        raise TakenError(
            f"This study knows somebody else as {person.login}.",
            mend="If they are one person: pro-service staff join. Else take another login.",
        ) from None
    return staff_id, joining


async def _find(
    connection: Connection, login: str, study_id: UUID | None = None
) -> NamedPersonRow | None:
    """Whom a name means; of several the one this study knows. Raises UnclearNameError."""
    found = await people.list_people_named(connection, as_typed(login))
    if len(found) > 1 and study_id is not None:
        members = [
            one
            for one in found
            if await people.find_membership(connection, study_id, one.id) is not None
        ]
        found = members or found
    if len(found) > 1:
        known = ", ".join(one.login for one in found)
        raise UnclearNameError(f"Several people are called {login}.", mend=f"Name one: {known}.")
    return found[0] if found else None


_ADD_THEM: Final = "See pro-service staff list, or add them: pro-service staff add."


async def find_known(
    connection: Connection, login: str, study_id: UUID | None = None, *, mend: str = _ADD_THEM
) -> NamedPersonRow:
    """Whom a name means; `mend` helps where it is nobody's.

    Raises UnknownNameError, UnclearNameError.
    """
    person = await _find(connection, login, study_id)
    if person is None:
        raise UnknownNameError(f"There is nobody called {as_typed(login)}.", mend=mend)
    return person


async def find_person(connection: Connection, login: str) -> NamedPersonRow:
    """Whom a name means, who signs in. Raises what `find_known` raises, ProgramSignsInError."""
    person = await find_known(connection, login)
    if await find_program(connection, person.id) is not None:
        raise ProgramSignsInError(mend="It uses a key: pro-service api-key new.")
    return person


async def set_password(
    connection: Connection, passwords: Passwords, *, login: str, password: str, actor: str
) -> str:
    """Give a person a password, as an operator; their open sessions end, in every study.

    Returns their login. Raises UnknownNameError, UnclearNameError, WeakPasswordError,
    ProgramSignsInError.
    """
    check_password(as_typed(login), password)
    person = await find_person(connection, login)
    await people.set_person_password(
        connection,
        person.id,
        new_id(),
        password_hash=await passwords.hash(password),
        actor=actor,
    )
    return person.login


async def revoke_sessions(connection: Connection, *, login: str, actor: str) -> int:
    """End every session of a person; returns how many.

    Raises UnknownNameError, UnclearNameError.
    """
    person = await find_known(connection, login)
    return await people.end_person_sessions(connection, person.id, "revoked", actor)


async def end_membership(
    connection: Connection, study_id: UUID, *, login: str, reason: str
) -> None:
    """End a person's work in a study, with every role there; in other studies they go on.

    Raises UnknownNameError, UnclearNameError.
    """
    async with transaction(connection) as connection:
        person = await find_known(connection, login, study_id)
        await people.give_reason(connection, reason)
        if not await people.end_membership(connection, study_id, person.id):
            raise UnknownNameError(
                f"{person.login} is no member of this study.", mend="See pro-service staff list."
            )


async def say_duty(
    connection: Connection,
    study_id: UUID,
    *,
    login: str,
    duty: Duty,
    held: bool,
    reason: str,
    actor: str,
) -> str:
    """Say that a member of a study has a duty that keeps them from entering answers, or no more.

    Returns their login. Raises UnknownNameError, UnclearNameError.
    """
    person = await find_known(connection, login, study_id)
    row = DutyRow(new_id(), person.id, duty, held, reason, actor)
    if not await people.record_duty(connection, study_id, row):
        raise UnknownNameError(
            f"{person.login} is no member of this study.", mend="See pro-service staff list."
        )
    return person.login


async def disable_person(connection: Connection, *, login: str, reason: str, actor: str) -> int:
    """Stop a person in every study; returns how many sessions ended.

    Who is stopped already stays so. Raises UnknownNameError, UnclearNameError.
    """
    async with transaction(connection) as connection:
        person = await find_known(connection, login)
        await people.give_reason(connection, reason)
        await people.disable_person(connection, person.id, reason)
        return await people.end_person_sessions(connection, person.id, "disabled", actor)


async def enable_person(connection: Connection, *, login: str, reason: str) -> bool:
    """Let a person sign in again, with the password they had; False if they were not stopped.

    Raises UnknownNameError, UnclearNameError.
    """
    async with transaction(connection) as connection:
        person = await find_known(connection, login)
        await people.give_reason(connection, reason)
        return await people.enable_person(connection, person.id)


async def join_people(
    connection: Connection, *, keep: str, other: str, reason: str, actor: str
) -> str:
    """Make two people one, on the word of an operator who knows that they are.

    The kept one's login and password are in force; the other's memberships become theirs, under
    the names the studies know, and the other's sessions end. Their passwords, sign-ins and deeds
    stay in the record as they were. Returns the kept login.

    Raises UnknownNameError, UnclearNameError, and NotJoinedError where it would open again what was
    stopped, or leave one person twice in a study.
    """
    async with transaction(connection) as connection:
        kept, gone = await find_known(connection, keep), await find_known(connection, other)
        if kept.id == gone.id:
            raise NotJoinedError(f"{keep} and {other} are one person already.")
        for one in (kept, gone):
            if one.disabled:
                raise NotJoinedError(
                    f"{one.login} is stopped.", mend="Enable them first, if that is meant."
                )
        shared = await people.list_shared_studies(connection, kept.id, gone.id)
        if shared:
            raise NotJoinedError(
                f"Both are members of {', '.join(shared)}.", mend="End one of the two there first."
            )
        await people.give_reason(connection, reason)
        for study in await studies.list_studies(connection):
            await people.move_membership(connection, study.id, kept.id, gone.id)
        await people.join_person(connection, kept.id, gone.id, reason)
        await people.end_person_sessions(connection, gone.id, "joined", actor)
        return kept.login


async def make_staff(
    connection: Connection,
    study_id: UUID,
    *,
    login: str,
    password: str,
    site: str | None,
    role: str,
    language: Language = "en",
    actor: str = "service:demo",
) -> None:
    """Give somebody a role in a study, and a password if they are new, as an operator.

    `site` is a site's code; None: the whole study. Raises what `add_staff` raises, and
    WeakPasswordError.
    """
    passwords = Passwords()
    async with transaction(connection) as connection:
        added = await add_staff(
            connection,
            study_id,
            login=login,
            language=language,
            site_code=site,
            role=role,
            actor=actor,
        )
        if added.joining is Joining.new_person:
            await set_password(
                connection, passwords, login=added.login, password=password, actor=actor
            )
