"""Licensed wording: loaded once, then shown by every page and text instead of neutral labels."""

from __future__ import annotations

from pro_service.catalog.wording_files import LoadedWording
from pro_service.domain.instruments.wording import Wording
from pro_service.domain.study.amending.stored import read_stored_protocol
from pro_service.services.base.context import ServiceContext
from pro_service.services.study.previews import preview_of
from pro_service.store.connection import Connection
from pro_service.store.ids import new_id
from pro_service.store.study import studies
from pro_service.store.study import wording as store


async def check_pack_lengths(
    connection: Connection, context: ServiceContext, pack: LoadedWording
) -> None:
    """Raise TextsTooLongError where a stored protocol's texts would be too long in these words."""
    rows = await store.list_wording_packs(connection)
    stored = [
        LoadedWording(Wording.model_validate(row.document), row.content_sha256) for row in rows
    ]
    context.catalogue.use_wordings([*stored, pack])
    for document in await studies.list_protocol_documents(connection):
        preview_of(context, read_stored_protocol(document)).check_lengths()


async def load_pack(connection: Connection, pack: LoadedWording, *, actor: str) -> bool:
    """Put a checked pack in force; False if it was. Running servers show it after a restart."""
    wording = pack.wording
    return await store.insert_wording_pack(
        connection,
        new_id(),
        instrument=wording.instrument,
        version=wording.version,
        language=wording.language,
        licence=wording.licence,
        content_sha256=pack.content_sha256,
        document=wording.model_dump(mode="json"),
        actor=actor,
    )


async def show_stored_wording(connection: Connection, context: ServiceContext) -> None:
    """From now on this context asks in the wording that is in force."""
    context.catalogue.use_wordings(await _stored(connection))


async def _stored(connection: Connection) -> list[LoadedWording]:
    """The packs in force."""
    rows = await store.list_wording_packs(connection)
    return [LoadedWording(Wording.model_validate(row.document), row.content_sha256) for row in rows]
