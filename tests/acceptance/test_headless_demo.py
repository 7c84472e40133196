"""The demonstration as an operator runs it: one command, a lived trial, a proof, a report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PATIENCE = 300


def run_demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`pro-service demo` in a process of its own, wide enough for its tables."""
    command = [sys.executable, "-c", "from pro_service.cli.main import main; main()", "demo"]
    return subprocess.run(
        [*command, *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env={**os.environ, "COLUMNS": "200"},
    )


def live(report: Path, participants: int, days: int) -> tuple[str, dict[str, Any]]:
    """What a headless run prints, and its report; it must have succeeded."""
    sizes = ("--participants", str(participants), "--days", str(days), "--seed", "7")
    ended = run_demo("--headless", *sizes, "--report", str(report))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout, json.loads(report.read_text("utf-8"))


def test_a_lived_trial_is_proved_and_reported(tmp_path: Path) -> None:
    printed, report = live(tmp_path / "report.json", participants=12, days=42)
    assert "Everything holds." in printed
    for table in ("K-0012", "completed in", "womac-nrs-3.1", "no text went twice"):
        assert table in printed
    assert report["participants"] == 12
    assert (report["doubles"], report["losses"]) == (0, 0)
    assert report["alerts"]["warning_sign"] >= 1
    assert report["assessments"]["completed"] > report["assessments"]["missed"] > 0
    assert report["messages"]["reminder.delivered"] > 0
    assert report["messages"]["reminder.undelivered"] > 0
    assert {"opted_out", "died", "answered", "sent", "open"} <= report["reminders"].keys()
    assert report["responses"]["web.value"] > 0
    assert report["responses"]["text.value"] > 0
    assert report["inbounds"]["unknown"] > 0
    assert report["visits"]["superseded"] > 0
    assert report["scores"]["complete.present"] > 0
    assert all(
        isinstance(counted, int) or all(isinstance(one, int | float) for one in counted.values())
        for counted in report.values()
    )


@pytest.mark.thorough
def test_the_same_numbers_and_seed_give_the_same_report(tmp_path: Path) -> None:
    _, first = live(tmp_path / "first.json", participants=4, days=12)
    _, second = live(tmp_path / "second.json", participants=4, days=12)
    assert first == second
