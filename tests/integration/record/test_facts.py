"""The facts of many, read in one statement, are those of each."""

from __future__ import annotations

from pro_service.store.ids import new_id
from tests.support.study import Trial, open_trial, row


async def facts_of_each(trial: Trial) -> list[dict[str, object]]:
    """What each participant's own statement says, but for the instant it was read at."""
    each = [await trial.facts(code) for code in trial.participants]
    return [facts.model_dump(exclude={"now"}) for facts in each]


async def test_the_facts_of_many_are_those_of_each(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"), row("K-002"), row("K-003", channel="link"))
        await trial.ask()
        await trial.says("K-001", "4")
        await trial.says("K-002", "my knee is swollen")
        people = [(trial.study_id, one) for one in trial.participants.values()]
        many = await trial.context.reader.facts_of_many(
            trial.pools.worker, [*people, (trial.study_id, new_id())]
        )
        assert set(many) == set(people), "who does not exist is absent"
        said = [many[one].model_dump(exclude={"now"}) for one in people]
        assert said == await facts_of_each(trial)
        assert any(
            one.answers
            for facts in many.values()
            for visit in facts.visits
            for one in visit.assessments
        )
        assert await trial.context.reader.facts_of_many(trial.pools.worker, []) == {}
