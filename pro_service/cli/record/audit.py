"""`audit verify`, `audit head`, `audit export`: whether the record is what was sealed.

`audit list`, which reads it, stands in `pro_service/cli/record/listing.py`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.progress import Progress

from pro_service.cli.options import DataOption
from pro_service.cli.record.listing import list_command
from pro_service.cli.runtime import OPERATOR, err, open_database, out, run_command
from pro_service.config import Settings, SettingsError, open_seal_keys, open_vault, read_settings
from pro_service.domain.errors import ProServiceError
from pro_service.domain.seals import Seal
from pro_service.services import record
from pro_service.services.record import Verdict
from pro_service.store.migrations import demand_whole, schema_state
from pro_service.store.pools import connect
from pro_service.store.record.seals import DirectConnection, get_newest_seal
from pro_service.vault.keys import VaultKeyError
from pro_service.vault.signing import PublicKeys

audit_app = typer.Typer(
    no_args_is_help=True, help="Whether the record is what was sealed, and proof for others."
)
audit_app.command("list")(list_command)
ACTOR = "cli:audit"
_Result = TypeVar("_Result")
KeyOption = Annotated[
    str | None,
    typer.Option(
        "--public-key",
        metavar="FILE_OR_TEXT",
        help="Public keys ID:BASE64, as `keys public` prints them; else those of PRO_SEAL_KEYS.",
    ),
]
HeadsOption = Annotated[
    Path | None,
    typer.Option("--heads", metavar="FILE", help="Heads kept outside, that must still be there."),
]


@audit_app.command("verify")
def verify_command(
    public_key: KeyOption = None,
    heads: HeadsOption = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help="An exported audit in place of the database."),
    ] = None,
    words: Annotated[
        bool,
        typer.Option("--words", help="Put moved words of staff back to compare; needs the keys."),
    ] = False,
    data: DataOption = None,
) -> None:
    """Verify seals, entries and the rows they describe; says where it breaks, and exits with 1."""

    async def of_file(path: Path) -> Verdict:
        with _progress() as progress:
            keys = _public_keys(public_key, read_settings())
            return record.verify_file(path, keys, heads=_kept(heads), told=_teller(progress))

    async def of_database(connection: DirectConnection, settings: Settings) -> Verdict:
        keys = _public_keys(public_key, settings)
        vault = open_vault(settings) if words else None
        with _progress() as progress:
            told = _teller(progress)
            return await record.verify(connection, keys, heads=_kept(heads), vault=vault, told=told)

    if file is not None:
        _say(run_command(of_file(file)), rows=False)
        return
    _say(_with_record(data, of_database), rows=True)


@audit_app.command("head")
def head_command(data: DataOption = None) -> None:
    """Print the newest seal as one line of JSON: keep it where nobody can change it."""

    async def work(connection: DirectConnection, _: Settings) -> Seal | None:
        return await get_newest_seal(connection)

    head = _with_record(data, work)
    if head is None:
        err.print("Nothing has been sealed yet.")
        raise typer.Exit(1)
    out.print(head.as_json(), markup=False)


@audit_app.command("export")
def export_command(
    file: Annotated[Path, typer.Argument(help="A new file.")], data: DataOption = None
) -> None:
    """Write seals and entries to a file that `audit verify --file` verifies without a database."""

    async def work(connection: DirectConnection, _: Settings) -> Verdict:
        with _progress() as progress:
            return await record.export_audit(connection, file, told=_teller(progress))

    written = _with_record(data, work)
    out.print(f"{written.seals} seal(s) over {written.entries} entries written to {file}.")
    if written.unsealed:
        out.print(f"{written.unsealed} entries are not sealed yet and were left out.")


def _say(verdict: Verdict, *, rows: bool) -> None:
    """The outcome in words; exit code 1 where anything is wrong."""
    for fault in verdict.faults:
        out.print(str(fault), markup=False)
    looked = f"{verdict.seals} seal(s) over {verdict.entries - verdict.unsealed} entries"
    if rows:
        looked += f", and the rows of {verdict.tables} tables"
    if verdict.unsealed > 0:
        looked += f"; {verdict.unsealed} entries are not sealed yet"
    if verdict.faults:
        err.print(f"The record is NOT what was sealed: {len(verdict.faults)} fault(s). {looked}.")
        raise typer.Exit(1)
    out.print(f"The record is what was sealed: {looked}.")


def _progress() -> Progress:
    return Progress(console=err, transient=True, disable=not err.is_terminal)


def _teller(progress: Progress) -> record.Told:
    task = progress.add_task("Verifying", total=None)

    def tell(what: str, done: int, of: int) -> None:
        progress.update(task, description=what.capitalize(), completed=done, total=of)

    return tell


def _kept(heads: Path | None) -> Iterable[Seal]:
    return () if heads is None else record.read_heads(heads)


def _public_keys(given: str | None, settings: Settings) -> PublicKeys:
    """The keys of --public-key, a file or the text itself, else those of the settings."""
    if given is None:
        if settings.seal_keys is None:
            raise SettingsError(
                "There is no public key to verify with.",
                mend="Give --public-key; `pro-service keys public` prints it where it is known.",
            )
        return open_seal_keys(settings).public
    try:
        path = Path(given)
        return PublicKeys.parse(path.read_text("utf-8") if path.is_file() else given)
    except (OSError, UnicodeDecodeError):
        raise ProServiceError(f"{given} cannot be read.") from None
    except (VaultKeyError, ValueError):
        raise ProServiceError(
            "--public-key is neither a file of public keys nor one itself.",
            mend="Write each as ID:BASE64, a line each.",
        ) from None


def _with_record(
    data: Path | None, work: Callable[[DirectConnection, Settings], Awaitable[_Result]]
) -> _Result:
    """Run one command with an operator's connection; no key of the vault is opened by it."""

    async def whole() -> _Result:
        async with _record(data) as (settings, connection):
            return await work(connection, settings)

    return run_command(whole())


@asynccontextmanager
async def _record(data: Path | None) -> AsyncIterator[tuple[Settings, DirectConnection]]:
    async with open_database(read_settings(), data) as (settings, url):
        connection = await connect(url, role=OPERATOR, actor=ACTOR)
        try:
            demand_whole(await schema_state(connection), may_be_moved=True)
            yield settings, connection
        finally:
            await connection.close()
