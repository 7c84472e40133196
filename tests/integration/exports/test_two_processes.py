"""An export by two processes is that of one, and ends with either of them."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from pro_service.services.base.context import ServiceContext
from pro_service.services.exports import halves
from pro_service.services.exports.export import export
from pro_service.services.exports.files import ABOUT, MANIFEST
from pro_service.services.exports.halves import Half, Later, LaterHalfError, Second
from pro_service.store.pools import connect
from pro_service.store.study.studies import StudyRow
from tests.integration.exports.conftest import AS_OF
from tests.support.seed import make_context
from tests.support.study import ACTOR, Trial


def killed() -> ServiceContext:
    """What a second process begins with, where the machine has no memory left."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("it lives")


def failing() -> ServiceContext:
    """What it begins with where a file is gone."""
    raise FileNotFoundError("channels.toml")


class StoppedError(Exception):
    """Whoever waits for the export wants it no more."""


def stop(done: int, of: int) -> None:
    """After the first participant."""
    raise StoppedError("no more")


def go_on(done: int, of: int) -> None:
    """Nobody stops it."""


STUDY_CODE = "KNEE-OA-UCMSC"


async def test_two_processes_write_what_one_writes(
    trial: Trial, followed_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Half] = []

    class Counted(Later):
        """One that is counted."""

        def __init__(self, half: Half) -> None:
            """Start it."""
            started.append(half)
            super().__init__(half)

    monkeypatch.setattr(halves, "Later", Counted)
    study = StudyRow(trial.study_id, STUDY_CODE, "", "")
    second = Second(
        partial(connect, followed_url, role="pro_operator", actor=ACTOR),
        make_context,
    )
    folders = tmp_path / "one", tmp_path / "two"
    for folder, fewest in zip(folders, (3, 2), strict=True):
        monkeypatch.setattr(halves, "FEWEST", fewest)
        at, heard = datetime.fromisoformat(AS_OF), list[tuple[int, int]]()
        await export(
            *(trial.operator, trial.context, study, folder),
            as_of=at,
            second=second,
            told=partial(hear, heard),
        )
        # Of both processes, however many rows each makes.
        assert (heard[0][1], heard[-1]) == (2, (2, 2))
        assert heard == sorted(heard)
        assert len(started) == 3 - fewest  # So few as before are not worth it.
    one, two = map(contents, folders)
    # The manifest says when it was made.
    assert {name for name in one | two if one.get(name) != two.get(name)} <= {ABOUT, MANIFEST}
    assert b"K-001" in two["items.csv"]
    assert b"K-002" in two["participants.csv"]


def hear(heard: list[tuple[int, int]], done: int, of: int) -> None:
    """Keep how many of how many were done."""
    heard.append((done, of))


def left_in(folder: Path) -> list[Path]:
    """What an export left behind."""
    return list(folder.iterdir())


def contents(folder: Path) -> dict[str, bytes]:
    """What is in a folder, by name; all of it for nobody but the owner."""
    assert {oct(file.stat().st_mode & 0o777) for file in folder.iterdir()} == {"0o600"}
    return {file.name: file.read_bytes() for file in folder.iterdir()}


async def test_an_export_whose_second_process_ends_leaves_nothing(
    trial: Trial, followed_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(halves, "FEWEST", 2)
    study = StudyRow(trial.study_id, STUDY_CODE, "", "")
    connecting = partial(connect, followed_url, role="pro_operator", actor=ACTOR)
    taken = "SELECT count(*) FROM pro.data_out"
    cases: tuple[tuple[Callable[[], ServiceContext], type[Exception], str], ...] = (
        (killed, LaterHalfError, "it was ended"),
        (failing, LaterHalfError, "FileNotFoundError"),
        (make_context, StoppedError, "no more"),
    )
    before = await trial.operator.fetchval(taken)
    for context, error, said in cases:
        second = Second(connecting, context)
        told = stop if error is StoppedError else go_on
        with pytest.raises(error, match=said):
            await export(
                trial.operator, trial.context, study, tmp_path / "out", second=second, told=told
            )
        assert left_in(tmp_path) == []
        assert multiprocessing.active_children() == []
    assert await trial.operator.fetchval(taken) == before
