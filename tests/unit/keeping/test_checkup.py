"""What `doctor` says of figures, and what the rules and the board for Prometheus ask for."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from pro_service.cli.running.doctor import settings_findings
from pro_service.config import Settings
from pro_service.services import keeping
from pro_service.services.base.meters import Meters
from pro_service.services.keeping import Finding, State
from pro_service.services.keeping.checkup import judge, judge_server
from pro_service.store.keeping.watching import Figures, Server
from pro_service.web.metrics import shown_figures

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
WELL = Figures(
    nudges_due=2,
    nudges_late=0,
    nudge_seconds=1.5,
    texts_of_unknown_fate=0,
    texts_to_read=0,
    pushes_waiting=0,
    push_seconds=None,
    sittings_of_day=41,
    unsealed_seconds=120.0,
    backup_seconds=3600.0,
    archive_seconds=None,
    alerts_unseen=0,
    held=False,
    at=AT,
    texts={"delivered": 7, "queued": 1},
)
FOLDER = Path(keeping.__file__).parent / "watching"


def worst(figures: Figures, kind: str = "production") -> dict[str, Finding]:
    """What is not well, by name."""
    return {one.name: one for one in judge(figures, kind) if one.state is not State.well}


def test_nothing_is_found_where_all_is_well() -> None:
    assert worst(WELL) == {}


@pytest.mark.parametrize(
    ("change", "name", "state"),
    [
        ({"nudges_late": 3, "nudge_seconds": 900.0}, "reminders", State.wrong),
        ({"nudges_late": 3, "nudge_seconds": 900.0, "held": True}, "reminders", State.look),
        ({"unsealed_seconds": 4000.0}, "seals", State.wrong),
        ({"push_seconds": 301.0}, "pushes", State.wrong),
        ({"texts_of_unknown_fate": 1}, "texts out", State.look),
        ({"texts_to_read": 1}, "texts in", State.look),
        ({"alerts_unseen": 1}, "alerts", State.look),
        ({"backup_seconds": None}, "backup", State.wrong),
        ({"backup_seconds": 27 * 3600.0, "archive_seconds": 3600.0}, "backup", State.wrong),
    ],
)
def test_each_fault_is_found_alone_and_has_a_mend(
    change: dict[str, Any], name: str, state: State
) -> None:
    found = worst(WELL._replace(**change))
    assert list(found) == [name]
    assert found[name].state is state
    assert found[name].mend


def test_an_archived_log_is_a_backup_and_a_demonstration_needs_none() -> None:
    never = WELL._replace(backup_seconds=None)
    assert worst(never, "demo") == {}
    assert worst(never, "validation")["backup"].state is State.look
    assert worst(never._replace(archive_seconds=60.0)) == {}


def test_an_old_server_and_a_clock_apart_are_found() -> None:
    fine = judge_server(Server(180001, 2**30, AT), AT + timedelta(seconds=1))
    assert [one.state for one in fine] == [State.well, State.well]
    faults = judge_server(Server(140009, 2**30, AT), AT - timedelta(seconds=3))
    assert [one.state for one in faults] == [State.wrong, State.look]


def test_only_production_must_have_a_safe_address_and_a_journal() -> None:
    trying = settings_findings(Settings(database_kind="validation"))
    real = settings_findings(Settings(database_kind="production"))
    assert {one.name for one in trying if one.state is State.wrong} == set()
    assert {one.name for one in real if one.state is State.wrong} == {"address", "journal"}


def test_a_demo_whose_links_never_leave_the_machine_needs_no_address() -> None:
    named = {one.name for one in settings_findings(Settings(database_kind="demo"))}
    assert "address" not in named
    assert "journal" in named


def names_shown() -> set[str]:
    """Every name there is to be asked for."""
    meters = Meters("0.2.0")
    meters.answered("page-save", "POST", 200, 0.01)
    meters.waited("desk", 0.001)
    meters.rounded("seal", 0.1, failed=True)
    everything = WELL._replace(push_seconds=1.0, archive_seconds=1.0)
    text = (meters.shown() + shown_figures(everything)).decode()
    return set(re.findall(r"^(pro_\w+)", text, flags=re.MULTILINE))


def asked_for(expressions: list[str]) -> set[str]:
    """The names expressions ask for."""
    return {name for one in expressions for name in re.findall(r"pro_\w+", one)}


def test_rules_ask_for_what_is_shown_and_each_says_its_mend() -> None:
    rules = yaml.safe_load((FOLDER / "alerts.yaml").read_text("utf-8"))["groups"][0]["rules"]
    assert len({rule["alert"] for rule in rules}) == len(rules) >= 12
    assert asked_for([rule["expr"] for rule in rules]) <= names_shown()
    assert all(rule["annotations"]["mend"].endswith(".") for rule in rules)


def test_the_board_shows_every_figure() -> None:
    board = json.loads((FOLDER / "dashboard.json").read_text("utf-8"))
    asked = asked_for([target["expr"] for panel in board["panels"] for target in panel["targets"]])
    assert asked <= names_shown()
    figures = set(re.findall(r"^(pro_\w+)", shown_figures(WELL).decode(), flags=re.MULTILINE))
    # Whether the database is there and sending held is a rule's, no line over time.
    assert figures - asked <= {"pro_database_up", "pro_sending_held", "pro_pushes_waiting"}


def test_without_the_database_its_figures_are_left_out() -> None:
    assert b"pro_database_up 0.0" in shown_figures(None)
    assert b"pro_nudges" not in shown_figures(None)


def test_a_count_names_a_route_and_never_an_address() -> None:
    meters = Meters()
    meters.answered("page-welcome", "GET", 503, 0.2)
    line = 'pro_requests_total{method="GET",route="page-welcome",status="503"} 1.0'
    assert line in meters.shown().decode()


def test_how_long_the_oldest_waits_is_said_as_a_span() -> None:
    said = {one.name: one.said for one in judge(WELL, "production")}
    assert said["seals"] == "the oldest waits for 0:02:00"
