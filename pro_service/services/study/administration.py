"""Protocols, sites, senders and staff: what stands before the first participant."""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.permissions import Role
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.times import zone
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.phones import parse_phone
from pro_service.store.connection import Connection, DuplicateError, transaction
from pro_service.store.ids import new_id
from pro_service.store.study import studies
from pro_service.store.study.studies import SiteRow, StudyRow
from pro_service.store.texting import sending

_POOL_OF_NUMBERS: Final = re.compile("MG[0-9a-f]{32}")
"""A Messaging Service's id: its texts come from whichever of its numbers fits."""


class TakenError(ProServiceError):
    """This name is in use."""


class UnknownNameError(ProServiceError):
    """There is nothing of this name."""


class LoadedProtocol(NamedTuple):
    """A stored protocol version, and whether this call stored it."""

    study: StudyRow
    version_id: UUID
    fresh: bool


async def load_protocol(
    connection: Connection,
    context: ServiceContext,
    protocol: Protocol,
    source: str,
    content_sha256: str,
    *,
    actor: str,
) -> LoadedProtocol:
    """Store a checked protocol version by its content; the same content again changes nothing."""
    words = protocol.study
    row = StudyRow(new_id(), words.code, words.name["en"], words.sender["en"])
    await studies.insert_study(connection, row, actor)
    study = await context.study(connection, words.code)
    await context.ensure_study_key(connection, study.id)
    known = await studies.find_protocol_version(connection, study.id, content_sha256)
    if known is not None:
        return LoadedProtocol(study, known, fresh=False)
    version_id = new_id()
    await studies.insert_protocol_version(
        connection,
        study.id,
        version_id,
        content_sha256=content_sha256,
        label=content_sha256[:12],
        source=source,
        document=protocol.model_dump(mode="json"),
        actor=actor,
    )
    return LoadedProtocol(study, version_id, fresh=True)


async def add_site(
    connection: Connection,
    study_id: UUID,
    site: SiteRow,
    *,
    provider: str,
    sender: str | None,
    actor: str,
) -> None:
    """Add a site, and the address its texts come from. Raises TakenError, PhoneError."""
    zone(site.zone)
    address = None if sender is None else _sender_address(sender)
    async with transaction(connection) as connection:
        try:
            await studies.insert_site(connection, study_id, site, actor)
        except DuplicateError:
            raise TakenError(f"Site {site.code} exists already.") from None
        if address is not None:
            await studies.insert_sender(
                connection,
                study_id,
                new_id(),
                provider=provider,
                address=address,
                site_id=site.id,
                actor=actor,
            )


def _sender_address(text: str) -> str:
    """A number, or the id of a provider's pool of numbers. Raises PhoneError."""
    return text if _POOL_OF_NUMBERS.fullmatch(text) else parse_phone(text)


async def set_pace(
    connection: Connection, study_id: UUID, sender: str, per_second: float | None, *, actor: str
) -> None:
    """Say how many texts a second one of our addresses may send; None: its provider's usual pace.

    All workers together keep to it, from the next text on. Raises PhoneError, UnknownNameError.
    """
    address = _sender_address(sender)
    if not await sending.set_pace(connection, study_id, address, per_second, actor):
        known = ", ".join(one.address for one in await sending.list_senders(connection, study_id))
        raise UnknownNameError("That is no sender of this study.", mend=f"Known: {known}.")


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
