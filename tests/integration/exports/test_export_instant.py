"""The same instant gives the same export, whenever it is asked for."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pro_service.services.exports import instants
from pro_service.services.exports.columns import TABLES
from pro_service.services.exports.cuts import CutError, make_cut
from pro_service.services.exports.export import export
from pro_service.services.exports.files import ABOUT, MANIFEST
from pro_service.services.exports.instants import WITHOUT_HISTORY, AsOfError, settle
from pro_service.store.exports import export as store
from pro_service.store.pools import connect
from pro_service.store.sql_files import load_queries
from pro_service.store.study.studies import StudyRow
from tests.support.study import ACTOR, Trial, open_trial, row


async def exported(trial: Trial, folder: Path, as_of: datetime | None = None) -> bytes:
    """The table of scores, as the command writes it."""
    study = StudyRow(trial.study_id, "KNEE-OA-UCMSC", "", "")
    await export(trial.operator, trial.context, study, folder, as_of=as_of)
    return (folder / "scores.csv").read_bytes()


async def test_a_long_enrolment_is_waited_for_and_the_instant_repeats(
    database_url: str, tmp_path: Path
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        slow = await connect(database_url, role="pro_operator", actor=ACTOR)
        enrolling = slow.transaction()
        await enrolling.start()
        await slow.execute("SELECT pro.now()")
        fast, trial.operator = trial.operator, slow
        try:
            await trial.enrol(row("K-002"))
        finally:
            trial.operator = fast
        instant = await trial.now()
        waiting = asyncio.ensure_future(exported(trial, tmp_path / "a", as_of=instant))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        await enrolling.commit()
        await slow.close()
        first = await waiting
        assert {b"K-001", b"K-002"} <= set(re.findall(rb"K-00\d", first))
        await trial.enrol(row("K-003"))
        assert await exported(trial, tmp_path / "b", as_of=instant) == first


async def test_after_its_patience_it_says_what_is_still_under_way(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_trial(database_url) as trial:
        other = await connect(database_url, role="pro_worker", actor=ACTOR)
        async with other.transaction():
            pid = await other.fetchval("SELECT pg_backend_pid()")
            with pytest.raises(AsOfError, match=f"still under way.*process {pid}"):
                await settle(trial.operator, None, patience=0.0)
            monkeypatch.setattr(instants.settle, "__kwdefaults__", {"ahead": None, "patience": 0.0})
            with pytest.raises(AsOfError):
                await exported(trial, tmp_path / "out")
            assert not (tmp_path / "out").exists()
        await other.close()
        await settle(trial.operator, None, patience=0.0)


async def test_who_only_reads_is_not_waited_for(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        other = await connect(database_url, role="pro_operator", actor=ACTOR)
        async with store.one_snapshot(other):
            settled = await settle(trial.operator, None, patience=0.0)
            assert settled <= await trial.now()
        await other.close()


async def test_a_list_says_what_an_earlier_instant_shows_of_rows_that_change(
    database_url: str,
) -> None:
    """Whoever lets an export read a further table that is updated says what as-of makes of it."""
    read = set()
    for stem in ("export", "people", "work", "measures"):
        for query in load_queries(f"exports/{stem}").by_name.values():
            read |= set(re.findall(r"\bpro\.(\w+)\b(?!\()", query.sql))
    async with open_trial(database_url) as trial:
        updated = {
            name
            for (name,) in await trial.fetch(
                "SELECT c.relname FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid"
                " WHERE t.tgname = 'audit_update'"
            )
        }
    assert {"visits", "assessments"} <= read & updated
    assert read & updated == set(WITHOUT_HISTORY)


async def files(trial: Trial, folder: Path, cut: str) -> dict[str, bytes]:
    """Every file of the export of a cut."""
    study = StudyRow(trial.study_id, "KNEE-OA-UCMSC", "", "")
    await export(trial.operator, trial.context, study, folder, cut=cut)
    names = (*(f"{name}.csv" for name in TABLES), ABOUT, MANIFEST)
    return {name: (folder / name).read_bytes() for name in names}


async def test_a_cut_is_the_same_bytes_each_time_whatever_is_recorded_after_it(
    trial: Trial, tmp_path: Path
) -> None:
    named = {"reason": "first look", "actor": ACTOR}
    made = await make_cut(trial.operator, trial.study_id, "interim-1", at=None, **named)
    first = await files(trial, tmp_path / "a", "interim-1")
    about = json.loads(first["about.json"])
    assert (about["data_cut"], about["as_of"]) == ("interim-1", made.cut_at.isoformat())
    await trial.owner_does(
        "INSERT INTO pro.responses (study_id, id, participant_id, assessment_id, attempt_id, item,"
        " value, lowest, highest, answered_at, received_at, replaces, actor)"
        " SELECT study_id, gen_random_uuid(), participant_id, assessment_id, attempt_id, item, 0,"
        " lowest, highest, answered_at, received_at, id, 'test' FROM pro.responses"
    )
    await trial.move(timedelta(days=30))
    assert await files(trial, tmp_path / "b", "interim-1") == first
    assert await exported(trial, tmp_path / "c") != first["scores.csv"]
    with pytest.raises(CutError, match="already"):
        await make_cut(trial.operator, trial.study_id, "interim-1", at=None, **named)
    with pytest.raises(CutError, match=r"no cut final\. Known: interim-1"):
        await files(trial, tmp_path / "d", "final")
    later = made.cut_at + timedelta(days=90)
    with pytest.raises(AsOfError, match="future"):
        await make_cut(trial.operator, trial.study_id, "final", at=later, **named)
