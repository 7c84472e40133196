"""What staff wrote under an older release: sealed by `migrate`, or as the service starts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
from rich.progress import Progress

from pro_service.cli.runtime import err
from pro_service.services import record
from pro_service.store.connection import Connection
from pro_service.store.migrations import OWNER, schema_state
from pro_service.store.pools import connect
from pro_service.vault.vault import Vault

ACTOR: Final = "cli:migrate"


async def count_old_words(url: str) -> str:
    """What is left to do without the keys, in words; empty where nothing is."""
    async with _as_owner(url) as owner:
        people = 0 if owner is None else await record.count_words(owner)
    if not people:
        return ""
    return (
        f"What staff wrote about {people} participant(s) still stands in the clear. Run this again"
        " with PRO_VAULT_KEYS, PRO_INDEX_KEYS and PRO_LINK_KEYS set, or let `pro-service serve`"
        " seal it as it starts."
    )


async def move_old_words(url: str, vault: Vault) -> str:
    """Seal it; what was done, in words; empty where nothing was. Says nothing to an old schema."""
    async with _as_owner(url) as owner:
        if owner is None:
            return ""
        with Progress(console=err, transient=True, disable=not err.is_terminal) as progress:
            task = progress.add_task("Sealing words of staff")
            moved = await record.move_words(
                owner, vault, told=lambda done, of: progress.update(task, completed=done, total=of)
            )
    if not any(moved):
        return ""
    said = f"Words of staff sealed: {moved.rows} in the record, {moved.entries} audit entries."
    if moved.left:
        said += f" {moved.left} participant(s) have no key any more: their words stay."
    return said


@asynccontextmanager
async def _as_owner(url: str) -> AsyncIterator[Connection | None]:
    """A connection as the schema's owner; None where the schema is another release's.

    None too for a user without rights: whoever connects next says which are lacking.
    """
    asking = await connect(url, role=None, actor=ACTOR)
    try:
        current = (await schema_state(asking)).current
    except asyncpg.InsufficientPrivilegeError:
        current = False
    finally:
        await asking.close()
    if not current:
        yield None
        return
    owner = await connect(url, role=OWNER, actor=ACTOR)
    try:
        yield owner
    finally:
        await owner.close()
