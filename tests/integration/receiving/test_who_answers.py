"""R25: on a telephone that is another person's, who answers is asked and kept with the sitting."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.integration.receiving.test_inbound import dispositions
from tests.integration.texting.test_contacts import HERS, add, got, writes
from tests.support.study import Trial, open_trial, row


async def her_telephone(trial: Trial) -> str:
    """K-001's questions have come to a daughter's telephone; the text that brought them."""
    await trial.enrol(row("K-001"))
    await add(trial)
    await trial.ask()
    await trial.says("K-001", "stop")
    await trial.move(timedelta(days=2))
    await trial.remind()
    await trial.provider.drain()
    return (await got(trial, HERS))[0]


async def sittings(trial: Trial) -> list[tuple[str, str | None, int]]:
    """Respondent, relation and value of every answer, in order."""
    found = await trial.fetch(
        "SELECT t.respondent, t.respondent_relation, r.value FROM responses AS r"
        " JOIN attempts AS t ON t.id = r.attempt_id ORDER BY r.id"
    )
    return [(kind, relation, value) for kind, relation, value in found]


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("SELF", "self"),
        ("本人", "self"),
        ("Reader", "self_with_reader"),
        ("代读", "self_with_reader"),
    ],
)
async def test_r25_who_answers_is_asked_first_and_kept_for_the_sitting(
    database_url: str, word: str, kind: str
) -> None:
    """R25: the word is no answer; the numbers after it are the participant's own."""
    async with open_trial(database_url) as trial:
        text = await her_telephone(trial)
        assert "reply SELF" in text
        reply = await writes(trial, HERS, word)
        assert reply is not None
        assert "their own answers" in reply
        assert "Reply with one number" in reply
        assert await sittings(trial) == []
        await writes(trial, HERS, "7")
        again = await writes(trial, HERS, "6")
        assert again is not None
        assert "reply SELF" not in again, "asked once"
        assert await sittings(trial) == [(kind, None, 7), (kind, None, 6)]
        assert (await dispositions(trial))[1:] == ["command", "answer", "answer"]


async def test_r25_whoever_says_nothing_of_it_answers_on_their_behalf(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await her_telephone(trial)
        await writes(trial, HERS, "7")
        assert await sittings(trial) == [("proxy", "child", 7)]
        await writes(trial, HERS, "self")
        await writes(trial, HERS, "5")
        assert await sittings(trial) == [("proxy", "child", 7), ("self", None, 5)]
        held = await trial.fetch("SELECT count(DISTINCT attempt_id) FROM responses")
        assert held == [(2,)], "two people's answers are never one sitting"


async def test_r25_on_the_participants_own_telephone_nothing_is_asked(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.ask()
        (text,) = await trial.texts("K-001")
        assert "SELF" not in text
        await trial.says("K-001", "self")
        await trial.says("K-001", "4")
        assert await sittings(trial) == [("self", None, 4)]
