"""A zone's rules change under a study: what is to come is dated anew, what was is left."""

from __future__ import annotations

import shutil
import zoneinfo
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from pro_service.services.visits.redating import (
    Redate,
    Redated,
    RedatingRefusedError,
    redate_all,
)
from tests.support.command import commands_with
from tests.support.record.words import spoken
from tests.support.study import Trial, open_trial, row

ZONE = "Asia/Shanghai"
ACTOR = "cli:tester"
OPENS = (
    "SELECT participant_id, definition, occurrence, opens_at, closes_at FROM visits"
    " WHERE superseded_at IS NULL ORDER BY id"
)


@contextmanager
def another_rule(folder: Path) -> Iterator[None]:
    """Shanghai an hour ahead of its clocks, as an older or newer tzdata might have it."""
    source = next(
        found
        for base in (*zoneinfo.TZPATH, _packaged())
        for found in [Path(base) / "Asia/Tokyo"]
        if found.is_file()
    )
    (folder / "Asia").mkdir(parents=True)
    shutil.copy(source, folder / ZONE)
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath([str(folder), *before])
    zoneinfo.ZoneInfo.clear_cache()
    try:
        yield
    finally:
        zoneinfo.reset_tzpath(before)
        zoneinfo.ZoneInfo.clear_cache()


def _packaged() -> str:
    return str(files("tzdata") / "zoneinfo")


@pytest.fixture
async def trial(database_url: str, tmp_path: Path) -> AsyncIterator[Trial]:
    """Two participants dated by other rules than those that hold now; one has begun an answer."""
    async with open_trial(database_url) as opened:
        with another_rule(tmp_path / "zones"):
            await opened.enrol(row("K-001"), row("K-002"))
            await opened.happened("K-001")
            await opened.move(timedelta(days=1))
        yield opened


async def redated(trial: Trial, *, preview: bool = False, reason: str = "tzdata") -> list[Redated]:
    """Who changes, and what."""
    people = list(trial.participants.values())
    asked = Redate(ACTOR, reason, preview)
    run = redate_all(trial.operator, trial.context, trial.study_id, people, asked)
    return [one async for one in run]


async def test_a_preview_names_every_window_and_writes_nothing(trial: Trial) -> None:
    before = await trial.fetch(OPENS), await trial.fetchval("SELECT max(id) FROM audit_entries")
    found = await redated(trial, preview=True, reason="")
    assert {one.code for one in found} == {"K-001", "K-002"}
    lines = {line.partition(":")[0]: line for line in found[0].lines}
    # An hour before midnight by the rules that hold now, at midnight from now on.
    assert " 23:00 to " in lines["month_3"].partition(" -> ")[0]
    assert " 00:00 to " in lines["month_3"].partition(" -> ")[2]
    after = await trial.fetch(OPENS), await trial.fetchval("SELECT max(id) FROM audit_entries")
    assert after == before


async def test_what_is_to_come_is_dated_anew_once_and_what_is_over_stays(trial: Trial) -> None:
    old = {tuple(name): (opens, closes) for *name, opens, closes in await trial.fetch(OPENS)}
    now = await trial.fetchval("SELECT pro.now()")
    await redated(trial)
    new = {tuple(name): (opens, closes) for *name, opens, closes in await trial.fetch(OPENS)}
    assert set(new) == set(old)
    moved = {name for name in old if new[name] != old[name]}
    assert moved
    for name in moved:
        assert new[name][0] - old[name][0] == timedelta(hours=1)
    assert all(old[name][1] is None or old[name][1] > now for name in moved)
    why = await trial.fetchval(
        "SELECT reason FROM audit_entries WHERE table_name = 'visits' ORDER BY id DESC LIMIT 1"
    )
    assert await spoken(trial.operator, trial.context, str(why)) == "tzdata"
    # Each of them is nudged once, at the hour of the new window.
    doubled = await trial.fetch(
        "SELECT visit_id FROM reminders WHERE ended_at IS NULL GROUP BY 1 HAVING count(*) > 1"
    )
    assert doubled == []
    assert await redated(trial) == []


async def test_the_command_reads_the_rules_the_machine_has_now(
    trial: Trial, tmp_path: Path
) -> None:
    """As after an update of tzdata: another folder of rules, and a process that starts there."""
    with another_rule(tmp_path / "newer"):
        pass  # the folder is made; this process goes on by the rules it had
    commands = commands_with(trial.url, trial.context.keys.vault)
    newer = {"PYTHONTZPATH": str(tmp_path / "newer")}
    words = ("visit", "redate")
    stands = "Every window stands"
    assert stands in commands.run(*words, "--preview", environment=newer).out
    # This process goes on by the rules that hold now, and so may what it calls.
    look = await commands.call(*words, "--preview")
    assert (look.code, "2 participant(s) would change." in look.out) == (0, True), look
    assert "K-001 (Asia/Shanghai): month_3" in look.out
    done = await commands.call(*words, "--reason", "tzdata 2026c")
    assert (done.code, "2 participant(s) changed." in done.out) == (0, True), done
    assert stands in (await commands.call(*words, "--preview")).out
    assert "2 participant(s) would" in commands.run(*words, "--preview", environment=newer).out


async def test_it_is_not_done_without_a_reason(trial: Trial) -> None:
    with pytest.raises(RedatingRefusedError):
        await redated(trial, reason=" ")
