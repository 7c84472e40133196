"""Sites, and the addresses texts come from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.store.account import keeping
from pro_service.store.account.keeping import SiteWords
from pro_service.store.connection import Connection, DuplicateError, transaction
from pro_service.store.ids import new_id
from pro_service.store.study import studies
from pro_service.store.study.studies import SiteRow
from pro_service.store.texting.numbers import give_reason
from pro_service.tables import settle_zone

LONGEST_NAME: Final = 120
_NUMBER: Final = re.compile(r"\+?[0-9][0-9 ()./-]{1,29}")
"""As it is printed for people to ring: 120 as well as a number with its country's code."""


class TakenError(ProServiceError):
    """This name is in use."""


class UnknownNameError(ProServiceError):
    """There is nothing of this name."""


async def add_site(
    connection: Connection,
    study_id: UUID,
    site: SiteRow,
    *,
    provider: str,
    address: str | None,
    actor: str,
) -> None:
    """Add a site, and the address its texts come from (`sender_address` has read it).

    Raises TakenError, and ZoneNameError for a zone that is no place's.
    """
    site = site._replace(zone=settle_zone(site.zone, site.country))
    async with transaction(connection) as connection:
        try:
            await studies.insert_site(connection, study_id, site, actor)
        except DuplicateError:
            raise TakenError(f"Site {site.code} exists already.") from None
        if address is not None:
            await studies.insert_sender(
                connection,
                study_id,
                provider=provider,
                address=address,
                site_id=site.id,
                actor=actor,
            )


class SiteWrongError(ProServiceError):
    """What a site is to say of itself cannot be taken."""

    def __init__(self, field: str, message: str, mend: str) -> None:
        """Keep which of its words is wrong."""
        super().__init__(message, mend=mend)
        self.field = field


async def correct_site(
    connection: Connection, study_id: UUID, code: str, words: SiteWords, *, reason: str, actor: str
) -> bool:
    """Correct a site's name, telephone or emergency number; False where it says all of that.

    New texts, pages and cards say it from now on; what was sent and printed says what held then,
    which is kept. Raises SiteWrongError, UnknownNameError.
    """
    checked = check_words(words)
    async with transaction(connection) as held:
        await find_site(held, study_id, code)
        await give_reason(held, reason)
        return await keeping.correct_site(
            held, study_id, new_id(), code=code, words=checked, actor=actor, reason=reason
        )


async def change_site(
    connection: Connection,
    study_id: UUID,
    code: str,
    given: Mapping[str, str | None],
    *,
    reason: str,
    actor: str,
) -> bool:
    """Correct some of a site's words; what is not given (None) stays.

    Raises as `correct_site`.
    """
    one = await find_site(connection, study_id, code)
    now = SiteWords(one.name, one.telephone, one.emergency_number)
    words = now._replace(**{name: new for name, new in given.items() if new is not None})
    return await correct_site(connection, study_id, code, words, reason=reason, actor=actor)


async def site_id_of(connection: Connection, study_id: UUID, code: str | None) -> UUID | None:
    """The id of the site a role is held at; None: in the whole study. Raises UnknownNameError."""
    return None if code is None else (await find_site(connection, study_id, code)).id


async def find_site(connection: Connection, study_id: UUID, code: str) -> SiteRow:
    """The site of a code. Raises UnknownNameError."""
    sites = {one.code: one for one in await studies.list_sites(connection, study_id)}
    if code not in sites:
        known = ", ".join(sites) or "none yet"
        raise UnknownNameError(f"There is no site {code}.", mend=f"Known: {known}.")
    return sites[code]


def check_words(words: SiteWords) -> SiteWords:
    """A site's words without blanks around them. Raises SiteWrongError."""
    kept = SiteWords(*(one.strip() for one in words))
    if not kept.name or len(kept.name) > LONGEST_NAME:
        raise SiteWrongError(
            "name", "The site has no name.", f"Write 1 to {LONGEST_NAME} characters."
        )
    for field in ("telephone", "emergency_number"):
        if not _NUMBER.fullmatch(getattr(kept, field)):
            raise SiteWrongError(
                field,
                f"The {field.replace('_', ' ')} is no telephone number.",
                "Write digits, with + and spaces as they are to be read: +86 10 5555 0100.",
            )
    return kept
