"""`backup`, `restore`: the database kept, put back, and sending let go on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.progress import Progress as Bar
from rich.table import Table
from typer.core import TyperGroup

from pro_service.cli.options import ActorOption, DataOption
from pro_service.cli.running.parting import Parted, Wish, backup_parted
from pro_service.cli.runtime import (
    OPERATOR,
    Runtime,
    demand_kept_keys,
    err,
    name_actor,
    open_bare_database,
    out,
    run_command,
    with_runtime,
)
from pro_service.config import Settings, SettingsError, open_vault, read_settings, ring_of
from pro_service.embedded import program_folders
from pro_service.parts import check_kind, make_context, make_gateways
from pro_service.services import keeping
from pro_service.services.exports.instants import read_instant
from pro_service.services.receiving import sweep_inbound
from pro_service.store.ids import made_at, new_id
from pro_service.store.journal import JournalReading, read_journal
from pro_service.store.keeping import holds
from pro_service.store.pools import connect, open_pools
from pro_service.store.visits.erasures import BackupKept, record_backup
from pro_service.vault.keys import KeyRing

BinOption = Annotated[
    Path | None,
    typer.Option("--bin-dir", metavar="FOLDER", help="Where pg_dump and pg_restore are."),
]
JournalOption = Annotated[
    Path | None,
    typer.Option(
        "--journal",
        metavar="FOLDER",
        help="The journal kept since the backup: stops, deaths and texts in it happen again.",
    ),
]
NAMED: Final = "file"


class _FileOrCommand(TyperGroup):
    """`restore FILE` is short for the one of its commands that takes a file."""

    unnamed = NAMED

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the name in where neither a command nor a call for help stands first."""
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h"):
            args = [NAMED, *args]
        return super().parse_args(ctx, args)


restore_app = typer.Typer(
    cls=_FileOrCommand,
    no_args_is_help=True,
    help="Put a backup back (`restore FILE`); then see to what it forgot, and let sending go on.",
)


