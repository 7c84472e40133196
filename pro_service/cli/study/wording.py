"""`pro-service wording check|load|list`: licensed wording from a file outside the repository."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from pro_service.catalog.instrument_files import load_instruments
from pro_service.catalog.wording_files import LoadedWording, WordingFileError, load_wording_file
from pro_service.cli.options import ActorOption, DataOption
from pro_service.cli.runtime import Runtime, err, out, with_runtime
from pro_service.domain.instruments.model import LANGUAGES
from pro_service.services.study import wording as service
from pro_service.store.study.wording import PackRow, list_wording_packs

wording_app = typer.Typer(no_args_is_help=True, help="Licensed wording of instruments.")
FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="The wording pack, a TOML or JSON file.")
]


def _read(file: Path) -> LoadedWording:
    try:
        return load_wording_file(file, load_instruments())
    except WordingFileError as error:
        for line in str(error).splitlines():
            err.print(f"error: {line}", markup=False)
        raise typer.Exit(1) from error


@wording_app.command("check")
def check(file: FileArgument) -> None:
    """Say everything by which a pack does not fit its instrument, each with its key."""
    pack = _read(file)
    words = pack.wording
    out.print(
        f"{words.instrument} {words.version} in {words.language}: {len(words.items)} items, "
        f"right. SHA-256 {pack.content_sha256}."
    )


@wording_app.command("load")
def load(file: FileArgument, data: DataOption = None, actor: ActorOption = None) -> None:
    """Put a pack in force; servers started from now on ask in its words."""
    pack = _read(file)

    async def work(runtime: Runtime) -> bool:
        await service.check_pack_lengths(runtime.connection, runtime.context, pack)
        return await service.load_pack(runtime.connection, pack, actor=runtime.actor)

    fresh = with_runtime(data, actor, work)
    said = "is in force; restart what serves" if fresh else "was in force; nothing changed"
    words = pack.wording
    out.print(f"{words.instrument} in {words.language}, {pack.content_sha256[:12]}: {said}.")


@wording_app.command("list")
def list_packs(data: DataOption = None, actor: ActorOption = None) -> None:
    """Show what wording is in force, and which instruments still show neutral labels."""

    async def work(runtime: Runtime) -> list[PackRow]:
        return await list_wording_packs(runtime.connection)

    packs = {(row.instrument, row.language): row for row in with_runtime(data, actor, work)}
    table = Table("instrument", "language", "wording", "licence")
    for instrument in load_instruments().values():
        for language in LANGUAGES if instrument.wording == "pack" else ():
            row = packs.get((instrument.id, language))
            if row is None or row.instrument_version != instrument.version:
                table.add_row(instrument.id, language, "neutral labels: no pack", "")
            else:
                table.add_row(instrument.id, language, row.content_sha256[:12], row.licence)
    out.print(table)
