"""Licensed wording: loaded once, then shown by every page and text instead of neutral labels."""

from __future__ import annotations

from pro_service.catalog.wording_files import LoadedWording
from pro_service.domain.instruments.wording import Wording
from pro_service.services.context import ServiceContext
from pro_service.store import wording as store
from pro_service.store.connection import Connection
from pro_service.store.ids import new_id


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
    packs = await store.list_wording_packs(connection)
    context.use_wordings(
        LoadedWording(Wording.model_validate(row.document), row.content_sha256) for row in packs
    )
