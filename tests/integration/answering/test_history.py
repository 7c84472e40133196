"""History of an earlier study: previewed, all or none, listed and never alarmed, exported apart."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pro_service.services.exports.choosing import FORMATS
from pro_service.services.study.staff import make_staff
from tests.integration.exports.test_export import pick, read
from tests.support.command import commands_with
from tests.support.desk import PASSWORD, page, sign_in
from tests.support.study import ACTOR, Trial, open_trial, row
from tests.support.web import browsing

HEAD = "participant,instrument,knee,answered_on,respondent,pain"
FILE = f"""{HEAD}
K-001,pain-nrs,left,2024-03-01,,8
K-001,pain-nrs,left,2024-09-01,proxy.spouse,2
K-002,pain-nrs,right,2024-03-05,,3
"""
WRONG = f"""{HEAD}
K-001,pain-nrs,left,2024-03-01,,8
K-009,pain-nrs,left,2024-03-01,,1
K-001,pain-nrs,left,2024-03-02,,11
K-001,pain-nrs,left,2024-03-01,,4
K-001,pain-nrs,both,2024-03-03,,4
K-001,pain-nrs,left,2031-03-03,,4
K-001,nonsense,left,2024-03-03,,4
K-001,pain-nrs,left,2024-03-04,aunt,4
K-001,pain-nrs,left,2024-03-05,,
"""


async def lines_of(trial: Trial, file: Path, *words: str) -> tuple[int, str]:
    commands = commands_with(trial.url, trial.context.keys.vault)
    done = await commands.call("history", "import", str(file), *words)
    return done.code, f"{done.out}{done.err}"


async def test_history_is_previewed_kept_whole_and_the_same_again_changes_nothing(
    database_url: str, tmp_path: Path
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"), row("K-002", treated_knees="both"))
        wrong, file = tmp_path / "wrong.csv", tmp_path / "history.csv"
        wrong.write_text(WRONG, encoding="utf-8")
        file.write_text(FILE, encoding="utf-8")
        code, said = await lines_of(trial, wrong, "--reason", "earlier study")
        assert code == 1
        for told in (
            "row 3: participant is nobody",
            "row 4: pain is outside 0 to 10",
            "row 5: the row is of the same sitting as row 2",
            "row 6: knee is not one knee",
            "row 7: answered_on is not before",
            "row 8: instrument is not one of",
            "row 9: respondent is not self",
            "row 10: the row has no answer",
            "Nothing was kept: 1 new, 0 changed, 0 same, 8 refused",
        ):
            assert told in said, said
        for head in ("participant,instrument", f"{HEAD},shoe_size"):
            wrong.write_text(f"{head}\n", encoding="utf-8")
            code, said = await lines_of(trial, wrong, "--preview")
            assert (code, "one for each item by its code" in " ".join(said.split())) == (1, True)
        code, said = await lines_of(trial, file, "--preview")
        assert (code, "3 new" in said, "nothing was written" in said) == (0, True, True)
        assert "row 2: would alarm today: severe_pain" in said
        assert await trial.count("history_sittings") == 0
        assert (await lines_of(trial, file))[0] == 2  # Without a reason.
        before = await trial.report()
        code, said = await lines_of(trial, file, "--reason", "earlier study")
        assert (code, "Kept: 3 new, 0 changed, 0 same, 0 refused" in said) == (0, True)
        code, said = await lines_of(trial, file, "--reason", "again")
        assert (code, "Nothing was written" in said, "3 same" in said) == (0, True, True)
        assert await trial.count("history_imports") == 1
        file.write_text(FILE.replace(",,3", ",,4"), encoding="utf-8")
        code, said = await lines_of(trial, file, "--reason", "mended")
        assert "Kept: 0 new, 1 changed, 2 same" in said
        # Nobody is alarmed, asked or counted by it.
        assert await trial.count("alerts") == 0
        assert await trial.count("attempts") == 0
        assert await trial.report() == before


async def test_history_leaves_as_imported_sittings_of_no_visit_and_is_shown_at_the_desk(
    database_url: str, tmp_path: Path
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"), row("K-002", treated_knees="both"))
        before = await read(trial, tmp_path / "before")
        file = tmp_path / "history.csv"
        file.write_text(FILE, encoding="utf-8")
        assert (await lines_of(trial, file, "--reason", "earlier study"))[0] == 0
        tables = await read(trial, tmp_path / "out")
        sittings = pick(tables["sittings.csv"], visit="history")
        assert [
            (one["participant"], one["occurrence"], one["answered_on"], one["respondent"])
            for one in sittings
        ] == [
            ("K-001", "1", "2024-03-01", "self"),
            ("K-001", "2", "2024-09-01", "proxy"),
            ("K-002", "1", "2024-03-05", "self"),
        ]
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        assert {(one["mode"], one["not_for_analysis"]) for one in sittings} == {
            ("imported", "mode")
        }
        assert [one["source_row"] for one in sittings] == ["2", "3", "4"]
        assert {one["source_file_sha256"] for one in sittings} == {sha256}
        items = pick(tables["items.csv"], visit="history")
        assert [one["value"] for one in items] == ["8", "2", "3"]
        scores = pick(tables["scores.csv"], visit="history")
        assert [(one["raw"], one["analysis_visit"]) for one in scores] == [
            *(("8", ""), ("2", ""), ("3", "")),
        ]
        for name in ("adherence.csv", "endpoints.csv", "adpro.csv", "visits.csv", "alerts.csv"):
            assert tables[name] == before[name], name
        # Every format takes it.
        commands = commands_with(trial.url, trial.context.keys.vault)
        words = ("--as", ",".join(FORMATS), "--out", str(tmp_path / "all"))
        done = await commands.call("export", *words)
        assert done.code == 0, done.err
        for login, role in (("ines", "investigator"), ("cora", "coordinator")):
            await make_staff(
                *(trial.operator, trial.study_id),
                login=login,
                password=PASSWORD,
                role=role,
                actor=ACTOR,
                site="BJ01",
            )
            async with browsing(trial.server) as browser:
                await sign_in(browser, login)
                _, html = await page(browser, "/desk/participants/K-001/trajectory")
            assert ("history.csv, row 2" in html) == (role == "investigator")
