"""Members of staff: added, given a password, their sessions ended; all as an operator."""

from __future__ import annotations

from uuid import UUID

from pro_service.domain.instruments.model import Language
from pro_service.domain.study.permissions import Role
from pro_service.services.study.passwords import Passwords, check_password
from pro_service.services.study.sites import UnknownNameError
from pro_service.store.connection import Connection, transaction
from pro_service.store.desk import sessions
from pro_service.store.ids import new_id
from pro_service.store.study import studies


async def add_staff(
    connection: Connection,
    study_id: UUID,
    *,
    login: str,
    language: str,
    site_code: str | None,
    role: str,
    actor: str,
) -> None:
    """Add a member of staff, or assign a known one to a further site. Raises UnknownNameError.

    Without a site the role is held in the whole study: at every site, those added later included.
    """
    site_id = None if site_code is None else await _find_site(connection, study_id, site_code)
    if role not in Role.__members__:
        raise UnknownNameError(f"There is no role {role}.", mend=f"Known: {', '.join(Role)}.")
    login = login.strip().lower()
    async with transaction(connection) as connection:
        staff_id = await studies.find_staff(connection, study_id, login)
        if staff_id is None:
            staff_id = new_id()
            await studies.insert_staff(
                connection, study_id, staff_id, login=login, language=language, actor=actor
            )
        await studies.insert_assignment(
            connection,
            study_id,
            new_id(),
            staff_id=staff_id,
            site_id=site_id,
            role=role,
            actor=actor,
        )


async def _find_site(connection: Connection, study_id: UUID, code: str) -> UUID:
    sites = {site.code: site.id for site in await studies.list_sites(connection, study_id)}
    if code not in sites:
        known = ", ".join(sites) or "none yet"
        raise UnknownNameError(f"There is no site {code}.", mend=f"Known: {known}.")
    return sites[code]


async def set_password(
    connection: Connection,
    passwords: Passwords,
    study_id: UUID,
    *,
    login: str,
    password: str,
    actor: str,
) -> None:
    """Give a member of staff a password, as an operator; open sessions of theirs end.

    Raises UnknownNameError, WeakPasswordError.
    """
    name = login.strip().lower()
    check_password(name, password)
    staff_id = await studies.find_staff(connection, study_id, name)
    if staff_id is None:
        raise UnknownNameError(
            f"There is no member of staff {name}.", mend="Add one: pro-service staff add."
        )
    await sessions.set_staff_password(
        connection,
        study_id,
        staff_id,
        new_id(),
        password_hash=await passwords.hash(password),
        actor=actor,
    )


async def revoke_sessions(connection: Connection, study_id: UUID, *, login: str, actor: str) -> int:
    """End every session of a member of staff; returns how many. Raises UnknownNameError."""
    staff_id = await studies.find_staff(connection, study_id, login.strip().lower())
    if staff_id is None:
        raise UnknownNameError(f"There is no member of staff {login}.")
    return await sessions.revoke_staff_sessions(connection, study_id, staff_id, actor)


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
    """Add (or assign to a further site) a member of staff who can sign in, as an operator.

    `site` is a site's code; None: the whole study. Raises UnknownNameError, WeakPasswordError.
    """
    passwords = Passwords()
    async with transaction(connection) as connection:
        await add_staff(
            connection,
            study_id,
            login=login,
            language=language,
            site_code=site,
            role=role,
            actor=actor,
        )
        await set_password(
            connection, passwords, study_id, login=login, password=password, actor=actor
        )
