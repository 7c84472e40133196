"""A sitting by text reads its facts once, and has in hand what would be read."""

from __future__ import annotations

from typing import Final

import pytest

from pro_service.domain.study.facts import ParticipantFacts, Status
from pro_service.services.texting import indexes_of
from pro_service.store.texting import arrivals
from tests.support.statements import statements
from tests.support.study import SENDER, Trial, open_trial, phone, row

CODE: Final = "K-001"
READ: Final = {"get_facts_to_keep", "get_lean_facts", "get_participant_facts"}


async def _read(trial: Trial) -> ParticipantFacts:
    """The facts read anew."""
    who = (trial.study_id, trial.participants[CODE])
    return await trial.context.reader.facts(trial.operator, *who, lean=True)


async def _in_hand(trial: Trial, like: ParticipantFacts) -> ParticipantFacts | None:
    """What is in hand of a participant, as if read at the same instant."""
    indexes = indexes_of(trial.context, phone(1))
    arrived = await arrivals.find_arrival(
        trial.pools.provider, "simulator", [SENDER], indexes, came_at=None, in_hand=True
    )
    assert arrived is not None
    if not trial.context.known.holds(indexes[0], of=like.id):
        return None
    facts = trial.context.known.present(indexes[0], arrived.around[like.id])
    return None if facts is None else facts.model_copy(update={"now": like.now})


async def test_what_is_in_hand_after_each_text_is_what_would_be_read(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row(CODE))
        await trial.ask()

        async def say(words: str) -> set[str]:
            with statements(monkeypatch) as said:
                await trial.says(CODE, words)
            return set(said)

        assert await say("4") & READ
        for words in ("5", "3-4", "3", "back", "6", "skip", "2"):
            said = await say(words)
            assert not said & READ, words
            assert "find_arrival" in said
            facts = await _read(trial)
            assert await _in_hand(trial, facts) == facts, words
        assert await trial.count("responses") > 4
        # What a text leads to beside answers is read: a call, an alert, silence and its end.
        for words in ("my knee is hot and swollen", "stop", "start"):
            await say(words)
            assert await _in_hand(trial, await _read(trial)) is None, words
        # And so is what somebody else writes.
        await say("4")
        facts = await _read(trial)
        assert await _in_hand(trial, facts) == facts
        await trial.status(CODE, Status.paused)
        assert await _in_hand(trial, await _read(trial)) is None
