"""T7: two people share a telephone and answer with the short code our texts show."""

from __future__ import annotations

from tests.integration.receiving.test_inbound import dispositions, values
from tests.support.study import Trial, open_trial, phone, row


async def couple(trial: Trial) -> tuple[str, str]:
    """Two people asked on one telephone; the starts of their codes."""
    await trial.enrol(row("K-001"), row("K-002", phone=phone(1)))
    await trial.ask()
    first, second = [(await trial.facts(code)).start_of_code for code in ("K-001", "K-002")]
    return first, second


async def test_t7_the_short_code_says_who_answers(database_url: str) -> None:
    """T7: `Y68` alone turns to them, then plain numbers are theirs."""
    async with open_trial(database_url) as trial:
        _, hers = await couple(trial)
        reply = await trial.says("K-001", hers.lower())
        assert reply is not None
        assert f"questions for {hers}" in reply
        await trial.says("K-001", "5")
        assert await values(trial, "K-002") == [("pain_1", 5)]
        assert await values(trial, "K-001") == []
        assert await dispositions(trial) == ["command", "answer"]


async def test_t7_the_short_code_with_a_number_answers_too(database_url: str) -> None:
    """T7: `Y68 4`, `Y68-JH6R 6`; each is credited to the one named, whoever was last."""
    async with open_trial(database_url) as trial:
        his, hers = await couple(trial)
        whole = (await trial.facts("K-001")).personal_code
        reply = await trial.says("K-001", f"{hers} 4")
        assert reply is not None
        assert reply.startswith(f"For {hers}:")
        await trial.says("K-001", f"{whole} 6")
        await trial.says("K-001", f"For {hers}: 7")
        await trial.says("K-001", f"{his[0]} {his[1:]}, 2")
        assert await values(trial, "K-002") == [("pain_1", 4), ("pain_2", 7)]
        assert await values(trial, "K-001") == [("pain_1", 6), ("pain_2", 2)]
        assert await dispositions(trial) == ["answer"] * 4


async def test_t7_words_behind_the_code_are_read_and_no_value_is_guessed(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        his, _ = await couple(trial)
        await trial.says("K-001", f"{his} my knee is swollen")
        await trial.says("K-001", f"{his} 4 or 5")
        await trial.says("K-001", f"{his} -4")
        await trial.says("K-001", f"{his}4")
        assert await values(trial, "K-001") == []
        taken = await dispositions(trial)
        assert (taken[0], "answer" in taken) == ("needs_reading", False)
