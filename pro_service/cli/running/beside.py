"""A folder for a server that stands beside the one in use for a while."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import typer

from pro_service.cli.options import OptionError

PREFIX: Final = "pro-beside-"
YOUNG: Final = 60.0
"""Seconds within which a folder may be another's that has not claimed it yet."""


@contextmanager
def temporary_folder(room: Path | None = None) -> Iterator[Path]:
    """A folder in `room`, gone afterwards with all that is in it, also where SIGTERM ends the task.

    What a process left that was killed is removed too. Raises OptionError.
    """
    place = Path(tempfile.gettempdir()) if room is None else room
    try:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
    except OSError as error:
        raise OptionError(
            f"No folder can be made in {place} ({error.strerror}).",
            mend="Name one with room for the database: --room FOLDER.",
        ) from None
    claim = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(claim, fcntl.LOCK_EX)
        # The way through alone: the server's account is another where root does it.
        folder.chmod(0o711)
        _remove_left(place, folder.stat().st_mtime)
        with _ended_by_term():
            yield folder
    finally:
        shutil.rmtree(folder)
        os.close(claim)


@contextmanager
def _ended_by_term() -> Iterator[None]:
    """Let SIGTERM cancel the task, so that whatever it began is ended and removed."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    told = False

    def end() -> None:
        nonlocal told
        # Once: a second cancel would break off what the first one began to put away.
        if task is not None and not told:
            task.cancel()
        told = True

    loop.add_signal_handler(signal.SIGTERM, end)
    try:
        yield
    except asyncio.CancelledError:
        if told:
            raise typer.Exit(128 + signal.SIGTERM) from None
        raise
    finally:
        loop.remove_signal_handler(signal.SIGTERM)


def _remove_left(place: Path, made: float) -> None:
    """Remove folders of ours, from before one just made, whose process was killed."""
    for folder in place.glob(f"{PREFIX}*"):
        with suppress(OSError):
            status = folder.lstat()
            # A drill by root gives its folder to the account pgBackRest works under.
            ours = os.geteuid() in (0, status.st_uid)
            if ours and made - status.st_mtime > YOUNG:
                _remove_unclaimed(folder)


def _remove_unclaimed(folder: Path) -> None:
    claim = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)
    finally:
        os.close(claim)
