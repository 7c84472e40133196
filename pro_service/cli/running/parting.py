"""`backup --study`: a backup of some studies alone, made in a copy beside the database in use."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pro_service.cli.running.beside import temporary_folder
from pro_service.config import Settings, open_vault
from pro_service.embedded import EmbeddedPostgres
from pro_service.services import keeping
from pro_service.vault.keys import KeyRing


async def backup_parted(
    settings: Settings,
    studies: Sequence[str],
    place: keeping.Place,
    file: Path,
    ring: KeyRing | None,
    *,
    progress: keeping.Progress,
) -> keeping.Manifest:
    """Back the database up, restore that into a copy, take the others out, and back up the copy.

    The copy's server and folder are gone afterwards. Raises UnknownStudyError, and what making and
    restoring a backup raise.
    """
    kept = await keeping.studies_named(place.url, place.actor, studies)
    with temporary_folder() as folder:
        whole = folder / "whole.pro"
        await keeping.make_backup(place, whole, ring, progress)
        async with EmbeddedPostgres(folder / "copy", durable=False) as server:
            copy = keeping.Place(server.url, place.actor, place.folders)
            await keeping.restore_backup(copy, whole, ring, open_vault(settings), progress)
            await keeping.keep_only(server.url, place.actor, kept)
            return await keeping.make_backup(copy, file, ring, progress)
