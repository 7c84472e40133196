"""Replies that no push brought: a provider that lists by number is asked number by number."""

from __future__ import annotations

import time
from datetime import timedelta

from aiohttp.test_utils import TestServer

from pro_service.domain.delivery.channels import ChannelRules
from pro_service.messaging.gateways import Gateways
from pro_service.services.receiving import sweep_inbound, work_off
from tests.integration.receiving.test_pushes import (
    ANYWHERE,
    NUMBER,
    STRANGER,
    add_sender,
    asked_by,
)
from tests.support.china import tencent
from tests.support.china.account import tencent_gateway
from tests.support.study import open_trial, row


async def test_replies_nobody_pushed_are_asked_for_number_by_number_once_an_hour(
    database_url: str,
) -> None:
    fake = tencent.TencentFake()
    async with (
        open_trial(database_url) as trial,
        TestServer(fake.application(), access_log=None) as api,
    ):
        await add_sender(trial, "康复随访", "tencent")
        fake.webhook_base = trial.context.public_url
        gateway = tencent_gateway(str(api.make_url("")).rstrip("/"), timedelta(seconds=1))
        trial.context.gateways = Gateways.holding(trial.gateway, gateway)
        trial.context.channels = ChannelRules((ANYWHERE,))
        await trial.enrol(row("K-001", phone=f"+86{NUMBER}"))

        async def sweep() -> int:
            return await sweep_inbound(trial.pools.provider, trial.context, gateway)

        assert await sweep() == 0
        assert fake.asked == []  # Nobody was written to.
        await trial.owner_does("DELETE FROM pro.inbound_sweeps")
        await asked_by(trial, "tencent")
        now = int(time.time())
        swollen = tencent.inbound(NUMBER, "膝盖有点肿", now - 900)
        fake.replies = [
            tencent.inbound(NUMBER, "TD", now - 600),
            swollen,
            tencent.inbound(NUMBER, "4", now - 30),  # Its push may be under way.
            tencent.inbound(STRANGER, "TD", now - 600),
        ]
        assert await sweep() == 2
        assert fake.asked == [f"+86{NUMBER}"]
        kinds = "SELECT disposition FROM pro.inbounds ORDER BY id"
        assert await trial.fetch(kinds) == [("needs_reading",), ("command",)]
        assert await trial.count("opt_outs", "ended_at IS NULL") == 1
        assert await trial.count("responses") == 0

        # A push of the same afterwards is a copy; and nobody is asked again before an hour is over.
        assert await fake.push_text(swollen)
        while await work_off(trial.pools.provider, trial.context):
            pass
        assert await trial.count("inbounds") == 2
        assert await sweep() == 0
        assert len(fake.asked) == 1
        await trial.owner_does(
            "UPDATE pro.inbound_sweeps SET swept_until = swept_until - interval '1 hour'"
        )
        fake.replies.append(tencent.inbound(NUMBER, "请回电", now - 500))
        assert await sweep() == 1
        assert len(fake.asked) == 2
        await gateway.close()


async def test_a_number_that_gives_no_list_keeps_nobody_back_and_is_asked_again_after_an_hour(
    database_url: str,
) -> None:
    fake = tencent.TencentFake()
    async with (
        open_trial(database_url) as trial,
        TestServer(fake.application(), access_log=None) as api,
    ):
        await add_sender(trial, "康复随访", "tencent")
        fake.webhook_base = trial.context.public_url
        gateway = tencent_gateway(str(api.make_url("")).rstrip("/"), timedelta(seconds=1))
        trial.context.gateways = Gateways.holding(trial.gateway, gateway)
        trial.context.channels = ChannelRules((ANYWHERE,))
        await trial.enrol(row("K-001", phone=f"+86{NUMBER}"))
        await trial.enrol(row("K-002", phone=f"+86{STRANGER}"))
        await asked_by(trial, "tencent")

        async def sweep() -> int:
            return await sweep_inbound(trial.pools.provider, trial.context, gateway)

        now = int(time.time())
        fake.replies = [
            tencent.inbound(NUMBER, "膝盖有点肿", now - 900),
            tencent.inbound(STRANGER, "TD", now - 600),
        ]
        for broken, asked in ((NUMBER, 2), (STRANGER, 4)):
            fake.unlisted = {f"+86{broken}"}
            # What the other one wrote is taken, in whichever order they are asked.
            assert await sweep() == 1
            assert set(fake.asked) == {f"+86{NUMBER}", f"+86{STRANGER}"}
            assert len(fake.asked) == asked
            # The round that comes after five minutes asks nobody.
            assert await sweep() == 0
            assert len(fake.asked) == asked
            await trial.owner_does(
                "UPDATE pro.inbound_sweeps SET failed_at = failed_at - interval '1 hour'"
            )
        # How far everything was looked through stands still until all of them are answered.
        moved = "SELECT swept_until > now() - interval '23 hours' FROM pro.inbound_sweeps"
        assert await trial.pools.provider.fetchval(moved) is False
        fake.unlisted.clear()
        assert await sweep() == 0
        assert len(fake.asked) == 6
        assert await trial.pools.provider.fetchval(moved) is True
        assert await trial.count("inbounds") == 2
        assert await sweep() == 0
        assert len(fake.asked) == 6
        await gateway.close()
