"""`pro-service demo` without --headless: a study with a past, served with phones and a clock."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from pro_service.cli.lazy import loading
from pro_service.cli.runtime import err, folder_keys, out, run_command, set_up
from pro_service.config import Settings, read_settings
from pro_service.demo.doors import (
    ADMINISTRATOR,
    DATA_MANAGER,
    LOGINS,
    MONITOR,
    Doors,
    demo_settings,
)
from pro_service.demo.folder import DemoFolder, DemoNote, FolderUnusableError, write_private
from pro_service.embedded import EmbeddedPostgres
from pro_service.logs import configure_logs

if TYPE_CHECKING:
    from rich.progress import Progress


def live_demo(
    *,
    data: Path,
    port: int | None,
    ready: Path | None,
    participants: int,
    days: int,
    seed: int,
) -> None:
    """Live the past if the folder has none yet, then serve until Ctrl-C or SIGTERM."""
    configure_logs(logging.WARNING)

    async def whole() -> None:
        folder = DemoFolder(data)
        try:
            note = folder.claim()
            settings = read_settings()
            settings = demo_settings(settings, settings.port if port is None else port)
            _forget(ready)
            if note is None or note.state == "living":
                note = await _live(folder, settings, note, participants, days, seed)
            kept = _with_keys(settings, folder, folder.path / "journal")
            await _serve(folder, note, kept, ready)
        finally:
            folder.release()

    run_command(whole())


async def _live(
    folder: DemoFolder,
    settings: Settings,
    cut_short: DemoNote | None,
    participants: int,
    days: int,
    seed: int,
) -> DemoNote:
    """The history, on a server that waits for no disk; what it wrote is on the disk at the end."""
    note = await folder.begin()
    if cut_short is not None:
        err.print("The last start was cut short; its half history is lived anew.")
    err.print(f"A study's last {days} days are being lived. This is done once.")
    loaded = _begin_loading("pro_service.demo.history")
    with _progress() as bar:
        task = bar.add_task("study days", total=days)
        async with EmbeddedPostgres(folder.database, durable=False) as server:
            await set_up(server.url, "demo")
            await loaded
            from pro_service.demo.history import live_until_now

            await live_until_now(
                server.url,
                _with_keys(settings, folder),
                participants_count=participants,
                days=days,
                seed=seed,
                password=note.password,
                progress=lambda done: bar.update(task, completed=done),
            )
    await asyncio.to_thread(os.sync)
    return folder.write(note.model_copy(update={"state": "lived"}))


async def _serve(
    folder: DemoFolder,
    note: DemoNote,
    settings: Settings,
    ready: Path | None,
) -> None:
    loaded = _begin_loading("pro_service.demo.house")
    async with EmbeddedPostgres(folder.database) as server:
        await set_up(server.url, "demo")
        await loaded
        from pro_service.app import until_told_to_stop
        from pro_service.demo.house import open_house

        async with open_house(settings, server.url, note.password) as doors:
            folder.write(note.model_copy(update={"address": doors.base_url}))
            _announce(doors, folder)
            if ready is not None:
                write_private(ready, doors.as_json())
            try:
                await until_told_to_stop()
            finally:
                _forget(ready)


def _begin_loading(module: str) -> asyncio.Task[None]:
    """Load the service while the server starts: together they take as long as the longer."""

    def load() -> None:
        with loading():
            import_module(module)

    return asyncio.create_task(asyncio.to_thread(load))


def _with_keys(settings: Settings, folder: DemoFolder, journal: Path | None = None) -> Settings:
    """The folder's own keys, whatever the environment names: they open what stands there.

    Of the past nobody keeps a journal: it can be lived again.
    """
    keys = folder_keys(folder.path)
    return settings.model_copy(
        update={
            "vault_keys": keys["vault"],
            "index_keys": keys["index"],
            "link_keys": keys["link"],
            "seal_keys": keys["seal"],
            "simulator_secret": keys["simulator_secret"],
            "journal_dir": journal,
        }
    )


def _forget(ready: Path | None) -> None:
    """A ready file of an earlier start would lie. Raises FolderUnusableError."""
    if ready is None:
        return
    try:
        with contextlib.suppress(FileNotFoundError):
            ready.unlink()
        if not os.access(ready.absolute().parent, os.W_OK):
            raise PermissionError(0, "no folder to write to")
    except OSError as error:
        raise FolderUnusableError(
            f"{ready} cannot be written ({error.strerror}).", mend="Name another file with --ready."
        ) from None


def _announce(doors: Doors, folder: DemoFolder) -> None:
    base, password = doors.base_url, doors.password.get_secret_value()
    lines = (
        "",
        f"A study in progress on {base}",
        "",
        f"  The phones, and study time to move:  {base}/demo/phone",
        f"  The coordinators' desk:              {base}/desk",
        f"      sign in as {LOGINS['coordinator']}, password {password}",
        f"      or as {LOGINS['investigator']}, same password: sees answers and scores too",
        f"      or as {DATA_MANAGER}, same password: sees scores beside what the MRI shows, and",
        f"      how far they move together, on {base}/desk/measures/correlate",
        f"      or as {MONITOR}: compares with the source, raises queries",
        f"      or as {ADMINISTRATOR}: keeps staff, sites and senders",
        f"  Questionnaires open now: {len(doors.links)}; their links are on the phones",
        "",
        f"Everything is kept in {folder.path}. Ctrl-C stops; the same command goes on.",
    )
    for line in lines:
        out.print(line, markup=False)


def _progress() -> Progress:
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=err,
    )
