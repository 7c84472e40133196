"""Asking for an export, seeing how far it is, and having it: each by who asked alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.exporting.allowed import Allowed, read_allowed
from pro_service.services.desk.person.sent_forms import FormReusedError
from pro_service.services.desk.seat import NotHereError, at_desk
from pro_service.services.desk.today import list_sites, read_frame
from pro_service.services.exports import (
    EVERY_TABLE,
    FORMATS,
    NEEDS,
    CutError,
    demand_apart,
    find_cut,
    formats_at_hand,
    list_cuts,
)
from pro_service.store.base.data_out import TakenOut, insert_data_out
from pro_service.store.connection import Connection, DuplicateError
from pro_service.store.desk.desk import DeskSite
from pro_service.store.desk.frame import Frame
from pro_service.store.exports import jobs as store
from pro_service.store.exports.cuts import CutRow
from pro_service.store.exports.jobs import NewExport, OwnExport, OwnFile

KEPT: Final = timedelta(days=1)
"""So long (machine time) a file can be had."""
MOST_AT_ONCE: Final = 3
"""Files of one person that are asked for and not made."""
_MOST_SHOWN: Final = 20
Refusal = Literal[
    "tables",
    "formats",
    "hidden",
    "together",
    "needs_items",
    "future",
    "cut",
    "crowded",
    "restricted",
]


class ExportRefusedError(ProServiceError):
    """The export cannot be asked for like this."""

    def __init__(self, why: Refusal, message: str | None = None) -> None:
        """Keep why, for the page's own sentence."""
        super().__init__(message, word=why)


class ExportWish(NamedTuple):
    """What a form asks for."""

    tables: Sequence[str]
    formats: Sequence[str]
    as_of: datetime | None = None
    """Study time; None, and no cut: as it stands when the file is made."""
    cut: str | None = None


class ExportRoom(NamedTuple):
    """What the room shows."""

    frame: Frame
    allowed: Allowed
    formats: frozenset[str]
    """Those that can be made here."""
    cuts: Sequence[CutRow]
    sites: Sequence[DeskSite]
    """In the order of their codes: the first one's clock is that of an instant typed."""
    asked: Sequence[OwnExport]


async def read_exports(hands: Hands) -> ExportRoom:
    """What may be asked for from this seat, and what was."""
    seat = hands.seat
    async with at_desk(hands.desk, seat) as connection:
        return ExportRoom(
            await read_frame(connection, seat.study_id),
            await read_allowed(connection, hands.context, seat.staff),
            formats_at_hand(),
            await list_cuts(connection, seat.study_id),
            await list_sites(connection, seat.study_id),
            await store.list_own_exports(connection, seat.study_id, KEPT, _MOST_SHOWN),
        )


async def ask_export(hands: Hands, wish: ExportWish, key: str | None = None) -> UUID:
    """Let a worker make a file, once for a program's `key`; its id.

    Raises ExportRefusedError, ReadsOpenError, FormReusedError.
    """
    seat = hands.seat
    asked = NewExport(
        [one for one in EVERY_TABLE if one in wish.tables],
        [one for one in FORMATS if one in wish.formats],
        wish.as_of,
        wish.cut,
    )
    async with at_desk(hands.desk, seat) as connection:
        before = await _asked_before(connection, seat.study_id, asked, key)
        if before is not None:
            return before
        frame = await read_frame(connection, seat.study_id)
        allowed = await read_allowed(connection, hands.context, seat.staff)
        demand_allowed(allowed, wish)
        at = await _instant(connection, seat.study_id, wish, frame.now)
        if frame.kind == "production":  # Of a demonstration or a validation nobody is blinded.
            await demand_apart(connection, hands.context, seat.study_id, wish.tables, at)
        under_way = [
            one
            for one in await store.list_own_exports(connection, seat.study_id, KEPT, _MOST_SHOWN)
            if not one.ended
        ]
        if len(under_way) >= MOST_AT_ONCE:
            raise ExportRefusedError("crowded")
        made = await store.insert_export_job(connection, seat.study_id, asked, key)
        # None: the same request was quicker, on another connection.
        made = made or await _asked_before(connection, seat.study_id, asked, key)
    if made is None:
        raise DuplicateError("asked_once")
    return made


async def _asked_before(
    connection: Connection, study_id: UUID, asked: NewExport, key: str | None
) -> UUID | None:
    """What was asked for under this key already. Raises FormReusedError if it was another thing."""
    found = None if key is None else await store.find_asked_export(connection, study_id, key)
    if found is None:
        return None
    if (found.tables, found.formats, found.as_of, found.cut) != asked:
        raise FormReusedError
    return found.id


async def find_export(hands: Hands, job_id: UUID) -> OwnExport:
    """How far a file of one's own has come. Raises NotHereError."""
    async with at_desk(hands.desk, hands.seat) as connection:
        found = await store.find_own_export(connection, hands.seat.study_id, job_id, KEPT)
    if found is None:
        raise NotHereError
    return found


def demand_allowed(allowed: Allowed, wish: ExportWish) -> None:
    """Refuse what may not leave by whoever asks, or makes no file. Raises ExportRefusedError."""
    tables = set(wish.tables)
    if not tables or not tables <= EVERY_TABLE.keys():
        raise ExportRefusedError("tables")
    if not tables <= allowed.tables or not allowed.sites:
        raise ExportRefusedError(
            "hidden", "These tables may not leave by your roles at your sites any more."
        )
    if allowed.refuses(tables):
        raise ExportRefusedError(
            "together", "The protocol does not let your roles set answers beside measures."
        )
    if not wish.formats or not set(wish.formats) <= FORMATS.keys():
        raise ExportRefusedError("formats")
    if any(NEEDS[one] not in tables for one in wish.formats if one in NEEDS):
        raise ExportRefusedError("needs_items")


async def _instant(
    connection: Connection, study_id: UUID, wish: ExportWish, now: datetime
) -> datetime:
    if wish.cut is not None:
        try:
            return (await find_cut(connection, study_id, wish.cut)).cut_at
        except CutError:
            raise ExportRefusedError("cut") from None
    if wish.as_of is not None and wish.as_of > now:
        raise ExportRefusedError("future")
    return wish.as_of or now


async def find_file(hands: Hands, job_id: UUID) -> OwnFile:
    """A file of one's own that is kept; that it is taken is recorded. Raises NotHereError."""
    seat = hands.seat
    async with at_desk(hands.desk, seat) as connection:
        found = await store.find_own_file(connection, seat.study_id, job_id, KEPT)
        if found is None:
            raise NotHereError
        allowed = await read_allowed(connection, hands.context, seat.staff)
        # What was theirs when it was asked for may not be any more.
        demand_allowed(allowed, ExportWish(found.tables, found.formats))
        if not set(found.sites) <= allowed.sites:
            raise ExportRefusedError("hidden")
        if seat.staff.is_program and found.restricted_since:
            raise ExportRefusedError(
                "restricted", "Somebody was restricted since this was asked for: ask for it anew."
            )
        taken = TakenOut(
            *("export file", f"export={job_id}", 0, list(found.tables), None),
            *(found.content_sha256, list(found.formats)),
        )
        await insert_data_out(connection, seat.study_id, taken)
    return found


async def read_part(hands: Hands, job_id: UUID, part: int) -> bytes | None:
    """A part of a file of one's own, from 0 on; None after the last."""
    async with at_desk(hands.desk, hands.seat) as connection:
        return await store.get_export_part(connection, hands.seat.study_id, job_id, part)
