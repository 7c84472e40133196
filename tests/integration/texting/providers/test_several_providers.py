"""Several providers in one process: what belongs to one is never handed to another."""

from __future__ import annotations

import random
from datetime import timedelta
from uuid import UUID

import pytest

from pro_service.app import check_ready
from pro_service.domain.delivery.channels import ChannelRule, ChannelRules
from pro_service.domain.study.facts import Status
from pro_service.messaging.gateways import Gateways
from pro_service.services import rounds
from pro_service.services.study.senders import (
    NewSender,
    add_sender,
    move_sender,
    senders_elsewhere,
    waiting_elsewhere,
)
from pro_service.services.study.sites import TakenError
from pro_service.store.texting import sending
from tests.support.providers.recording import RecordingGateway
from tests.support.study import ACTOR, SENDER, Trial, open_trial, row

EAST, WEST = "simulator", "west"
"""The trial's own sender belongs to the first."""


def _rule(provider: str) -> ChannelRule:
    return ChannelRule(
        channel="sms",
        provider=provider,
        country="*",
        one_way=True,
        two_way=True,
        links=True,
        template_registered=False,
        per_day=3,
    )


def two_providers(trial: Trial) -> dict[str, RecordingGateway]:
    """Two providers of tests in the place of the trial's, either of which may write anywhere."""
    made = {name: RecordingGateway(name) for name in (EAST, WEST)}
    trial.context.gateways = Gateways.holding(*made.values())
    trial.context.channels = ChannelRules([_rule(EAST), _rule(WEST)])
    return made


async def move(trial: Trial, to: str, sender: str = SENDER) -> None:
    """Let new texts go out through another provider."""
    new = NewSender(to, sender)
    await move_sender(
        *(trial.operator, trial.context.channels, trial.study_id, sender, new),
        actor=ACTOR,
        reason="another contract",
    )


async def owners(trial: Trial) -> dict[UUID, str]:
    """Whose each message is."""
    return dict(await trial.fetch("SELECT id, provider FROM messages"))


async def work(trial: Trial) -> None:
    """One round of everything that talks to providers; what waits is tried again at once."""
    await trial.remind()
    await trial.retry_now()
    await trial.move(timedelta(minutes=6))
    await rounds.sweep_round(trial.pools.worker, trial.context)


@pytest.mark.parametrize("seed", range(3))
async def test_nothing_of_one_provider_is_ever_handed_to_the_other(
    database_url: str, seed: int
) -> None:
    chance = random.Random(seed)
    async with open_trial(database_url) as trial:
        gateways = two_providers(trial)
        await trial.enrol(*(row(f"K-{n:03}", channel="link") for n in range(1, 7)))
        for code in trial.participants:
            await trial.happened(code, statuses=[Status.active])
        used = EAST
        for turn in range(8):
            for one in gateways.values():
                one.fates.extend(chance.choices(("ok", "no", "lost"), k=4))
            if await trial.count("reminders", "ended_at IS NULL"):
                await trial.move_to_next_nudge()
            await trial.remind()
            if turn == 1 or chance.random() < 0.4:
                used = WEST if used == EAST else EAST
                await move(trial, used)
            await work(trial)
        whose = await owners(trial)
        assert {*whose.values()} == {EAST, WEST}
        for name, gateway in gateways.items():
            assert gateway.sent
            assert {whose[one.message_id] for one in gateway.sent} == {name}
            assert {whose[one.message_id] for one in gateway.looked_for} <= {name}
            assert all(f"/hooks/{name}/" in (one.status_callback or "") for one in gateway.sent)
        taken = await trial.fetch(
            "SELECT provider, provider_id FROM messages WHERE provider_id > ''"
        )
        assert all(provider_id.startswith(f"{name}-") for name, provider_id in taken)


