"""What every command stands on: a database, the vault, and one named actor.

The database is PRO_DATABASE_URL's, or an embedded one in a folder (--data or PRO_DATA_DIR). Where
a server already runs in that folder, it is used; else one is started for the command.
"""

from __future__ import annotations

import asyncio
import getpass
import json
import os
import secrets
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import asyncpg
import typer
from pydantic import SecretStr
from rich.console import Console

from pro_service.config import Settings, SettingsError, open_vault, read_settings
from pro_service.domain.errors import ProServiceError
from pro_service.embedded import EmbeddedError, EmbeddedPostgres, find_running
from pro_service.parts import make_context
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.key_check import demand_fitting_keys
from pro_service.store.base.operations import begin_ids
from pro_service.store.journal import journal_in
from pro_service.store.migrations import DatabaseKind, demand_whole, migrate, schema_state
from pro_service.store.pools import connect
from pro_service.vault.keys import KeyRing
from pro_service.vault.signing import SigningRing
from pro_service.vault.vault import Vault

out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)
OPERATOR = "pro_operator"
OUR_STATES = "PR"
"""SQLSTATEs of our own rules begin so."""
WRONG_KIND = "PR004"
_Result = TypeVar("_Result")


@dataclass
class Runtime:
    """An operator's connection with what use cases need."""

    settings: Settings
    url: str
    vault: Vault
    context: ServiceContext
    connection: asyncpg.Connection[asyncpg.Record]
    actor: str


def name_actor(given: str | None, settings: Settings) -> str:
    """Who does this: --actor, PRO_ACTOR, else the login name."""
    name = given or settings.actor
    if not name:
        try:
            name = getpass.getuser()
        except (KeyError, OSError):
            raise SettingsError("Nobody is named.", mend="Say who you are: --actor NAME.") from None
    return f"cli:{name}"


def _fast_loop() -> asyncio.AbstractEventLoop:
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    import uvloop

    return uvloop.new_event_loop()


def run_command(work: Awaitable[_Result]) -> _Result:
    """Run a command to its end; an error of ours is one line on stderr and exit code 1."""

    async def whole() -> _Result:
        return await work

    try:
        with asyncio.Runner(loop_factory=_fast_loop) as runner:
            return runner.run(whole())
    except (ProServiceError, EmbeddedError) as error:
        err.print(f"[red]error:[/] {_line(error)}", markup=True)
        raise typer.Exit(1) from None
    except asyncpg.InsufficientPrivilegeError:
        err.print(
            "error: The database user lacks a right this needs. Give PRO_DATABASE_URL's user"
            " CREATEROLE, and CREATE on the database; or let an administrator run sql/roles.sql and"
            " grant that user every role it names. The README's Settings say more."
        )
        raise typer.Exit(1) from None
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        err.print(f"error: {_refusal(error)}", markup=False)
        raise typer.Exit(1) from None


def _refusal(error: asyncpg.PostgresError | asyncpg.InterfaceError) -> str:
    """What the database objects to. Only our own rules' words are safe to repeat."""
    state = getattr(error, "sqlstate", None) or ""
    if state == WRONG_KIND:
        return (
            f"The database refuses this: {error}."
            " Set PRO_DATABASE_KIND to that word, or use another database."
        )
    if state.startswith(OUR_STATES):
        return f"The database refuses this: {error}."
    if isinstance(
        error, asyncpg.CharacterNotInRepertoireError | asyncpg.UntranslatableCharacterError
    ):
        return "A value holds a character that cannot be kept (U+0000). Nothing was written."
    if isinstance(error, asyncpg.SyntaxOrAccessError | asyncpg.InvalidSchemaNameError):
        return "The database lacks this release's schema. Run `pro-service migrate`."
    return f"The database failed ({type(error).__name__}). Nothing was half done; try again."


def _line(error: ProServiceError | EmbeddedError) -> str:
    text = f"{error.message} {error.mend or ''}".strip()
    return text.replace("[", "\\[")


def folder_keys(folder: Path) -> dict[str, SecretStr]:
    """The keys kept beside an embedded database, made on first use, readable by the owner only."""
    path = folder / "keys.json"
    if not path.exists():
        fresh = {name: KeyRing.generate().reveal() for name in ("vault", "index", "link")}
        fresh["simulator_secret"] = secrets.token_urlsafe(32)
        fresh["seal"] = SigningRing.generate().reveal()
        _write_keys(path, fresh)
    keys: dict[str, str] = json.loads(path.read_text("utf-8"))
    if "seal" not in keys:  # a folder of a release that did not sign yet
        keys["seal"] = SigningRing.generate().reveal()
        part = path.with_name("keys.json.part")
        part.unlink(missing_ok=True)
        _write_keys(part, keys)
        part.replace(path)
    return {name: SecretStr(text) for name, text in keys.items()}


