"""A file of values of many participants: a handful of statements, however many rows it has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import pytest

from pro_service.catalog.measure_files import load_measures
from pro_service.domain.study.protocol import Protocol
from tests.support.example import example_study
from tests.support.measures import bring
from tests.support.statements import statements
from tests.support.study import open_trial, row

READS = ("rahman", "lindqvist")
WRITES = {
    "take_turns_as_read": 1,
    "insert_measure_import": 1,
    "insert_measurements": 1,
    "list_measured_people": 1,
    "list_locked_for_measures": 1,
    "list_measurements": 1,
}


def rows_of(codes: list[str], readers: tuple[str, ...]) -> Iterator[Mapping[str, str]]:
    """Every imaging value of the injection's visit, for each code and reader."""
    protocol: Protocol = example_study().protocol
    measuring = protocol.coming.measures
    assert measuring is not None
    for code in codes:
        for name in measuring.taken_at("injection"):
            measure = load_measures()[name]
            for region in measure.regions or (None,):
                for layer in measure.layers or (None,):
                    for reader in readers:
                        yield {
                            "participant": code,
                            "measure": name,
                            "knee": "left",
                            "region": "" if region is None else region.code,
                            "layer": "" if layer is None else layer.code,
                            "exam_on": "2026-01-09",
                            "value": "1",
                            "reader": reader,
                        }


async def test_the_statements_do_not_grow_with_the_rows(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_trial(database_url) as trial:
        codes = [f"P-{number}" for number in range(1, 4)]
        await trial.enrol(*(row(code) for code in codes))
        await trial.move(datetime(2026, 1, 10, 4, tzinfo=UTC))
        rows = [one | {"value": "5"} if one["measure"].startswith("t") else one
                for one in map(dict, rows_of(codes, READS))]  # fmt: skip
        with statements(monkeypatch) as said:
            looked = await bring(trial, *rows)
        assert looked.count("new") == len(rows) > 500
        counts = {name: said.count(name) for name in set(said)}
        assert {name: counts.get(name) for name in WRITES} == WRITES
        assert len(said) <= 10, said
