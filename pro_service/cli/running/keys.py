"""`keys new`, `keys public`: the keys that seal identities and links."""

from __future__ import annotations

import typer

from pro_service.cli.options import DataOption
from pro_service.cli.runtime import out, prepare_folder, run_command
from pro_service.config import open_seal_keys, read_settings
from pro_service.vault.keys import KeyRing
from pro_service.vault.signing import SigningRing

keys_app = typer.Typer(no_args_is_help=True, help="The keys that seal identities and links.")


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