def demand_kept_keys(settings: Settings, folder: Path | None) -> None:
    """Refuse a folder whose keys would be made fresh now: those open nothing that was kept.

    Raises SettingsError; nothing was made then.
    """
    set_already = settings.vault_keys and settings.index_keys and settings.link_keys
    if folder is None or set_already or (folder / "keys.json").exists():
        return
    raise SettingsError(
        f"The folder {folder} has no keys, and fresh ones would open nothing in the backup.",
        mend="Copy keys.json into it from the folder the backup was made of, or set"
        " PRO_VAULT_KEYS, PRO_INDEX_KEYS and PRO_LINK_KEYS.",
    )


def _write_keys(path: Path, keys: dict[str, str]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(keys, file)


def with_folder_keys(settings: Settings, folder: Path) -> Settings:
    """The settings, with the folder's keys where none are set."""
    keys = folder_keys(folder)
    return settings.model_copy(
        update={
            "vault_keys": settings.vault_keys or keys["vault"],
            "index_keys": settings.index_keys or keys["index"],
            "link_keys": settings.link_keys or keys["link"],
            "seal_keys": settings.seal_keys or keys["seal"],
            "simulator_secret": settings.simulator_secret or keys["simulator_secret"],
            "journal_dir": settings.journal_dir or folder / "journal",
        }
    )


@asynccontextmanager
async def open_database(
    settings: Settings, data: Path | None
) -> AsyncIterator[tuple[Settings, str]]:
    """Yield the settings in force and the URL of the database. Raises SettingsError.

    An embedded server started for this is brought to this release's schema.
    """
    async with open_bare_database(settings, data, prepare=set_up) as opened:
        yield opened


@asynccontextmanager
async def open_bare_database(
    settings: Settings,
    data: Path | None,
    prepare: Callable[[str, DatabaseKind], Awaitable[object]] | None = None,
) -> AsyncIterator[tuple[Settings, str]]:
    """The same, with nothing put into a database that is empty unless `prepare` does."""
    folder = data or settings.data_dir
    if folder is None:
        if settings.database_url is None:
            raise SettingsError(
                "There is no database.",
                mend="Set PRO_DATABASE_URL, or give --data FOLDER for an embedded one.",
            )
        yield settings, settings.database_url.get_secret_value()
        return
    settings = prepare_folder(folder, settings)
    database = folder / "postgresql"
    running = find_running(database) if database.exists() else None
    if running is not None:
        yield settings, running
        return
    async with EmbeddedPostgres(database) as server:
        if prepare is not None:
            await prepare(server.url, settings.database_kind)
        yield settings, server.url


def prepare_folder(folder: Path, settings: Settings) -> Settings:
    """Make the folder and its keys where they are not there yet. Raises SettingsError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return with_folder_keys(settings, folder)
    except OSError as error:
        raise SettingsError(
            f"The data folder {folder} is not writable ({error.strerror}).",
            mend="Choose a folder that you may write to, with --data or PRO_DATA_DIR.",
        ) from None


async def set_up(url: str, kind: DatabaseKind) -> list[str]:
    """Bring a database to this release's schema; returns the migrations applied."""
    connection = await connect(url, role=None, actor="cli:migrate")
    try:
        applied = await migrate(connection, kind=kind)
        if kind != "production":
            applied += await migrate(connection, series="simulator")
    finally:
        await connection.close()
    return applied


def demand_begun(settings: Settings, data: Path | None) -> None:
    """Refuse a folder without a database: its name was mistyped, and it would be made.

    Raises SettingsError.
    """
    folder = data or settings.data_dir
    if folder is not None and not (folder / "postgresql").exists():
        raise SettingsError(
            f"There is no database in {folder}.",
            mend="Name its folder with --data or PRO_DATA_DIR; `pro-service protocol load` and"
            " `pro-service migrate` begin one.",
        )


@asynccontextmanager
async def open_runtime(
    data: Path | None, actor: str | None, *, begins: bool = False
) -> AsyncIterator[Runtime]:
    """Everything a command of an operator needs, closed again at its end.

    Only one that `begins` a study makes the database of a folder that has none.
    """
    settings = read_settings()
    if not begins:
        demand_begun(settings, data)
    who = name_actor(actor, settings)
    async with AsyncExitStack() as stack:
        settings, url = await stack.enter_async_context(open_database(settings, data))
        vault = open_vault(settings)
        connection = await connect(url, role=OPERATOR, actor=who)
        stack.push_async_callback(connection.close)
        demand_whole(await schema_state(connection))
        await demand_fitting_keys(connection, vault)
        await begin_ids(connection)
        stack.enter_context(journal_in(settings.journal_dir))
        yield Runtime(settings, url, vault, make_context(settings, vault), connection, who)


def with_runtime(
    data: Path | None,
    actor: str | None,
    work: Callable[[Runtime], Awaitable[_Result]],
    *,
    begins: bool = False,
) -> _Result:
    """Run one operator's command; `begins` as in `open_runtime`."""

    async def whole() -> _Result:
        async with open_runtime(data, actor, begins=begins) as runtime:
            return await work(runtime)

    return run_command(whole())
