"""`migrate`: the schema of this release. What serves pages is not loaded for it."""

from __future__ import annotations

from pro_service.cli.options import DataOption
from pro_service.cli.running.words import count_old_words, move_old_words
from pro_service.cli.runtime import open_database, out, run_command, set_up
from pro_service.config import open_vault, read_settings
from pro_service.logs import configure_logs


def migrate_command(data: DataOption = None) -> None:
    """Bring the database to this release's schema; any number of replicas may do it at once.

    With the keys set, what staff wrote under an older release is sealed too; `serve` does it at its
    start otherwise.
    """

    configure_logs()  # what it waits for, and how far a large table is

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
