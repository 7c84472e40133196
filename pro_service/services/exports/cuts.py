"""Data cuts: a name for an instant of study time, given once.

An export of a cut is as of its instant, and the same whenever it is made: what was recorded later,
corrections too, is not in it, and its manifest says nothing of when it was made.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from pro_service.domain.errors import ProServiceError
from pro_service.services.exports.instants import settle
from pro_service.store.exports import cuts as store
from pro_service.store.exports.cuts import CutRow

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


class CutError(ProServiceError):
    """There is no such data cut, or it cannot be made so."""


async def make_cut(
    connection: asyncpg.Connection[asyncpg.Record],
    study_id: UUID,
    name: str,
    *,
    at: datetime | None,
    reason: str,
    actor: str,
) -> CutRow:
    """Give an instant of study time (None: now) a name, once nothing can be written into it.

    Raises CutError for a name that is given already or cannot be one, and for no reason; AsOfError
    for an instant to come.
    """
    if not _NAME.fullmatch(name):
        raise CutError(
            f"{name!r} cannot be the name of a cut.",
            mend="Use at most 40 letters, digits, dots, dashes and underscores, as in interim-1.",
        )
    if not reason.strip():
        raise CutError("A cut needs a reason.", mend="Say it with --reason.")
    instant = await settle(connection, at)
    if not await store.insert_cut(
        connection, study_id, name, instant, reason=reason.strip(), actor=actor
    ):
        raise CutError(
            f"There is a cut {name} already: a name stays with its instant.",
            mend="Choose another name; `cut list` says which there are.",
        )
    return await find_cut(connection, study_id, name)


async def list_cuts(connection: asyncpg.Connection[asyncpg.Record], study_id: UUID) -> list[CutRow]:
    """The data cuts of a study, the latest instant last."""
    return await store.list_cuts(connection, study_id)


async def find_cut(
    connection: asyncpg.Connection[asyncpg.Record], study_id: UUID, name: str
) -> CutRow:
    """The cut of a name. Raises CutError."""
    found = await store.list_cuts(connection, study_id)
    for one in found:
        if one.name == name:
            return one
    known = ", ".join(one.name for one in found) or "none yet"
    raise CutError(f"There is no cut {name}.", mend=f"Known: {known}.")
