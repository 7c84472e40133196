"""How many statements a reminder costs, from due to sent: no more than it ever did."""

from __future__ import annotations

import pytest

from tests.support.statements import statements
from tests.support.study import open_trial, row

async def test_x(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_trial(database_url) as trial:
        with statements(monkeypatch) as enrolling:
            await trial.enrol(row("K-001"), row("K-002", channel="link"))
        print(len(enrolling), enrolling)
        with statements(monkeypatch) as enrolling:
            await trial.enrol(row("K-003"))
        print(len(enrolling), enrolling)
        await trial.move_to_next_nudge()
        with statements(monkeypatch) as said:
            await trial.remind()
        print(len(said), sorted(said))
        assert 0
