"""The benchmarks run; how fast anything is, is nobody's business here."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.__main__ import BENCHES, read_words
from tests.benchmarks.measuring.rounds import table
from tests.benchmarks.measuring.server import running_server


@pytest.mark.thorough
async def test_a_journey_is_measured_beside_the_prototype(server_url: str) -> None:
    # The other benchmarks are run by .ci/thorough.
    words = ["journey", "--url", server_url, "--participants", "12", "--no-packages"]
    _, chosen, _ = read_words([*words, "--rounds", "1", "--seconds", "0.3", "--clients", "2"])
    async with running_server(chosen.url, chosen.folder) as server:
        found = await BENCHES["journey"](chosen, server)
    assert [side["name"] for side in found.sides] == ["journey", "bare prototype"]
    assert all(side["a_second"] > 0 for side in found.sides)
    assert "journey" in found.lines()[0]


def test_a_side_without_figures_is_shown_without_them() -> None:
    side = {
        "name": "elsewhere",
        "a_second": 2.0,
        "least": 1.0,
        "most": 3.0,
        "step_p50_ms": None,
        "step_p99_ms": None,
        "serve_cpu_ms": None,
        "database_cpu_ms": None,
        "statements": None,
        "database_ms": None,
        "buffers": None,
    }
    assert table([side])[1].split()[:4] == ["elsewhere", "2.0", "1.0", "3.0"]


def test_figures_are_kept_where_the_command_line_says(tmp_path: Path) -> None:
    _, chosen, kept = read_words(["journey", "--json", str(tmp_path / "found.json"), "--alone"])
    assert kept == tmp_path / "found.json"
    assert not chosen.beside
