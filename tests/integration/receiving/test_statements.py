"""How many statements a text costs, from webhook to reply: no more than it ever did."""

from __future__ import annotations

import pytest

from tests.support.statements import statements
from tests.support.study import open_trial, row

MOST = 10
"""As counted at 216a353, the simulated telephone's own two included."""


async def test_an_answer_by_text_costs_no_more_statements_than_before(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.ask()
        await trial.says("K-001", "4")
        with statements(monkeypatch) as answer:
            await trial.says("K-001", "4")
        with statements(monkeypatch) as words:
            await trial.says("K-001", "my knee is swollen")
    assert len(answer) <= MOST, answer
    assert len(words) <= MOST, words
