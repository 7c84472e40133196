"""`backup --study`: a backup of some studies alone, made in a copy beside the database in use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from pro_service.cli.running.beside import temporary_folder
from pro_service.config import Settings, open_vault
from pro_service.embedded import EmbeddedPostgres, server_programs
from pro_service.services import keeping
from pro_service.vault.keys import KeyRing


@dataclass(frozen=True)
class Wish:
    """Which studies, by which settings, where there is room for a copy, whose programs it runs."""

    settings: Settings
    studies: Sequence[str]
    room: Path | None
    bin_dir: Path | None


class Parted(NamedTuple):
    """What was written, of which studies, and how many must set their second factor up again."""

    made: keeping.Manifest
    studies: Sequence[UUID]
    without_factor: int


async def backup_parted(
    wish: Wish, place: keeping.Place, file: Path, ring: KeyRing | None, progress: keeping.Progress
) -> Parted:
    """Back the database up, restore that into a copy, take the others out, and back up the copy.

    The copy's server and folder are gone afterwards. Raises UnknownStudyError, EmbeddedError where
    no server of the same version can be run, OptionError, and what making and restoring a backup
    raise.
    """
    kept, major = await keeping.studies_named(place.url, place.actor, wish.studies)
    # One of another version would write what the server in use cannot read.
    programs = server_programs(major, wish.bin_dir)
    with temporary_folder(wish.room) as folder:
        whole = folder / "whole.pro"
        await keeping.make_backup(place, whole, ring, progress)
        async with EmbeddedPostgres(folder / "copy", durable=False, bin_dir=programs) as server:
            copy = keeping.Place(server.url, place.actor, place.folders)
            vault = open_vault(wish.settings)
            await keeping.restore_backup(copy, whole, ring, vault, progress)
            without = await keeping.keep_only(server.url, place.actor, kept)
            return Parted(await keeping.make_backup(copy, file, ring, progress), kept, without)