async def test_what_waits_stays_with_its_provider_and_new_texts_go_to_the_other(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        gateways = two_providers(trial)
        await trial.enrol(row("K-001", channel="link"))
        gateways[EAST].fates.append("no")
        await trial.move_to_next_nudge()
        await trial.remind()
        await move(trial, WEST)
        (old, new) = await sending.list_senders(trial.operator, trial.study_id)
        assert (old.provider, old.in_use, old.waiting) == (EAST, False, 1)
        assert (new.provider, new.in_use, new.waiting) == (WEST, True, 0)
        await trial.retry_now()
        assert (len(gateways[EAST].sent), gateways[WEST].sent) == (2, [])
        await trial.move_to_next_nudge()
        await trial.remind()
        assert (len(gateways[EAST].sent), len(gateways[WEST].sent)) == (2, 1)
        with pytest.raises(TakenError, match="belongs to west already"):
            await move(trial, WEST)
        await move(trial, EAST)
        assert [
            one.in_use for one in await sending.list_senders(trial.operator, trial.study_id)
        ] == [
            True,
            False,
        ]


async def test_a_site_added_before_the_provider_changed_is_said_and_goes_on_once_moved(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        west = two_providers(trial)[WEST]
        trial.context.gateways = Gateways.holding(west)
        await trial.enrol(row("K-001", channel="link"))
        found = await sending.list_senders_elsewhere(trial.pools.worker, [WEST])
        (line,) = senders_elsewhere(found, WEST)
        assert f"sender move {SENDER} --to west" in line
        await trial.move_to_next_nudge()
        await trial.remind()
        assert west.sent == []
        ended = "SELECT end_reason FROM reminders WHERE ended_at IS NOT NULL"
        assert await trial.fetch(ended) == [("provider_gone",)]
        # One setting mends it for everybody: nobody is called for it alone.
        assert await trial.count("call_tasks") == 0
        await move(trial, WEST)
        await trial.move_to_next_nudge()
        await trial.remind()
        assert len(west.sent) == 1


async def test_a_text_of_a_provider_that_went_is_counted_and_ends_with_its_window(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        gateways = two_providers(trial)
        await trial.enrol(row("K-001", channel="link"))
        gateways[EAST].fates.append("no")
        await trial.move_to_next_nudge()
        await trial.remind()
        trial.context.gateways = Gateways.holding(gateways[WEST])
        await trial.retry_now()
        waiting = await sending.count_waiting_elsewhere(trial.pools.participant, [WEST])
        (line,) = waiting_elsewhere(waiting)
        assert "1 text(s) wait for simulator" in line
        assert await check_ready(trial.pools, [WEST]) == line
        assert await check_ready(trial.pools, [EAST, WEST]) is None
        closes_at = await trial.fetchval("SELECT max(expires_at) FROM messages")
        await trial.move(closes_at)
        await rounds.retry_round(trial.pools.worker, trial.context)
        assert await trial.fetch("SELECT state, state_reason FROM messages") == [
            ("expired", "provider_gone")
        ]
        assert (len(gateways[EAST].sent), gateways[WEST].sent) == (1, [])


async def test_the_safety_floor_holds_where_the_provider_is_gone(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        west = two_providers(trial)[WEST]
        trial.context.gateways = Gateways.holding(west)
        await trial.enrol(row("K-001", channel="link"))
        await trial.happened("K-001", statuses=[Status.active])
        for _ in range(40):
            if await trial.count("call_tasks"):
                break
            await trial.move(timedelta(hours=2))
            await trial.remind()
            await rounds.call_round(trial.pools.worker, trial.context)
        assert await trial.fetch(
            "SELECT v.definition FROM call_tasks AS k JOIN visits AS v ON v.id = k.visit_id"
        ) == [("safety_1",)]
        assert west.sent == []


async def test_a_second_sender_stands_beside_the_first(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        two_providers(trial)
        new = NewSender(WEST, "+12025550188", "BJ01")
        channels = trial.context.channels
        await add_sender(trial.operator, channels, trial.study_id, new, actor=ACTOR)
        with pytest.raises(TakenError):
            await add_sender(trial.operator, channels, trial.study_id, new, actor=ACTOR)
        await trial.enrol(row("K-001"))
        senders = (await trial.facts("K-001")).site.senders
        assert [(one.provider, one.address) for one in senders] == [
            (EAST, SENDER),
            (WEST, "+12025550188"),
        ]
