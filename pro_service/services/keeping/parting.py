"""Some of the studies of a database, by themselves: what a study takes along to one of its own.

It is done in a copy that was restored beside the one in use, by whom nothing is refused there, and
never in a database anybody works with.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.services.keeping.backup import OWNER
from pro_service.services.keeping.holding import release
from pro_service.store.keeping import parting
from pro_service.store.pools import connect


class UnknownStudyError(ProServiceError):
    """No study of the database has this code."""


class Named(NamedTuple):
    """Studies of a database, and the major version of the server it is on."""

    studies: list[UUID]
    server_major: int


async def studies_named(url: str, actor: str, codes: Sequence[str]) -> Named:
    """The studies with these codes, of the database at `url`. Raises UnknownStudyError."""
    connection = await connect(url, role=OWNER, actor=actor)
    try:
        known = {one.code: one.id for one in await parting.list_studies(connection)}
        major = connection.get_server_version().major
    finally:
        await connection.close()
    unknown = [code for code in codes if code not in known]
    if unknown:
        raise UnknownStudyError(
            f"There is no study {unknown[0]} here.", mend=f"There are: {', '.join(known)}."
        )
    return Named([known[code] for code in codes], major)


async def keep_only(url: str, actor: str, studies: Sequence[UUID]) -> int:
    """Let the copy at `url` forget all studies but these; a superuser's URL, of a copy.

    What is kept is sealed anew where it goes: the seals were over entries of others too. The audit
    of the database it comes from proves what was (`audit export`). A second factor is sealed under
    the key of the study it was made through: how many people who stay have none any more.
    """
    connection = await connect(url, role=None, actor=actor)
    try:
        await release(connection, actor, "a copy, from which the other studies are taken out")
        return await parting.keep_only_studies(connection, studies)
    finally:
        await connection.close()