def backup_command(
    file: Annotated[Path, typer.Argument(help="The file to write; none is replaced.")],
    encrypt: Annotated[
        bool, typer.Option("--encrypt", help="Encrypt it under the first key of PRO_BACKUP_KEYS.")
    ] = False,
    keep_days: Annotated[
        int | None,
        typer.Option(
            "--keep-days", min=1, max=36500, help="Days after which the file is thrown away."
        ),
    ] = None,
    studies: Annotated[
        list[str] | None,
        typer.Option(
            "--study",
            metavar="CODE",
            help="Of these studies alone, to go on in a database of their own; may be repeated.",
        ),
    ] = None,
    room: Annotated[
        Path | None,
        typer.Option(
            "--room", metavar="FOLDER", help="With --study: where there is room for a copy."
        ),
    ] = None,
    bin_dir: BinOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Write the whole database to one file, and read it back."""

    async def work() -> Parted:
        settings = read_settings()
        who = name_actor(actor, settings)
        ring = _ring(settings)
        if encrypt and ring is None:
            raise SettingsError(
                "PRO_BACKUP_KEYS is not set.",
                mend="Make a ring with `pro-service keys new`, and keep it where backups are not.",
            )
        async with open_bare_database(settings, data) as (ready, url):
            place = keeping.Place(url, who, _folders(bin_dir))
            under = ring if encrypt else None
            with _progress() as progress:
                if studies:
                    wish = Wish(ready, studies, room, bin_dir)
                    done = await backup_parted(wish, place, file, under, progress)
                else:
                    made = await keeping.make_backup(place, file, under, progress)
                    done = Parted(made, (), 0)
            await _note_backup(url, who, file, done, keep_days)
            return done

    _say_made(file, run_command(work()))


def _say_made(file: Path, done: Parted) -> None:
    made = done.made
    out.print(
        f"{file}: {made.rows} rows of {len(made.tables)} tables, as of"
        f" {made.made_at:%Y-%m-%d %H:%M:%S} UTC, read back and equal.",
        markup=False,
    )
    needed = (("VAULT", made.vault_keys), ("INDEX", made.index_keys), ("LINK", made.link_keys))
    for name, ids in needed:
        out.print(f"It needs PRO_{name}_KEYS: {', '.join(ids) or 'none yet'}.", markup=False)
    if done.without_factor:
        out.print(
            f"{done.without_factor} of the people who stay must set up their second factor again:"
            " theirs was sealed under the key of a study that is not in this file. Until then their"
            " password alone lets them in, where their role does not demand one.",
            markup=False,
        )


async def _note_backup(url: str, who: str, file: Path, done: Parted, keep_days: int | None) -> None:
    """Keep that it was made: whoever is erased later is told that it is not reached."""
    at = done.made.made_at
    until = None if keep_days is None else (at + timedelta(days=keep_days)).date()
    connection = await connect(url, role=OPERATOR, actor=who)
    try:
        kept = BackupKept(file.name, at, until)
        await record_backup(connection, kept, of_studies=done.studies)
    finally:
        await connection.close()


@restore_app.command(NAMED)
def restore_file(
    file: Annotated[Path, typer.Argument(help="The backup.")],
    journal: JournalOption = None,
    bin_dir: BinOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Put a backup into an empty database, replay the journal, and hold sending."""

    async def work() -> None:
        settings = read_settings()
        who = name_actor(actor, settings)
        demand_kept_keys(settings, data or settings.data_dir)
        async with open_bare_database(settings, data) as (ready, url):
            vault, ring = open_vault(ready), _ring(ready)
            # What the provider's account lacks is said before anything is done.
            gateways = make_gateways(ready)
            gateways.open()
            await gateways.close()
            check_kind(keeping.manifest_of(file, ring).kind, ready.providers)
            place = keeping.Place(url, who, _folders(bin_dir))
            with _progress() as progress:
                made = await keeping.restore_backup(place, file, ring, vault, progress)
            out.print(
                f"Restored: {made.rows} rows of {len(made.tables)} tables, each equal to the"
                " backup's; the keys fit.",
                markup=False,
            )
            _say_gap(made.made_at)
            await _put_back(ready, url, who, made.made_at, journal or ready.journal_dir)

    run_command(work())


@restore_app.command("replay")
def replay_command(
    journal: Annotated[
        Path, typer.Option("--journal", metavar="FOLDER", help="The journal since the backup.")
    ],
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Replay a journal once more, while sending is held: what stands is left alone."""

    async def work(runtime: Runtime) -> None:
        hold = await holds.get_open_hold(runtime.connection)
        if hold is None or hold.backup_at is None:
            out.print("Sending is not held since a restore; nothing was done.")
            return
        await _put_back(runtime.settings, runtime.url, runtime.actor, hold.backup_at, journal)

    with_runtime(data, actor, work)


@restore_app.command("recovered")
def recovered_command(
    until: Annotated[
        str,
        typer.Option(
            help="The instant it was restored to, with its offset: what was given as the target.",
        ),
    ],
    journal: JournalOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Say that the server was restored to a point in time: hold sending, replay the journal."""

    async def work() -> None:
        at = read_instant(until)
        settings = read_settings()
        who = name_actor(actor, settings)
        async with open_bare_database(settings, data) as (ready, url):
            owner = await connect(url, role=keeping.OWNER, actor=who)
            try:
                await keeping.hold_recovered(owner, at, who)
            finally:
                await owner.close()
            _say_gap(at)
            await _put_back(ready, url, who, at, journal or ready.journal_dir)

    run_command(work())


@restore_app.command("status")
def status_command(data: DataOption = None, actor: ActorOption = None) -> None:
    """Say whether sending is held, and why."""

    async def work(runtime: Runtime) -> None:
        hold = await holds.get_open_hold(runtime.connection)
        if hold is not None:
            said = keeping.said_of(hold)
        elif await holds.get_left_timeline(runtime.connection) is not None:
            said = keeping.said_of_timeline()
        else:
            said = "Sending is not held."
        out.print(said, markup=False)

    with_runtime(data, actor, work)


@restore_app.command("release")
def release_command(
    reason: Annotated[str, typer.Option("--reason", help="What was confirmed, and how.")],
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Let sending go on, on your word."""

    async def work(runtime: Runtime) -> None:
        await keeping.release(runtime.connection, runtime.actor, reason)
        out.print(f"Sending goes on, on the word of {runtime.actor}.", markup=False)

    with_runtime(data, actor, work)


def _ring(settings: Settings) -> KeyRing | None:
    secret = settings.backup_keys
    return None if secret is None else ring_of("backup_keys", secret)


def _folders(bin_dir: Path | None) -> list[Path]:
    return program_folders() if bin_dir is None else [bin_dir]


@contextmanager
def _progress() -> Iterator[keeping.Progress]:
    with Bar(console=err, transient=True) as bar:
        task = bar.add_task("Beginning", total=None)

        def tell(what: str, done: int, of: int) -> None:
            bar.update(task, description=what, completed=done, total=of or None)

        yield tell


def _say_gap(made: datetime) -> None:
    gap = timedelta(seconds=round((made_at(new_id()) - made).total_seconds()))
    out.print(
        f"The backup was made at {made:%Y-%m-%d %H:%M:%S} UTC, {gap} ago. Whatever was recorded"
        " since is lost here but for the journal, the provider's list and paper.",
        markup=False,
    )


@asynccontextmanager
async def _hands(settings: Settings, url: str, who: str) -> AsyncIterator[keeping.Hands]:
    context = make_context(settings, open_vault(settings))
    operator = await connect(url, role=OPERATOR, actor=f"{keeping.ACTOR}:{who}")
    worker = await connect(url, role="pro_worker", actor=f"{keeping.ACTOR}:{who}")
    try:
        yield keeping.Hands(operator, worker, context)
    finally:
        await operator.close()
        await worker.close()


async def _put_back(
    settings: Settings, url: str, who: str, made: datetime, journal: Path | None
) -> None:
    """Replay, ask the provider, and print what a person must see to."""
    reading = JournalReading([], [])
    if journal is None:
        out.print("No journal was given (--journal FOLDER): what it knows is not put back.")
    else:
        reading = read_journal(journal, made - keeping.OVERLAP)
    async with _hands(settings, url, who) as hands:
        _show(await keeping.replay(hands, reading.lines), reading)
        await _ask_provider(url, hands, reading)
    out.print(
        "Sending is held. When the list above has been seen to:"
        ' pro-service restore release --reason "...".',
        markup=False,
    )


async def _ask_provider(url: str, hands: keeping.Hands, reading: JournalReading) -> None:
    gateways = hands.context.gateways
    try:
        bound, unknown = await keeping.ask_provider(hands, reading.lines)
        async with await open_pools(url, roles=["provider"], sizes={"provider": 1}) as pools:
            fed = 0
            for gateway in gateways.values():
                fed += await sweep_inbound(pools.provider, hands.context, gateway)
    finally:
        await gateways.close()
    out.print(
        f"The provider has {bound} of the texts the backup lacks, of {unknown} it does not say;"
        f" {fed} text(s) that came in were fetched.",
        markup=False,
    )


def _show(found: list[keeping.Replayed], reading: JournalReading) -> None:
    """What was put back, and what a person must see to."""
    titles = (("done", "Put back from the journal"), ("confirm", "A person must see to"))
    for outcome, title in titles:
        rows = [one for one in found if one.outcome == outcome]
        table = Table("participant", "what", title=f"{title}: {len(rows)}", title_justify="left")
        for one in rows:
            table.add_row(one.code, one.words)
        out.print(table if rows else f"{title}: nothing.")
    for place in reading.unreadable:
        out.print(
            f"The journal's line {place} cannot be read. If it breaks off, its write was refused;"
            " if it is whole, a later release wrote it: replay it with that one.",
            markup=False,
        )
