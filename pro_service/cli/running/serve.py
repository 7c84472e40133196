"""`migrate`, `serve`, `worker`, `keys new`: running the service."""

from __future__ import annotations

from typing import Annotated

import typer

from pro_service.app import is_there, run
from pro_service.cli.options import DataOption
from pro_service.cli.running.words import count_old_words, move_old_words
from pro_service.cli.runtime import open_database, out, prepare_folder, run_command, set_up
from pro_service.config import Settings, open_seal_keys, open_vault, read_settings
from pro_service.logs import configure_logs
from pro_service.vault.keys import KeyRing
from pro_service.vault.signing import SigningRing

keys_app = typer.Typer(no_args_is_help=True, help="The keys that seal identities and links.")
PortOption = Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on.")]


def migrate_command(data: DataOption = None) -> None:
    """Bring the database to this release's schema; any number of replicas may do it at once.

    With the keys set, what staff wrote under an older release is sealed too; `serve` does it at its
    start otherwise.
    """

    async def work() -> tuple[list[str], str]:
        async with open_database(read_settings(), data) as (settings, url):
            applied = await set_up(url, settings.database_kind)
            if settings.vault_keys is None:
                return applied, await count_old_words(url)
            return applied, await move_old_words(url, open_vault(settings))

    applied, words = run_command(work())
    out.print(f"{len(applied)} migration(s) applied." if applied else "The schema is current.")
    if words:
        out.print(words, markup=False)


def serve_command(
    port: PortOption = None,
    with_worker: Annotated[
        bool, typer.Option("--with-worker", help="Run the periodic work in this process too.")
    ] = False,
    data: DataOption = None,
) -> None:
    """Serve pages and webhooks until SIGTERM or Ctrl-C, then drain."""
    _run(data, port=port, serve=True, work=with_worker)


def worker_command(data: DataOption = None) -> None:
    """Run reminders, sending, closing and sealing until SIGTERM or Ctrl-C, then drain."""
    _run(data, port=None, serve=False, work=True)


def _run(data: DataOption, *, port: int | None, serve: bool, work: bool) -> None:
    configure_logs()

    async def whole() -> None:
        settings: Settings = read_settings()
        if port is not None:
            settings = settings.model_copy(update={"port": port})
        async with open_database(settings, data) as (ready_settings, url):
            vault = open_vault(ready_settings)
            if not await is_there(url):
                return
            words = await move_old_words(url, vault)
            if words:
                out.print(words, markup=False)
            await run(
                ready_settings,
                url,
                vault,
                serve=serve,
                work=work,
                announce=lambda line: out.print(line),
            )

    run_command(whole())


@keys_app.command("new")
def new_keys() -> None:
    """Print a fresh set of keys as settings; keep them where the database's backup is not."""
    for name in ("VAULT", "INDEX", "LINK", "BACKUP"):
        out.print(f"PRO_{name}_KEYS={KeyRing.generate().reveal()}", markup=False)
    out.print(f"PRO_SEAL_KEYS={SigningRing.generate().reveal()}", markup=False)


@keys_app.command("public")
def public_keys(data: DataOption = None) -> None:
    """Print the public halves of PRO_SEAL_KEYS, for the binder: they verify the audit's seals.

    With a data folder: of the keys kept in it.
    """

    async def work() -> str:
        settings = read_settings()
        folder = data or settings.data_dir
        return str(
            open_seal_keys(settings if folder is None else prepare_folder(folder, settings)).public
        )

    out.print(run_command(work()), markup=False)
