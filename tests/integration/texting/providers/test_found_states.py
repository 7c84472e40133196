"""A provider's list may tell the end of a text that was never answered: it is taken for it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from pro_service.domain.delivery.states import MessageState
from pro_service.messaging.gateway import Found, OutboundText
from pro_service.messaging.gateways import Gateways
from pro_service.services import rounds
from tests.support.providers.recording import RecordingGateway
from tests.support.study import Trial, open_trial, row


class Telling(RecordingGateway):
    """A provider whose list says where a text stands."""

    def __init__(self, told: Found) -> None:
        """It tells the same of every text."""
        super().__init__("simulator")
        self.told = told

    async def find(
        self, text: OutboundText, *, earliest: datetime, latest: datetime | None
    ) -> tuple[Found, ...]:
        """See Gateway."""
        return (self.told,)


async def looked_up(trial: Trial, told: Found) -> None:
    """A reminder whose call broke off, and a look at the list."""
    gateway = Telling(told)
    gateway.fates.append("lost")
    trial.context.gateways = Gateways.holding(gateway)
    await trial.enrol(row("K-001"))
    await trial.move_to_next_nudge()
    await trial.remind()
    await trial.move(timedelta(minutes=6))
    await rounds.sweep_round(trial.pools.worker, trial.context)


MESSAGES = "SELECT state, error_code, accepted_at IS NOT NULL FROM pro.messages"


@pytest.mark.parametrize("state", [MessageState.accepted, MessageState.delivered])
async def test_a_text_that_arrived_counts_as_arrived(
    database_url: str, state: MessageState
) -> None:
    async with open_trial(database_url) as trial:
        await looked_up(trial, Found(provider_id="out-1", state=state))
        assert await trial.fetch(MESSAGES) == [(str(state), None, True)]


async def test_a_number_that_stopped_texts_there_is_left_in_peace_here(database_url: str) -> None:
    told = Found(
        provider_id="out-1",
        state=MessageState.undelivered,
        error_code="MOBILE_IN_BLACK",
        effect="opted_out",
    )
    async with open_trial(database_url) as trial:
        await looked_up(trial, told)
        assert await trial.fetch(MESSAGES) == [("undelivered", "MOBILE_IN_BLACK", False)]
        assert await trial.count("opt_outs", "ended_at IS NULL") == 1
