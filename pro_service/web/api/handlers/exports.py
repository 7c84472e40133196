"""Exports: asked for, watched, and taken as a file; each by the program that asked alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import UTC
from typing import Final
from uuid import UUID

from pro_service.services.desk import exporting as service
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.exporting import ExportRefusedError, ExportWish
from pro_service.services.desk.seat import NotAllowedError
from pro_service.services.exports import FREE_TEXT
from pro_service.web.api.models.base import Fault
from pro_service.web.api.models.exports import Export, ExportAsked, ExportBody, state_of
from pro_service.web.api.reading_in import FaultyBodyError
from pro_service.web.api.table import Call, Download

_PLACES: Final[Mapping[str, tuple[str, str]]] = {
    "needs_items": ("formats", "odm and fhir are made of the table items, which is left out."),
    "future": ("as_of", "This instant is still to come."),
    "cut": ("cut", "There is no such data cut."),
}
"""What of a body is refused only once it is known who asks, with its place."""


async def ask(call: Call) -> ExportAsked:
    """`POST /exports`."""
    body = call.sent(ExportBody)
    wish = ExportWish(
        [*body.tables, *([FREE_TEXT] if body.free_text else [])],
        body.formats,
        None if body.as_of is None else body.as_of.astimezone(UTC),
        body.cut,
    )
    try:
        return ExportAsked(id=str(await service.ask_export(call.hands, wish, call.key)))
    except ExportRefusedError as error:
        raise _refusal(error) from None


async def show(call: Call) -> Export:
    """`GET /exports/{id}`."""
    one = await service.find_export(call.hands, call.id)
    return Export(
        id=str(one.id),
        state=state_of(one),
        done=one.done,
        total=one.total,
        tables=list(one.tables),
        formats=list(one.formats),
        as_of=one.as_of,
        cut=one.cut,
        asked_at=one.recorded_at,
        failed=one.failed,
        file_bytes=one.file_bytes,
        content_sha256=one.content_sha256,
    )


async def take(call: Call) -> Download:
    """`GET /exports/{id}/file`: once the record says that it is taken."""
    try:
        found = await service.find_file(call.hands, call.id)
    except ExportRefusedError as error:
        raise _refusal(error) from None
    return Download(found.file_name, found.file_bytes, _parts(call.hands, call.id))


async def _parts(hands: Hands, job_id: UUID) -> AsyncIterator[bytes]:
    part = 0
    while (content := await service.read_part(hands, job_id, part)) is not None:
        yield content
        part += 1


def _refusal(error: ExportRefusedError) -> Exception:
    """What is to be mended in the body, or who may not have it; else as it is: try again later."""
    if error.word in ("hidden", "together", "restricted"):
        return NotAllowedError(error.message)
    found = _PLACES.get(error.word or "")
    if found is not None:
        place, says = found
        return FaultyBodyError([Fault(place=f"body.{place}", says=says)])
    return error
