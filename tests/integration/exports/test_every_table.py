"""Every table of an export, its cells found again by other means than the export's."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import pytest

from pro_service.catalog.measure_files import load_measures
from pro_service.services.exports import adherence
from pro_service.services.exports.columns import TABLES
from pro_service.services.exports.export import TableNameError, Wanted, export
from pro_service.services.exports.rows.parameters import parameter_code
from pro_service.store.sql_files import load_queries
from tests.integration.exports.conftest import INJECTED, answer_all
from tests.support.statements import statements
from tests.support.study import Trial, open_trial, row

Rows = list[dict[str, str]]
NRS = "womac-nrs-3.1"


async def exported(trial: Trial, folder: Path, **how: Any) -> Mapping[str, Rows]:
    """Export and read every table."""
    study = await trial.context.reader.study(trial.operator, None)
    counts = await export(trial.operator, trial.context, study, folder, **how)
    tables: dict[str, Rows] = {}
    for name in counts:
        with (folder / f"{name}.csv").open(newline="", encoding="utf-8-sig") as file:
            tables[name] = list(csv.DictReader(file))
    return tables


class Taken(NamedTuple):
    """Something the database has rows of, and the table that shows them."""

    table: str
    sql: str


COUNTED = (
    Taken("participants", "SELECT count(*) FROM participants"),
    Taken("statuses", "SELECT count(*) FROM statuses"),
    Taken("consents", "SELECT count(*) FROM consents"),
    Taken("events", "SELECT count(DISTINCT (participant_id, kind, ordinal)) FROM events"),
    Taken("visits", "SELECT count(*) FROM visits WHERE superseded_at IS NULL"),
    Taken("sittings", "SELECT count(*) FROM attempts"),
    Taken("alerts", "SELECT count(*) FROM alerts"),
    Taken("calls", "SELECT count(*) FROM call_tasks"),
    Taken("messages", "SELECT count(*) FROM messages WHERE participant_id IS NOT NULL"),
)


async def test_each_table_has_a_row_for_each_of_what_it_is_about(
    trial: Trial, tmp_path: Path
) -> None:
    tables = await exported(trial, tmp_path / "out")
    assert list(tables) == list(TABLES)
    for one in COUNTED:
        ((there,),) = await trial.fetch(one.sql)
        assert len(tables[one.table]) == there, one.table
    for name in ("participants", "events", "visits", "sittings", "messages", "statuses"):
        assert tables[name], name


async def test_who_and_when_are_those_of_the_record(trial: Trial, tmp_path: Path) -> None:
    tables = await exported(trial, tmp_path / "out")
    one, two = tables["participants"]
    assert (one["participant"], one["treated_knees"], one["status"]) == (
        *("K-001", "left_knee", "active"),
    )
    assert (one["left_injected_on"], one["right_injected_on"]) == ("2026-01-12", "")
    assert two["participant"] == "K-002"
    (injected,) = (
        each
        for each in tables["events"]
        if (each["participant"], each["kind"]) == ("K-001", "injection")
    )
    ((at,),) = await trial.fetch(
        "SELECT e.occurred_at FROM events AS e JOIN participants AS p ON p.id = e.participant_id"
        " WHERE p.code = 'K-001' AND e.kind = 'injection' AND e.occurred_at IS NOT NULL"
    )
    assert injected["occurred_at"] == f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"
    assert (injected["occurred_on"], injected["study_day"]) == ("2026-01-12", "1")
    treated = [each for each in tables["visits"] if each["kind"] == "treatment"]
    assert {each["attended_on"] for each in treated if each["participant"] == "K-001"} == {
        "2026-01-12"
    }
    (baseline,) = (
        each
        for each in tables["visits"]
        if (each["participant"], each["visit"]) == ("K-001", "baseline")
    )
    asked = {
        (each["instrument"], each["target"])
        for each in tables["items"]
        if (each["participant"], each["visit"]) == ("K-001", "baseline")
    }
    assert (baseline["asked"], baseline["sent"]) == (str(len(asked)), str(len(asked)))
    # Each answer says how it came; what nobody answered came in no way.
    ways = Counter((bool(each["received_at"]), each["by_text"]) for each in tables["items"])
    assert set(ways) == {(True, "yes"), (False, "")}


async def test_a_sitting_says_whether_it_is_the_record_and_why(
    trial: Trial, tmp_path: Path
) -> None:
    sittings = (await exported(trial, tmp_path / "out"))["sittings"]
    assert {(each["is_record"], each["record_because"]) for each in sittings} == {("yes", "only")}
    stored = await trial.fetch(
        "SELECT instrument_sha256, wording_sha256, mode, respondent FROM attempts"
    )
    names = ("instrument_sha256", "wording_sha256", "mode", "respondent")
    assert Counter(tuple(each[name] for name in names) for each in sittings) == Counter(stored)


async def test_the_sums_of_adherence_are_the_figures(trial: Trial, tmp_path: Path) -> None:
    rows = (await exported(trial, tmp_path / "out"))["adherence"]
    report = await adherence.report(trial.operator, trial.context, trial.study_id)
    names = ("expected_and_closed", "completed_in_window", "with_help", "answered_unsent")
    sums = {
        one.definition: tuple(
            sum(each[name] == "yes" for each in rows if each["visit"] == one.definition)
            for name in (*names, "scorable")
        )
        for one in report.figures
    }
    assert sums == {
        one.definition: (
            *(one.expected_and_closed, one.completed_in_window, one.helped, one.unsent),
            one.scorable,
        )
        for one in report.figures
    }
    assert any(sum(each) for each in sums.values())


async def test_what_is_analysed_is_what_scores_say_and_one_record_stands_for_a_visit(
    trial: Trial, tmp_path: Path
) -> None:
    tables = await exported(trial, tmp_path / "out")
    stacked = tables["adpro"]
    scores = {
        (
            each["participant"],
            each["visit"],
            each["instrument"],
            each["target"],
            each["scale"],
        ): each
        for each in tables["scores"]
        if each["raw"]
    }
    assert len(stacked) == len(scores)
    for each in stacked:
        key = ("participant", "visit", "instrument", "target", "scale")
        score = scores[each[key[0]], each[key[1]], each[key[2]], each[key[3]], each[key[4]]]
        assert each["value"] == (score["score_0_100"] or score["raw"])
        assert (each["analysis_visit"], each["analysis_date"]) == (
            *(score["analysis_visit"], score["answered_on"]),
        )
        if each["change"]:
            assert Decimal(each["value"]) - Decimal(each["baseline"]) == Decimal(each["change"])
    records = Counter(
        (each["participant"], each["target"], each["parameter_code"], each["analysis_visit"])
        for each in stacked
        if each["analysis_record"] == "yes"
    )
    assert records
    assert set(records.values()) == {1}


async def test_a_responder_says_what_it_was_decided_from(trial: Trial, tmp_path: Path) -> None:
    tables = await exported(trial, tmp_path / "out")
    (found,) = (each for each in tables["endpoints"] if each["participant"] == "K-001")
    for domain, scale in (("pain", "pain"), ("function", "function")):
        (score,) = (
            each
            for each in tables["scores"]
            if (each["participant"], each["visit"]) == ("K-001", "week_2")
            and (each["instrument"], each["scale"]) == (NRS, scale)
        )
        # A higher score of this instrument is worse, so that it is the burden.
        assert found[f"{domain}_baseline"] == score["baseline_0_100"]
        assert found[f"{domain}_value"] == score["score_0_100"]
    assert (found["answered_on"], found["analysis_visit"], found["in_window"]) == (
        *("2026-01-26", "week_2", "yes"),
    )


async def test_only_the_tables_and_sites_asked_for_are_written(
    trial: Trial, tmp_path: Path
) -> None:
    some = Wanted(tables=frozenset({"participants", "codebook", "adpro"}))
    tables = await exported(trial, tmp_path / "some", wanted=some)
    assert list(tables) == ["participants", "adpro", "codebook"]
    assert tables["adpro"] == []  # It stacks what the export has, and it has no scores.
    assert {each["file"] for each in tables["codebook"]} == {f"{name}.csv" for name in tables}
    (kept,) = await trial.fetch("SELECT tables, narrowed_by FROM data_out")
    assert kept == (list(tables), "tables=adpro,codebook,participants")
    nobody = Wanted(sites=frozenset({"elsewhere"}))
    assert (await exported(trial, tmp_path / "none", wanted=nobody))["participants"] == []
    with pytest.raises(TableNameError, match="no table sayings"):
        await exported(trial, tmp_path / "sayings", wanted=Wanted(tables=frozenset({"sayings"})))


async def test_how_many_statements_run_does_not_depend_on_participants(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    begin = asyncpg.Connection.cursor

    def counted(self: Any, query: str, *args: Any, **how: Any) -> Any:
        begun.append(query)
        return begin(self, query, *args, **how)

    monkeypatch.setattr(asyncpg.Connection, "cursor", counted)
    async with open_trial(database_url) as trial:
        costs = []
        for codes in (("K-001",), ("K-002", "K-003", "K-004")):
            await trial.enrol(*(row(code) for code in codes))
            await trial.ask()
            await answer_all(trial, codes[0], 8)
            begun.clear()
            with statements(monkeypatch) as said:
                await exported(trial, tmp_path / codes[0])
            costs.append((Counter(said), Counter(begun)))
    assert costs[0] == costs[1]
    assert len(costs[0][1]) > 10


async def test_every_stream_walks_participants_and_sorts_no_study(trial: Trial) -> None:
    """Each is a nested loop over the participants asked for: its cost grows in a straight line."""
    ids = list(trial.participants.values())
    at = INJECTED + timedelta(days=20)
    for stem in ("export", "people", "work", "measures"):
        for name, query in load_queries(f"exports/{stem}").by_name.items():
            if "participant_ids" not in query.parameters:
                continue
            plan = await trial.operator.fetch(
                f"EXPLAIN (COSTS OFF) {query.sql}", trial.study_id, ids, at
            )
            assert "Nested Loop" in plan[0][0], (name, [one[0] for one in plan])


def test_no_two_parameters_have_the_same_code(trial: Trial) -> None:
    scales = [
        (one.id, scale.code)
        for one in trial.context.catalogue.instruments.values()
        for scale in one.results
    ]
    places = [
        (one.id, region, layer)
        for one in load_measures().values()
        for region, layer in product(
            ("", *(each.code for each in one.regions)), ("", *(each.code for each in one.layers))
        )
    ]
    codes = {parameter_code(*one) for one in (*scales, *places)}
    assert len(codes) == len(scales) + len(places)
    assert all(len(code) <= 8 for code in codes)
