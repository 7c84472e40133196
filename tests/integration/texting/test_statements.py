"""What a reminder costs, from due to sent: its facts are read once."""

from __future__ import annotations

from collections import Counter

import pytest

from pro_service.services import rounds
from pro_service.services.texting.reminders import Claimed
from tests.support.statements import statements
from tests.support.study import open_trial, row

BY_THE_PROVIDER = "insert_text_to_phone"
SENT = (
    "list_senders_of",
    "get_lean_facts_of_many",
    "list_lines",
    "claim_wave",
    "mark_messages",
)


@pytest.mark.parametrize(("channel", "more"), [("text", ()), ("link", ("list_invitations_of",))])
async def test_a_reminder_reads_its_facts_once(
    database_url: str, monkeypatch: pytest.MonkeyPatch, channel: str, more: tuple[str, ...]
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001", channel=channel))
        await trial.ask()
        await trial.move_to_next_nudge()
        with statements(monkeypatch) as said:
            assert await trial.remind() == 1
        assert len(await trial.texts("K-001")) == 2
        assert Counter(said) == Counter(("list_due", *SENT, *more, BY_THE_PROVIDER))


async def test_what_was_not_taken_reads_its_facts_once_when_it_is_tried_again(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        trial.faults.next_sends.append("429")
        await trial.ask()
        with statements(monkeypatch) as said:
            await trial.retry_now()
        assert len(await trial.texts("K-001")) == 1
        assert Counter(said)["get_lean_facts"] == 1


async def test_a_text_looked_up_later_reads_the_facts_anew(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.ask()
        await trial.owner_does("UPDATE messages SET state = 'ambiguous'")
        await trial.move(rounds.LOOK_AFTER * 2)
        with statements(monkeypatch) as said:
            await rounds.sweep_round(trial.pools.worker, trial.context)
        assert Counter(said)["get_lean_facts"] == 1
        assert Claimed(trial.study_id, trial.study_id).facts is None
