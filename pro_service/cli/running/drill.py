"""`drill restore`: the last backup restored into a server of its own, looked at, thrown away."""

from __future__ import annotations

import os
import pwd
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Annotated, Final, TypeVar
from urllib.parse import quote, unquote, urlsplit

import typer

from pro_service.cli.options import DataOption, OptionError
from pro_service.cli.running.beside import temporary_folder
from pro_service.cli.running.findings import show_findings
from pro_service.cli.runtime import (
    OPERATOR,
    demand_kept_keys,
    prepare_folder,
    run_command,
)
from pro_service.config import Settings, open_seal_keys, open_vault, read_settings, ring_of
from pro_service.domain.errors import ProServiceError
from pro_service.embedded import (
    EmbeddedError,
    EmbeddedPostgres,
    debian_folder,
    program_folders,
)
from pro_service.services import keeping
from pro_service.services.keeping import Archive, Finding, Restored, State
from pro_service.store.connection import Connection
from pro_service.store.hosts import written
from pro_service.store.ids import made_at, new_id
from pro_service.store.keeping import drills
from pro_service.store.keeping.watching import get_server
from pro_service.store.pooler import is_pooled
from pro_service.store.pools import connect

ACTOR: Final = "cli:drill"
TO_NAME: Final = (
    "name what is to be restored, one of the two: a backup or the folder of backups, as in"
    " `drill restore /backups`, or pgBackRest's repository, as in `--stanza pro`"
)
UNDER_ROOT: Final = "postgres"
"""The account pgBackRest works under where the drill is run by root."""
_Answer = TypeVar("_Answer")
REPLAYED_WITHIN: Final = 6 * 3600.0
"""Seconds: a day of a busy server's log is replayed within minutes, a month's is not."""

drill_app = typer.Typer(
    no_args_is_help=True, help="Rehearsals beside what is in use, which they leave alone."
)


@drill_app.callback()
def drill_group() -> None:
    """Rehearsals beside what is in use, which they leave alone."""


@dataclass(frozen=True)
class _Wish:
    """What is restored, with which settings."""

    settings: Settings
    backups: Path | None
    archive: Archive | None
    journal: Path | None
    bin_dir: Path | None


@dataclass
class _Beside:
    """What stands beside the database in use: its URL, until when it goes, and what was seen."""

    url: str
    until: datetime
    findings: list[Finding] = field(default_factory=list)


