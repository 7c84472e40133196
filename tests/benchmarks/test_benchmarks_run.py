"""The benchmarks run; how fast anything is, is nobody's business here."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.__main__ import BENCHES, read_words
from tests.benchmarks.rounds import table
from tests.benchmarks.server import running_server


@pytest.mark.slow
@pytest.mark.parametrize("bench", BENCHES)
async def test_every_benchmark_measures_each_of_its_sides(bench: str, server_url: str) -> None:
    words = [bench, "--url", server_url, "--rounds", "1", "--seconds", "0.3", "--clients", "2"]
    benches, chosen, _ = read_words([*words, "--participants", "60", "--no-packages"])
    assert benches == [bench]
    async with running_server(chosen.url, chosen.folder) as server:
        found = await BENCHES[bench](chosen, server)
    assert all(side["a_second"] > 0 for side in found.sides)
    assert bench in found.lines()[0]


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
