"""What the worker asks the database while nothing is due: the same few statements for ever.

A job that finds something to do in every round would never be idle, and one that asks more with
each participant would cost more the longer a trial lasts. Statements and trips cannot flake; what
each of them touches is held in `record/plans/test_periodic_plans.py`.
"""

from __future__ import annotations

from typing import Final

import pytest

from pro_service.jobs import Job, make_jobs
from pro_service.messaging.staff_mail import StaffLetter
from pro_service.services.base.telling import Telling
from pro_service.services.record import Sealer
from pro_service.texts.catalogue import load_texts
from pro_service.vault.signing import SigningRing
from tests.support.proxy import proxy_to
from tests.support.statements import statements
from tests.support.study import Trial, open_trial, row

IDLE: Final = {
    "remind": 1,
    "retry": 2,
    "sweep": 3,
    "close": 2,
    "call": 5,
    "tablets": 1,
    "tails": 1,
    "seal": 1,
    "tell": 1,
    "digest": 1,
    "pushes": 1,
    "inbound": 0,
}
"""Statements of each round that finds nothing; each is one trip, and none is in a transaction."""
MOST_ROUNDS: Final = 5


class NoMail:
    """Nobody is to be written to."""

    async def send(self, letter: StaffLetter) -> None:
        """Refuse."""
        raise AssertionError(letter.to)


def jobs_of(trial: Trial) -> list[Job]:
    """Every job the service has."""
    return make_jobs(
        *(trial.pools.worker, trial.context, Sealer(SigningRing.generate())),
        receiving=trial.pools.provider,
        telling=Telling(NoMail(), load_texts("notices")),
        desk=trial.pools.desk,
    )


async def until_idle(job: Job) -> None:
    """Rounds as the worker runs them; what is never done would go on for ever."""
    for _ in range(MOST_ROUNDS):
        if not await job.round():
            return
    raise AssertionError(f"{job.id} finds something to do in every round")


async def test_an_idle_worker_asks_the_same_few_things_however_many_take_part(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with proxy_to(database_url) as proxy, open_trial(proxy.url) as trial:
        jobs = jobs_of(trial)
        for people in (range(1), range(1, 12)):
            await trial.enrol(*(row(f"K-{number:03}") for number in people))
            await trial.ask()
            for job in jobs:
                await until_idle(job)
                before = proxy.trips
                with statements(monkeypatch) as said:
                    assert await job.round() == 0
                assert len(said) <= IDLE[job.id], (job.id, said)
                assert proxy.trips - before == len(said), (job.id, said)
        assert {job.id for job in jobs} == IDLE.keys()