@drill_app.command("restore")
def restore_command(
    backups: Annotated[
        Path | None,
        typer.Argument(
            help="A backup, or the folder of backups: the newest file is taken. Else --stanza."
        ),
    ] = None,
    stanza: Annotated[
        str | None,
        typer.Option("--stanza", help="Instead: of pgBackRest's repository, to its last instant."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", help="pgBackRest's configuration, if elsewhere.")
    ] = None,
    journal: Annotated[
        Path | None,
        typer.Option("--journal", metavar="FOLDER", help="The journal, else PRO_JOURNAL_DIR's."),
    ] = None,
    room: Annotated[
        Path | None,
        typer.Option("--room", metavar="FOLDER", help="Where there is room for the database."),
    ] = None,
    bin_dir: Annotated[
        Path | None,
        typer.Option("--bin-dir", metavar="FOLDER", help="PostgreSQL's programs, if elsewhere."),
    ] = None,
    data: DataOption = None,
) -> None:
    """Restore the last backup into a server of its own, look at it, and throw that server away.

    Exit code 1: it could not be restored, or is not whole.
    """
    if (backups is None) == (stanza is None):
        raise typer.BadParameter(TO_NAME, param_hint="BACKUPS or --stanza")
    archive = None
    if stanza is not None:
        archive = Archive(stanza, config, UNDER_ROOT if os.geteuid() == 0 else None)
    show_findings(run_command(_drill((backups, archive, journal), (room, bin_dir, data))))


async def _drill(
    what: tuple[Path | None, Archive | None, Path | None],
    places: tuple[Path | None, Path | None, Path | None],
) -> list[Finding]:
    settings, (room, bin_dir, data) = read_settings(), places
    folder = data or settings.data_dir
    if folder is not None:
        demand_kept_keys(settings, folder)
        settings = prepare_folder(folder, settings)
    backups, archive, journal = what
    wish = _Wish(settings, backups, archive, journal or settings.journal_dir, bin_dir)
    began, findings = monotonic(), []
    with temporary_folder(room) as temporary:
        try:
            async with _restored(wish, temporary) as beside:
                findings = [*beside.findings, *await _look(wish, beside, began)]
        except (ProServiceError, EmbeddedError) as error:
            findings.append(Finding("restore", State.wrong, error.message, error.mend or ""))
    gone = "no server is left, and its folder is removed"
    return [*findings, Finding("temporary server", State.well, gone)]


async def _look(wish: _Wish, beside: _Beside, began: float) -> list[Finding]:
    """What is to be said of the restored database."""
    settings = wish.settings
    connection = await connect(beside.url, role=OPERATOR, actor=ACTOR)
    try:
        server = await get_server(connection)
        took = timedelta(seconds=round(monotonic() - began))
        said = f"took {took}: {server.size / 2**20:,.0f} MB in PostgreSQL {server.version // 10000}"
        keys = None if settings.seal_keys is None else open_seal_keys(settings).public
        restored = Restored(
            beside.until, made_at(new_id()), open_vault(settings), keys, wish.journal
        )
        looked = await keeping.look_at_restored(connection, restored)
    finally:
        await connection.close()
    return [Finding("restore", State.well, said), *looked]


@asynccontextmanager
async def _restored(wish: _Wish, folder: Path) -> AsyncIterator[_Beside]:
    """The backup restored into a server in `folder`. Raises ProServiceError, EmbeddedError."""
    if wish.archive is not None:
        async with _from_archive(wish, wish.archive, folder) as beside:
            yield beside
    elif wish.backups is not None:
        async with _from_file(wish, newest_of(wish.backups), folder) as beside:
            yield beside


def newest_of(backups: Path) -> Path:
    """The file itself, or the newest of a folder's. Raises OptionError."""
    if not backups.is_dir():
        return backups
    files = [one for one in backups.iterdir() if one.is_file() and not one.name.startswith(".")]
    if not files:
        raise OptionError(f"No file is in {backups}.", mend="Name the folder backups go to.")
    return max(files, key=lambda one: one.stat().st_mtime)


@asynccontextmanager
async def _from_file(wish: _Wish, file: Path, folder: Path) -> AsyncIterator[_Beside]:
    """A backup of ours: restored as `restore` does it, compared row by row."""
    secret = wish.settings.backup_keys
    ring = None if secret is None else ring_of("backup_keys", secret)
    folders: Sequence[Path] = program_folders() if wish.bin_dir is None else [wish.bin_dir]
    async with EmbeddedPostgres(folder, durable=False, bin_dir=wish.bin_dir) as server:
        place = keeping.Place(server.url, ACTOR, folders)
        vault = open_vault(wish.settings)
        made = await keeping.restore_backup(place, file, ring, vault, lambda *_: None)
        rows = f"{made.rows} rows of {len(made.tables)} tables, each as its manifest says"
        found = [
            Finding("backup", State.well, f"{file.name}, of release {made.release}"),
            Finding("rows", State.well, rows),
        ]
        yield _Beside(server.url, made.made_at, found)


@asynccontextmanager
async def _from_archive(wish: _Wish, archive: Archive, folder: Path) -> AsyncIterator[_Beside]:
    """pgBackRest's newest backup, and the log archived since replayed to its end."""
    newest = await archive.newest()
    cluster = folder / "cluster"
    cluster.mkdir(mode=0o700)
    if archive.account is not None:
        account = pwd.getpwnam(archive.account)
        for owned in (folder, cluster):
            os.chown(owned, account.pw_uid, account.pw_gid)
    await archive.restore_into(cluster)
    server = EmbeddedPostgres(
        folder,
        durable=False,
        bin_dir=wish.bin_dir or _debians(cluster),
        ready_within=REPLAYED_WITHIN,
    )
    async with server:
        url = await _named(server.url, wish.settings)
        until = await _asked(url, drills.get_replayed_at) or newest.stopped_at
        said = f"{newest.label} ({newest.kind}) of pgBackRest, and the log archived since"
        yield _Beside(url, until, [Finding("backup", State.well, said)])


def _debians(cluster: Path) -> Path | None:
    """The machine's own programs of the version that wrote the folder, where Debian has them."""
    folder = debian_folder(int((cluster / "PG_VERSION").read_text()))
    return folder if folder.is_dir() else None


async def _named(url: str, settings: Settings) -> str:
    """The same server, the database PRO_DATABASE_URL names; what a pooler's names is an entry.

    Behind a pooler it is the one database with our schema. Raises OptionError.
    """
    given = "" if settings.database_url is None else settings.database_url.get_secret_value()
    if not is_pooled(given):
        path = urlsplit(given).path
        return written(urlsplit(url)._replace(path=path)) if path.strip("/") else url
    found = [one for one in await _databases(url) if await _asked(one, drills.holds_ours)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(unquote(urlsplit(one).path.strip("/")) for one in found)
    raise OptionError(
        f"PRO_DATABASE_URL names a pooler's entry, and which database is meant is not clear:"
        f" the schema is in {names or 'none of them'}.",
        mend="Set PRO_DATABASE_URL to the server's own address, with the database's name.",
    )


async def _databases(url: str) -> list[str]:
    """The addresses of the server's databases."""
    parts = urlsplit(url)
    names = await _asked(url, drills.list_databases)
    return [written(parts._replace(path=f"/{quote(name, safe='')}")) for name in names]


async def _asked(url: str, ask: Callable[[Connection], Awaitable[_Answer]]) -> _Answer:
    connection = await connect(url, role=None, actor=ACTOR)
    try:
        return await ask(connection)
    finally:
        await connection.close()
