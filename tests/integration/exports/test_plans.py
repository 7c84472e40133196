"""The analysis plan in force: loaded once, for the whole study, named by every export."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from pro_service.catalog.plan_files import (
    LoadedPlan,
    PlanFileError,
    example_plan_file,
    load_plan_file,
    read_plan,
)
from pro_service.services.exports.export import export
from pro_service.services.exports.naming import NO_PLAN, PLAN_FILE
from pro_service.services.study.plans import (
    PlanLoading,
    PlanRefusedError,
    list_plans,
    load_plan,
)
from pro_service.services.visits.moving import Move, move_participant
from tests.support.study import ACTOR, Trial, open_trial, row
from tests.support.versions import EXAMPLE, store_version

TEXT = example_plan_file().read_text("utf-8")
TABLES = ("scores.csv", "items.csv", "endpoints.csv", "instruments.csv", "codebook.csv")


async def loading(trial: Trial, plan: LoadedPlan | None = None) -> PlanLoading:
    study = await trial.context.reader.study(trial.operator, None)
    plan = plan or load_plan_file(example_plan_file())
    return await load_plan(
        trial.operator, trial.context, study, plan, actor=ACTOR, reason="statistics meeting"
    )


async def exported(trial: Trial, folder: Path, as_of: datetime | None = None) -> dict[str, object]:
    """Export into a folder; what `about.json` says of the plan."""
    study = await trial.context.reader.study(trial.operator, None)
    await export(trial.operator, trial.context, study, folder, as_of=as_of)
    about = json.loads((folder / "about.json").read_text("utf-8"))
    found: dict[str, object] = about["analysis_plan"]
    return found


async def test_the_tables_are_the_same_before_and_after_the_example_s_plan(
    trial: Trial, tmp_path: Path
) -> None:
    before = await exported(trial, tmp_path / "before")
    assert before == {"label": None, "sha256": None, "note": NO_PLAN}
    assert not (tmp_path / "before" / PLAN_FILE).exists()
    done = await loading(trial)
    after = await exported(trial, tmp_path / "after")
    assert (after["label"], after["unsent"]) == (done.label, "exclude")
    for name in TABLES:
        assert (tmp_path / "before" / name).read_bytes() == (tmp_path / "after" / name).read_bytes()
    abouts = [
        json.loads((tmp_path / name / "about.json").read_text("utf-8"))
        for name in ("before", "after")
    ]
    for about in abouts:
        for name in ("analysis_plan", "as_of", "exported_at_study_time"):
            del about[name]
        # The example names KOOS's scales beside WOMAC's, which this study does not ask.
        del about["responder"]["scales"]
    assert abouts[0] == abouts[1]


async def test_an_export_names_the_plan_and_carries_its_file(
    database_url: str, tmp_path: Path
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await loading(trial)
        named = await exported(trial, tmp_path / "out")
        plan = load_plan_file(example_plan_file())
        assert named["sha256"] == plan.content_sha256
        assert named["to_be_confirmed"] == list(plan.plan.unconfirmed())
        assert (tmp_path / "out" / PLAN_FILE).read_text("utf-8") == TEXT
        assert PLAN_FILE in (tmp_path / "out" / "SHA256SUMS").read_text("utf-8")


async def test_the_same_plan_again_changes_nothing_and_another_says_what_differs(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        assert (await loading(trial)).fresh
        before = await trial.fetchval("SELECT max(id) FROM audit_entries")
        again = await loading(trial)
        assert (again.fresh, again.differences) == (False, ())
        assert await trial.fetchval("SELECT max(id) FROM audit_entries") == before
        other = await loading(
            trial, read_plan(TEXT.replace("within_days = 30", "within_days = 14"))
        )
        assert other.differences == ("pairing.within_days: 30 -> 14",)
        back = await loading(trial)
        assert back.fresh
        study = await trial.context.reader.study(trial.operator, None)
        periods = await list_plans(trial.operator, study)
        assert [one.label for one in periods] == [again.label, other.label, again.label]
        assert await trial.count("analysis_plans") == 2


async def test_one_plan_holds_whichever_version_a_participant_is_under(
    database_url: str, tmp_path: Path
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"), row("K-002"))
        version = await store_version(
            trial, EXAMPLE.replace("nudges_unanswered = 2", "nudges_unanswered = 3")
        )
        await move_participant(trial.who("K-002"), Move(version, ACTOR, "amendment"))
        await loading(trial)
        await exported(trial, tmp_path / "out")
        scores = (tmp_path / "out" / "scores.csv").read_text("utf-8").splitlines()
        protocols = {line.split(",")[2]: line for line in scores[1:]}
        assert protocols["K-001"].split(",")[-3] != protocols["K-002"].split(",")[-3]


async def test_as_of_an_instant_plan_and_protocol_version_are_those_of_then(
    database_url: str, tmp_path: Path
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        instant = await trial.now()
        then = await exported(trial, tmp_path / "then")
        await trial.move(timedelta(days=1))
        version = await store_version(
            trial, EXAMPLE.replace("nudges_unanswered = 2", "nudges_unanswered = 3")
        )
        await move_participant(trial.who("K-001"), Move(version, ACTOR, "amendment"))
        await loading(trial)
        again = await exported(trial, tmp_path / "again", as_of=instant)
        assert again == then
        assert (tmp_path / "then" / "scores.csv").read_bytes() == (
            tmp_path / "again" / "scores.csv"
        ).read_bytes()


async def test_a_plan_that_cannot_be_this_study_s_is_refused(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        for text, error, said in (
            (TEXT.replace('"KNEE-OA-UCMSC"', '"HIP"'), PlanRefusedError, "for the study HIP"),
            (
                TEXT.replace(
                    'choice = "nearest target"',
                    'choice = "nearest target"\nvisits = [{ visit = "month_77", target_day = 9 }]',
                ),
                PlanFileError,
                "month_77 is no visit",
            ),
        ):
            with pytest.raises(error, match=said):
                await loading(trial, read_plan(text))
        assert await trial.count("analysis_plans") == 0


async def test_a_production_database_takes_no_example(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pro_service.store.base import operations

    async def production(_: object) -> str:
        return "production"

    async with open_trial(database_url) as trial:
        monkeypatch.setattr(operations, "get_database_kind", production)
        with pytest.raises(PlanRefusedError, match="nobody has confirmed"):
            await loading(trial)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE pro.analysis_plans SET actor = 'somebody'",
        "UPDATE pro.plans_in_force SET actor = 'somebody'",
        "DELETE FROM pro.participant_protocols",
    ],
)
async def test_what_was_recorded_is_not_changed(database_url: str, change: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await loading(trial)
        with pytest.raises(asyncpg.PostgresError):
            await trial.owner_does(change)
