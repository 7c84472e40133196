"""The benchmarks run; how fast they are is nobody's business here."""

from __future__ import annotations

from tests.benchmarks.answers import CLAIMS, ONE_STATEMENT, WRITERS, measure


async def test_every_variant_is_measured_on_an_empty_database(empty_database_url: str) -> None:
    report = await measure(empty_database_url, seconds=0.2, rounds=1, lanes=2, participants_count=8)
    assert set(report.rates) == {*WRITERS, "facts", "texts", CLAIMS}
    assert all(rate > 0 for rates in report.rates.values() for rate in rates)
    assert ONE_STATEMENT in "\n".join(report.lines())
