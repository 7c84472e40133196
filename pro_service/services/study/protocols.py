"""Protocol versions: stored by their content, once; and which site enrols under which."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.times import day_start, local_day, zone
from pro_service.services.base.context import ServiceContext
from pro_service.store.base import operations
from pro_service.store.connection import Connection, transaction
from pro_service.store.ids import new_id
from pro_service.store.study import studies
from pro_service.store.study.studies import SiteProtocolRow, StudyRow, VersionRow


class UnknownVersionError(ProServiceError):
    """There is no such protocol version."""


class UnknownSiteError(ProServiceError):
    """There is no such site."""


class UseRefusedError(ProServiceError):
    """The site cannot enrol under the version from then on."""


class SiteUse(NamedTuple):
    """From which local day a site enrols under a version (None: from now on), by whom and why."""

    site: str
    from_on: date | None
    actor: str
    reason: str


class SiteUsed(NamedTuple):
    """From when a site enrols under a version (None: from now on), and whether that is new."""

    since: datetime | None
    fresh: bool


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
    for_later: bool = False,
) -> LoadedProtocol:
    """Store a checked protocol version by its content; the same content again changes nothing.

    Sites that were never told a version of their own enrol under it from now on, unless it is
    stored `for_later`: then each goes on with what it has until it is told.
    """
    words = protocol.study
    row = StudyRow(new_id(), words.code, words.name["en"], words.sender["en"])
    await studies.insert_study(connection, row, actor)
    study = await context.reader.study(connection, words.code)
    await context.keys.ensure_study_key(connection, study.id)
    known = await studies.find_protocol_version(connection, study.id, content_sha256)
    if known is not None:
        return LoadedProtocol(study, known, fresh=False)
    version_id = new_id()
    async with transaction(connection) as held:
        if for_later:
            await _hold_sites(held, study, actor)
        await studies.insert_protocol_version(
            held,
            study.id,
            version_id,
            content_sha256=content_sha256,
            label=content_sha256[:12],
            source=source,
            document=protocol.model_dump(mode="json"),
            actor=actor,
        )
    return LoadedProtocol(study, version_id, fresh=True)


async def find_version(connection: Connection, study: StudyRow, text: str) -> VersionRow:
    """The stored version whose hash begins so. Raises UnknownVersionError."""
    versions = await studies.list_protocol_versions(connection, study.id)
    found = [one for one in versions if text and one.content_sha256.startswith(text.lower())]
    if len(found) == 1:
        return found[0]
    known = ", ".join(one.label for one in versions) or "none yet"
    what = "begins several versions" if found else "is no stored version"
    raise UnknownVersionError(f"{text!r} {what} of {study.code}.", mend=f"Stored: {known}.")


async def use_protocol(
    connection: Connection, study: StudyRow, version: VersionRow, use: SiteUse
) -> SiteUsed:
    """Let a site enrol under a version, and no other site; the same again changes nothing.

    Who is enrolled already stays under their version. Raises UnknownSiteError, UseRefusedError.
    """
    sites = await studies.list_sites(connection, study.id)
    site = next((one for one in sites if one.code == use.site), None)
    if site is None:
        known = ", ".join(one.code for one in sites) or "none yet"
        raise UnknownSiteError(f"There is no site {use.site}.", mend=f"Known: {known}.")
    if not use.reason.strip():
        raise UseRefusedError("A site changes its version for a reason.", mend="Add --reason.")
    now = await operations.get_study_time(connection)
    effective_from = None if use.from_on is None else day_start(use.from_on, zone(site.zone))
    if use.from_on is not None and effective_from is not None and effective_from <= now:
        if use.from_on < local_day(now, zone(site.zone)):
            raise UseRefusedError(
                f"{use.from_on} is over at {site.code}; what was enrolled since stays as it is.",
                mend="Name today or a later day, or leave --from out.",
            )
        effective_from = None
    told = await studies.list_site_protocols(connection, study.id)
    of_site = [one for one in told if one.site == site.code]
    if _was_told(of_site, version, effective_from, now):
        return SiteUsed(effective_from, fresh=False)
    await studies.insert_site_protocol(
        connection,
        study.id,
        new_id(),
        site_id=site.id,
        version_id=version.id,
        effective_from=effective_from,
        actor=use.actor,
        reason=use.reason,
    )
    return SiteUsed(effective_from, fresh=True)


def _was_told(
    told: Sequence[SiteProtocolRow],
    version: VersionRow,
    effective_from: datetime | None,
    now: datetime,
) -> bool:
    """Whether this is what a site was told last, of now or of that instant."""
    ahead = [one for one in told if one.effective_from > now]
    if effective_from is None:
        return not ahead and bool(told) and told[-1].protocol_version_id == version.id
    return bool(ahead) and (ahead[-1].protocol_version_id, ahead[-1].effective_from) == (
        version.id,
        effective_from,
    )


async def sites_at_present(connection: Connection, study: StudyRow) -> dict[str, UUID | None]:
    """The version each site enrols under now, by the site's code."""
    return {
        site.code: await studies.find_site_protocol(connection, study.id, site.id)
        for site in await studies.list_sites(connection, study.id)
    }


async def _hold_sites(connection: Connection, study: StudyRow, actor: str) -> None:
    """Give every site without a version of its own the one it enrols under now."""
    told = {one.site for one in await studies.list_site_protocols(connection, study.id)}
    for site in await studies.list_sites(connection, study.id):
        present = await studies.find_site_protocol(connection, study.id, site.id)
        if present is not None and site.code not in told:
            await studies.insert_site_protocol(
                connection,
                study.id,
                new_id(),
                site_id=site.id,
                version_id=present,
                actor=actor,
                reason="a further version was stored for later",
            )
