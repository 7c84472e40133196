"""A folder beside the database in use: gone afterwards, also when told to end, and after a kill."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pro_service.cli.running.beside import temporary_folder
from tests.integration.keeping.restored import names_in

WAITS = """
import asyncio, sys
from pathlib import Path
from pro_service.cli.running.beside import temporary_folder
from pro_service.cli.runtime import run_command

async def work():
    with temporary_folder(Path(sys.argv[1])) as folder:
        (folder / "rows").write_text("of everybody")
        try:
            print("ready", flush=True)
            await asyncio.sleep(600)
        finally:
            print("the server is stopped", flush=True)

import typer
app = typer.Typer()
app.command()(lambda: run_command(work()))
app(args=[])
"""


def ended_by(sign: signal.Signals, room: Path) -> tuple[int, str]:
    """A process that has a folder there, sent this; its exit code and what it went on to say."""
    with subprocess.Popen(
        [sys.executable, "-c", WAITS, str(room)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(sign)
        said = process.stdout.read()
        return process.wait(timeout=60), said.strip()


def test_nothing_stays_where_it_is_told_to_end(tmp_path: Path) -> None:
    code, said = ended_by(signal.SIGTERM, tmp_path)
    assert (code, said, names_in(tmp_path)) == (143, "the server is stopped", [])


async def test_what_a_killed_one_left_is_removed_by_the_next_and_what_is_in_use_stays(
    tmp_path: Path,
) -> None:
    ended_by(signal.SIGKILL, tmp_path)
    (left,) = names_in(tmp_path)
    used = tmp_path / "pro-beside-used"
    used.mkdir()
    (tmp_path / "another").mkdir()
    for folder in (tmp_path / left, used, tmp_path / "another"):
        os.utime(folder, (1, 1))
    claim = os.open(used, os.O_RDONLY)
    try:
        fcntl.flock(claim, fcntl.LOCK_EX)
        with temporary_folder(tmp_path) as folder:
            assert names_in(tmp_path) == sorted(["another", "pro-beside-used", folder.name])
    finally:
        os.close(claim)


async def test_a_room_that_is_none_is_refused_with_the_option_that_names_another(
    tmp_path: Path,
) -> None:
    with pytest.raises(Exception, match="No folder can be made") as refused:
        temporary_folder(tmp_path / "none").__enter__()
    assert "--room FOLDER" in (getattr(refused.value, "mend", None) or "")
