"""`plan check|load|list`, `protocol list|use|move`: what they say, and what they exit with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pro_service.catalog.plan_files import example_plan_file
from pro_service.catalog.protocol_files import example_protocol_file
from tests.support.command import Commands
from tests.support.study import row

PROTOCOL = str(example_protocol_file())
PLAN = str(example_plan_file())
SITE = (
    *("--zone", "Asia/Shanghai", "--country", "CN", "--telephone", "+12025550198"),
    *("--emergency-number", "120"),
)


@pytest.fixture
async def study(database_url: str, tmp_path: Path) -> Commands:
    """Two sites, a participant at the first, and a second version stored for later."""
    ready = Commands(database_url)
    cells = row("K-001", consent_on="2026-01-04", planned_injection_on="2030-01-12")
    text = ",".join(cells) + "\n" + ",".join(cells.values()) + "\n"
    (tmp_path / "one.csv").write_text(text, encoding="utf-8")
    example = example_protocol_file().read_text("utf-8")
    (tmp_path / "second.toml").write_text(
        example.replace("nudges_unanswered = 2", "nudges_unanswered = 3"), encoding="utf-8"
    )
    for words in (
        ("protocol", "load", PROTOCOL),
        ("site", "add", "BJ01", "--name", "One", *SITE, "--sender", "+12025550199"),
        ("site", "add", "SH02", "--name", "Two", *SITE),
        ("enrol", "--csv", str(tmp_path / "one.csv")),
        ("protocol", "load", str(tmp_path / "second.toml"), "--for-later"),
    ):
        done = await ready.call(*words)
        assert done.code == 0, done.err
    return ready


async def labels(study: Commands) -> tuple[str, str]:
    """The two versions, the older one first."""
    lines = [
        line for line in (await study.call("protocol", "list")).out.splitlines() if line[0] != " "
    ]
    first, second = (line.split()[0] for line in lines)
    return first, second


async def test_versions_are_listed_with_their_sites_and_people(study: Commands) -> None:
    done = await study.call("protocol", "list")
    first, second = (line for line in done.out.splitlines() if line[0] != " ")
    assert "1 participants, sites enrolling: BJ01, SH02" in first
    assert "0 participants, sites enrolling: none" in second
    assert "a further version was stored for later" in done.out


async def test_one_site_is_told_another_version(study: Commands) -> None:
    _, second = await labels(study)
    words = ("protocol", "use", second[:6], "--site", "SH02", "--reason", "approved")
    done = await study.call(*words)
    assert (done.code, done.out) == (0, f"SH02 enrols under version {second} from now on.\n")
    listed = (await study.call("protocol", "list")).out
    assert "sites enrolling: BJ01\n" in listed
    assert "sites enrolling: SH02\n" in listed
    for wrong, said in (
        (("protocol", "use", "0000", "--site", "SH02", "--reason", "x"), "no stored version"),
        (("protocol", "use", second, "--site", "XX", "--reason", "x"), "Known: BJ01, SH02."),
        (
            ("protocol", "use", second, "--site", "SH02", "--reason", "x", "--from", "2020-01-01"),
            "is over at SH02",
        ),
    ):
        refused = await study.call(*wrong)
        assert (refused.code, refused.err.count("\n")) == (1, 1)
        assert said in refused.err


async def test_a_move_is_previewed_and_then_made(study: Commands) -> None:
    first, second = await labels(study)
    move = ("protocol", "move", second, "--participant", "K-001")
    seen = await study.call(*move, "--preview")
    assert seen.code == 0
    assert f"From version {first} to {second}, for everybody:" in seen.out
    assert "calls.nudges_unanswered: 2 -> 3" in seen.out
    assert "K-001: would move\n    no visit changes" in seen.out
    without = await study.call(*move)
    assert (without.code, "Add --reason." in without.err) == (1, True)
    done = await study.call("protocol", "move", second, "--site", "BJ01", "--reason", "amendment")
    assert (done.code, "moved: 1" in done.out) == (0, True)
    again = await study.call(*move, "--reason", "amendment")
    assert (again.code, again.out) == (0, "K-001: is there already\nis there already: 1\n")
    back = await study.call("protocol", "move", first, "--reason", "x")
    assert (back.code, "Name a site with --site" in back.err) == (1, True)


async def test_a_plan_is_checked_loaded_and_listed(study: Commands, tmp_path: Path) -> None:
    checked = await study.call("plan", "check", PLAN)
    assert checked.code == 0
    assert "unsent answers: exclude" in checked.out
    assert "note: responder is to be confirmed." in checked.out
    assert "nothing acts upon it" not in checked.out
    none = await study.call("plan", "list")
    assert none.out == "No plan is loaded: endpoints follow the rules of the protocol.\n"
    loaded = await study.call("plan", "load", PLAN, "--reason", "first version")
    assert (loaded.code, "in place of the protocol's rules" in loaded.out) == (0, True)
    again = await study.call("plan", "load", PLAN, "--reason", "once more")
    assert (again.code, "nothing changed" in again.out) == (0, True)
    other = tmp_path / "other.toml"
    text = example_plan_file().read_text("utf-8").replace("points = 9.7", "points = 12")
    other.write_text(text, encoding="utf-8")
    changed = await study.call("plan", "load", str(other), "--reason", "second version")
    assert "thresholds.perceptible_pain.points: 9.7 -> 12" in changed.out
    listed = (await study.call("plan", "list")).out
    assert [line.split(": ")[-1] for line in listed.splitlines()] == [
        "first version",
        "second version",
    ]


async def test_a_plan_with_mistakes_names_them_all(study: Commands, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    text = example_plan_file().read_text("utf-8")
    wrong.write_text(
        text.replace('unsent = "exclude"', "").replace('stage = "before_lock"', ""),
        encoding="utf-8",
    )
    for words in (("plan", "check", str(wrong)), ("plan", "load", str(wrong), "--reason", "x")):
        done = await study.call(*words)
        assert done.code == 1
        assert "records.unsent: is missing. Say whether answers count" in done.err
        assert "plan.stage: is missing. Add stage." in done.err


@pytest.mark.parametrize("what", ["plan", "protocol"])
@pytest.mark.parametrize(
    ("content", "said"),
    [(b"[plan\n", "is not TOML"), (b"\xff\xfe\xff", "is not UTF-8"), (None, "cannot be read")],
)
async def test_a_file_that_cannot_be_read_at_all_is_named(
    study: Commands, tmp_path: Path, what: str, content: bytes | None, said: str
) -> None:
    """Not merely as "the file": several may have been written that day."""
    wrong = tmp_path / "amendment-7.toml"
    if content is not None:
        wrong.write_bytes(content)
    done = await study.call(what, "check", str(wrong))
    assert done.code == 1
    assert f"amendment-7.toml: {said}" in done.out + done.err


async def test_an_export_says_by_what_endpoints_are_computed(
    study: Commands, tmp_path: Path
) -> None:
    before = await study.call("export", "--csv", str(tmp_path / "before"))
    assert "Endpoints by: no plan loaded: rules of the protocol." in before.out
    await study.call("plan", "load", PLAN, "--reason", "first version")
    after = await study.call("export", "--csv", str(tmp_path / "after"))
    about = json.loads((tmp_path / "after" / "about.json").read_text("utf-8"))
    assert f"Endpoints by: {about['analysis_plan']['label']}." in after.out


async def test_a_protocol_s_check_says_what_nothing_acts_upon_yet(
    study: Commands, tmp_path: Path
) -> None:
    assert "note:" not in (await study.call("protocol", "check", PROTOCOL)).out
    file = tmp_path / "more.toml"
    text = example_protocol_file().read_text("utf-8")
    system = '\n[source_system]\nname = "redcap"\ninstruments = ["womac-nrs-3.1"]\n'
    file.write_text(text + system, encoding="utf-8")
    done = await study.call("protocol", "check", str(file))
    said = "note: source_system is checked, but nothing acts upon it yet"
    assert (done.code, said in done.out) == (0, True)
