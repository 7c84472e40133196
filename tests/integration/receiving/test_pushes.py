"""Batches pushed: kept sealed, acknowledged by one statement, worked off element by element."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final, NamedTuple
from uuid import uuid4

import aiohttp
import pytest

from pro_service.catalog.channel_files import load_channels
from pro_service.domain.delivery.channels import ChannelRule, ChannelRules
from pro_service.messaging.gateway import WebhookRequest
from pro_service.messaging.gateways import Gateways
from pro_service.services.base.turns import BusyError
from pro_service.services.receiving import (
    close_kept,
    list_kept,
    read_kept,
    work_off,
)
from pro_service.services.receiving.inbound import take_text
from pro_service.services.receiving.pushes import UnknownPushError
from pro_service.services.study.aliases import add_alias
from pro_service.services.study.senders import correct_sender
from pro_service.services.study.sites import TakenError, UnknownNameError
from pro_service.store.ids import new_id
from tests.support.china import aliyun
from tests.support.china.account import ChinaName, aliyun_gateway
from tests.support.china.aliyun import AliyunFake, inbound
from tests.support.china.faults import PUSH_SECRET, Taken
from tests.support.command import Commands
from tests.support.statements import statements
from tests.support.study import ACTOR, Trial, open_trial, row

NUMBER: Final = "13800000001"
ANYWHERE: Final = ChannelRule(
    channel="sms",
    provider="simulator",
    country="*",
    one_way=True,
    two_way=True,
    links=True,
    template_registered=False,
    per_day=3,
)
"""Lets a question in words go to a number of the mainland, so that one is open on its line."""
STRANGER: Final = "13800000099"


class Pushed(NamedTuple):
    """A trial that has a sender at Aliyun, and the fake that pushes to it."""

    trial: Trial
    fake: AliyunFake

    async def work(self) -> int:
        """Work off all that waits; how many pushes."""
        done = 0
        while await work_off(self.trial.pools.provider, self.trial.context):
            done += 1
        return done

    async def inbounds(self) -> list[tuple[Any, ...]]:
        """What came in: disposition, and whose it is taken for."""
        return await self.trial.fetch(
            "SELECT disposition, participant_id IS NOT NULL FROM pro.inbounds ORDER BY id"
        )

    async def pushes(self) -> list[tuple[Any, ...]]:
        """Counts of each push, and whether its body is still kept."""
        return await self.trial.fetch(
            "SELECT taken, broken, unknown, worked_at IS NOT NULL, body_sealed IS NOT NULL"
            " FROM pro.provider_pushes ORDER BY id"
        )


@pytest.fixture
async def pushed(database_url: str) -> AsyncIterator[Pushed]:
    async with open_trial(database_url) as trial:
        await add_sender(trial, "康复随访")
        fake = AliyunFake()
        fake.webhook_base = trial.context.public_url
        gateway = aliyun_gateway("http://127.0.0.1:1", timedelta(seconds=1))
        trial.context.gateways = Gateways.holding(trial.gateway, gateway)
        trial.context.channels = ChannelRules((ANYWHERE,))
        await trial.enrol(row("K-001", phone=f"+86{NUMBER}"))
        try:
            yield Pushed(trial, fake)
        finally:
            await gateway.close()


async def add_sender(trial: Trial, address: str, provider: ChinaName = "aliyun") -> None:
    """A sender of ours at a provider."""
    await trial.owner_does(
        "INSERT INTO pro.senders (study_id, id, channel, provider, address, actor)"
        " VALUES ($1, $2, 'sms', $4, $3, 'test')",
        *(trial.study_id, new_id(), address, provider),
    )


async def asked(pushed: Pushed) -> str:
    """Send the first reminder with its question as if Aliyun had taken it; its message's id."""
    return await asked_by(pushed.trial, "aliyun")


async def asked_by(trial: Trial, provider: ChinaName) -> str:
    """The same of either provider."""
    await trial.ask()
    await trial.owner_does(
        "UPDATE pro.messages SET provider = $1, provider_id = 'biz^0', state = 'accepted'", provider
    )
    await trial.owner_does(
        "UPDATE pro.lines SET sender_id = (SELECT id FROM pro.senders WHERE provider = $1)",
        provider,
    )
    return str(await trial.fetchval("SELECT id FROM pro.messages"))


def receipt(fake: AliyunFake, reference: str, **changes: Any) -> dict[str, Any]:
    """A receipt's element, of a text that was delivered."""
    taken = Taken("biz^0", NUMBER, "康复随访", "1110", (), reference, 1.0, "delivered")
    return fake.receipt(taken) | changes


async def test_an_address_is_checked_and_only_the_secret_one_is_ours(pushed: Pushed) -> None:
    base = f"{pushed.trial.context.public_url}/hooks"
    cases = {
        f"aliyun/{PUSH_SECRET}/inbound": 200,
        f"aliyun/{PUSH_SECRET}/receipts": 200,
        f"aliyun/{PUSH_SECRET}x/inbound": 403,
        f"aliyun/{PUSH_SECRET}/other": 404,
        f"simulator/{PUSH_SECRET}/inbound": 404,
        f"other/{PUSH_SECRET}/inbound": 404,
    }
    async with aiohttp.ClientSession() as session:
        for path, status in cases.items():
            for method in ("GET", "POST"):
                async with session.request(method, f"{base}/{path}", data=b"[]") as response:
                    assert response.status == status, (method, path)
                    if status == 200:
                        assert await response.json() == {"code": 0, "msg": "OK"}
        for path in ("aliyun/inbound", "aliyun/status"):
            async with session.post(f"{base}/{path}", json=[]) as response:
                assert response.status == 403  # nothing there is signed


async def test_keeping_a_push_is_one_statement_and_shows_nothing(
    pushed: Pushed, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pushed.fake.push_texts(inbound(NUMBER, "warm", "0"))
    with statements(monkeypatch) as said:
        assert await pushed.fake.push_texts(inbound(NUMBER, "canary-7319", "1"))
    assert said == ["insert_push"]
    stored = await pushed.trial.fetch("SELECT * FROM pro.provider_pushes")
    assert "7319" not in repr(stored)
    assert NUMBER not in repr(stored)


async def test_what_is_unsigned_is_read_by_somebody_and_answers_nothing(pushed: Pushed) -> None:
    await asked(pushed)
    open_question = "SELECT dialogue::text FROM pro.conversations WHERE closed_at IS NULL"
    ((before,),) = await pushed.trial.fetch(open_question)
    await pushed.fake.push_texts(inbound(NUMBER, "4", "1"), inbound(NUMBER, "我发烧了", "2"))
    assert await pushed.work() == 1
    assert await pushed.trial.fetch(open_question) == [(before,)]
    assert await pushed.inbounds() == [("needs_reading", True), ("needs_reading", True)]
    assert await pushed.trial.count("responses") == 0
    assert await pushed.trial.count("messages", "kind = 'reply'") == 0
    assert await pushed.trial.count("alerts") > 0
    assert await pushed.pushes() == [(2, 0, 0, True, False)]


@pytest.mark.parametrize("word", ["TD", "t", "R", " n ", "退订", "STOP"])
async def test_what_is_unsigned_may_stop_texts(pushed: Pushed, word: str) -> None:
    await pushed.fake.push_texts(inbound(NUMBER, word, "1"))
    await pushed.work()
    assert await pushed.inbounds() == [("command", True)]
    assert await pushed.trial.count("opt_outs", "ended_at IS NULL") == 1
    assert await pushed.trial.count("messages", "kind = 'reply'") == 0
    await pushed.fake.push_texts(inbound(NUMBER, "START", "2"))
    await pushed.work()
    assert await pushed.trial.count("opt_outs", "ended_at IS NULL") == 1


async def test_an_unnamed_route_is_the_only_senders_though_its_signature_was_corrected(
    pushed: Pushed,
) -> None:
    trial = pushed.trial
    await asked(pushed)
    place = (trial.operator, load_channels(), trial.study_id)
    await correct_sender(*place, "康复随访", "康复研究", actor=ACTOR, reason="another signature")
    await pushed.fake.push_texts(
        inbound(NUMBER, "退订", "1", dest_code="9"),
        inbound(NUMBER, "膝盖红肿发热", "2", dest_code="9"),
    )
    await pushed.work()
    assert await pushed.inbounds() == [("command", True), ("needs_reading", True)]
    assert await trial.count("opt_outs", "ended_at IS NULL") == 1
    assert await trial.count("alerts") > 0
    assert await trial.count("lines") == 1
    assert await pushed.pushes() == [(2, 0, 0, True, False)]
    # Beside another of the provider's it is nobody's again, and waits for somebody.
    await add_sender(trial, "北医三院")
    await pushed.fake.push_texts(inbound(NUMBER, "请回电", "3", dest_code="9"))
    await pushed.work()
    assert (await pushed.pushes())[1:] == [(0, 0, 1, True, True)]


async def test_an_unsigned_code_proves_no_number_and_a_stranger_is_read(pushed: Pushed) -> None:
    code = await pushed.trial.fetchval("SELECT personal_code FROM pro.participants")
    await pushed.trial.owner_does(
        "SELECT set_config('pro.reason', 'a test', false);"
        "UPDATE pro.contact_points SET must_confirm = true"
    )
    await pushed.fake.push_texts(inbound(NUMBER, code, "1"), inbound(STRANGER, "你好", "2"))
    await pushed.work()
    assert await pushed.trial.count("contact_points", "verified_at IS NOT NULL") == 0
    assert await pushed.inbounds() == [("needs_reading", True), ("needs_reading", False)]


async def test_a_wrong_number_rests_for_everybody(pushed: Pushed) -> None:
    await pushed.fake.push_texts(inbound(NUMBER, "wrong number", "1"))
    await pushed.work()
    assert await pushed.trial.count("contact_points", "wrong_at IS NOT NULL") == 1


async def test_copies_change_nothing_and_broken_elements_refuse_none(pushed: Pushed) -> None:
    message = await asked(pushed)
    text = inbound(NUMBER, "请回电", 77)
    broken: dict[str, Any] = {"phone_number": 1}
    await pushed.fake.push("inbound", [broken, text, text])
    await pushed.fake.push("inbound", [text | {"sequence_id": "77"}])
    ours = receipt(pushed.fake, message)
    await pushed.fake.push("receipts", [ours, "words", ours])
    await pushed.fake.push("receipts", [ours])
    assert await pushed.work() == 4
    assert len(await pushed.inbounds()) == 1
    receipts = "SELECT provider_status FROM pro.delivery_receipts WHERE provider = 'aliyun'"
    assert await pushed.trial.fetch(receipts) == [("DELIVERED",)]
    assert await pushed.trial.fetchval("SELECT state FROM pro.messages") == "delivered"
    assert await pushed.pushes() == [
        (2, 1, 0, True, True),
        (1, 0, 0, True, False),
        (2, 1, 0, True, True),
        (1, 0, 0, True, False),
    ]


async def test_broken_off_anywhere_and_begun_again_nothing_is_lost_or_doubled(
    pushed: Pushed, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pushed.fake.push_texts(*(inbound(NUMBER, f"请回电{n}", n) for n in range(4)))
    left = 0

    async def broken_off(*given: Any, **named: Any) -> Any:
        nonlocal left
        result = await take_text(*given, **named)
        left -= 1
        if left == 0:
            raise BusyError
        return result

    monkeypatch.setattr("pro_service.services.receiving.pushes.take_text", broken_off)
    for after in (1, 2, 4):
        left = after
        with pytest.raises(BusyError):
            await work_off(pushed.trial.pools.provider, pushed.trial.context)
        await pushed.trial.owner_does("UPDATE pro.provider_pushes SET lease_until = NULL")
    assert await pushed.work() == 1
    assert len(await pushed.inbounds()) == 4
    assert await pushed.pushes() == [(4, 0, 0, True, False)]


@pytest.mark.parametrize(
    "ended", ["services.receiving.receipts.follow", "store.texting.messages.record_receipt"]
)
async def test_what_a_receipt_means_is_done_whichever_step_the_worker_ended_behind(
    pushed: Pushed, monkeypatch: pytest.MonkeyPatch, ended: str
) -> None:
    """A number its owner's carrier has barred: held back, and another way is asked for."""
    step = pkgutil.resolve_name(f"pro_service.{ended}")

    async def ends_behind_it(*given: Any, **named: Any) -> None:
        await step(*given, **named)
        raise BusyError

    message = await asked(pushed)
    black = receipt(pushed.fake, message, success=False, err_code="MOBILE_IN_BLACK")
    await pushed.fake.push("receipts", [black])
    with monkeypatch.context() as killed:
        killed.setattr(f"pro_service.{ended}", ends_behind_it)
        with pytest.raises(BusyError):
            await work_off(pushed.trial.pools.provider, pushed.trial.context)
    await pushed.trial.owner_does("UPDATE pro.provider_pushes SET lease_until = NULL")
    assert await pushed.work() == 1
    # A copy that comes once they let texts go on again stops nothing.
    assert await pushed.trial.count("opt_outs", "ended_at IS NULL") == 1
    assert await pushed.trial.count("call_tasks", "reason = 'another_way'") == 1
    assert await pushed.trial.count("delivery_receipts", "provider = 'aliyun'") == 1
    await pushed.trial.owner_does("UPDATE pro.opt_outs SET ended_at = pro.now(), ended_by = 'x'")
    await pushed.fake.push("receipts", [black])
    assert await pushed.work() == 1
    assert await pushed.trial.count("opt_outs", "ended_at IS NULL") == 0


async def test_receipts_of_others_are_waited_for_and_then_dropped(pushed: Pushed) -> None:
    message = await asked(pushed)
    black = {"success": False, "err_code": "MOBILE_IN_BLACK"}
    theirs = receipt(pushed.fake, str(uuid4()))
    await pushed.fake.push("receipts", [theirs, receipt(pushed.fake, message, **black)])
    for _ in range(3):
        assert await work_off(pushed.trial.pools.provider, pushed.trial.context) == 1
        assert await pushed.work() == 0  # leased: a while passes before the next try
        await pushed.trial.owner_does("UPDATE pro.provider_pushes SET lease_until = NULL")
    assert await pushed.work() == 0
    assert await pushed.pushes() == [(1, 0, 1, True, False)]
    assert await pushed.trial.fetchval("SELECT state FROM pro.messages") == "undelivered"
    assert await pushed.trial.count("opt_outs", "ended_at IS NULL") == 1


async def test_a_push_nobody_can_read_is_kept_until_somebody_has(pushed: Pushed) -> None:
    trial = pushed.trial
    address = f"{trial.context.public_url}/hooks/aliyun/{PUSH_SECRET}/inbound"
    async with (
        aiohttp.ClientSession() as session,
        session.post(address, data=b"\xff<html>") as response,
    ):
        assert response.status == 200
    await pushed.work()
    (kept,) = await list_kept(trial.operator, trial.study_id)
    assert (kept.provider, kept.kind, kept.broken, kept.worked) == ("aliyun", "inbound", 1, True)
    said = await read_kept(trial.operator, trial.context, trial.study_id, kept.id)
    assert said == b"\xff<html>"
    await close_kept(trial.operator, trial.study_id, kept.id, actor=ACTOR)
    assert await list_kept(trial.operator, trial.study_id) == []
    with pytest.raises(UnknownPushError):
        await read_kept(trial.operator, trial.context, trial.study_id, kept.id)
    with pytest.raises(UnknownPushError):
        await close_kept(trial.operator, trial.study_id, kept.id, actor=ACTOR)


async def test_an_operator_sees_reads_and_closes_what_is_kept(pushed: Pushed) -> None:
    trial = pushed.trial
    await pushed.fake.push("inbound", [{"words": "canary"}])
    await pushed.work()
    (kept,) = await list_kept(trial.operator, trial.study_id)
    vault = trial.context.keys.vault
    commands = Commands(
        trial.url,
        vault_keys=vault._master.reveal(),
        index_keys=vault._index.reveal(),
        link_keys=vault._link.reveal(),
    )
    listed = await commands.call("pushes", "list")
    assert listed.out.split()[-3:] == ["0", "1", "0"]
    assert str(kept.id) in listed.out
    assert "canary" in (await commands.call("pushes", "read", str(kept.id))).out
    alias = ("sender", "alias", "康复随访", "10690001", "--provider", "aliyun")
    await commands.do(alias, ("pushes", "close", str(kept.id)))
    again = await commands.call("pushes", "close", str(kept.id))
    assert (again.code, "pushes list" in again.err) == (1, True)
    assert await list_kept(trial.operator, trial.study_id) == []


async def test_a_text_goes_to_the_sender_it_came_by_or_to_somebody(pushed: Pushed) -> None:
    trial = pushed.trial
    await add_sender(trial, "北医三院")
    for sender, alias in (("北医三院", "10690002"), ("康复随访", "10690003")):
        await add_alias(trial.operator, trial.study_id, "aliyun", sender, alias, actor=ACTOR)
    with pytest.raises(TakenError):
        await add_alias(
            trial.operator, trial.study_id, "aliyun", "北医三院", "10690003", actor=ACTOR
        )
    with pytest.raises(UnknownNameError, match="康复随访"):
        await add_alias(trial.operator, trial.study_id, "aliyun", "x", "10690009", actor=ACTOR)
    await pushed.fake.push_texts(
        inbound(NUMBER, "请回电", "1", dest_code="10690002"),
        inbound(NUMBER, "请回电", "2", dest_code="10690003", sign_name="北医三院"),
        inbound(NUMBER, "请回电", "3", dest_code="9", sign_name="北医三院"),
        inbound(NUMBER, "请回电", "4", dest_code="9"),
    )
    await pushed.work()
    came_to = await trial.fetch(
        "SELECT s.address FROM pro.inbounds AS i JOIN pro.lines AS l ON l.id = i.line_id"
        " JOIN pro.senders AS s ON s.id = l.sender_id ORDER BY i.id"
    )
    assert came_to == [("北医三院",), ("康复随访",), ("北医三院",)]
    assert await pushed.pushes() == [(3, 0, 1, True, True)]
    (kept,) = await list_kept(trial.operator, trial.study_id)
    said = json.loads(await read_kept(trial.operator, trial.context, trial.study_id, kept.id))
    assert [one["sequence_id"] for one in said] == ["1", "2", "3", "4"]


async def test_a_push_tried_in_vain_is_left_to_somebody(
    pushed: Pushed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: WebhookRequest) -> None:
        raise RuntimeError("a mistake of ours")

    gateway = pushed.trial.context.gateways.of("aliyun")
    monkeypatch.setattr(gateway, "parse_inbound", broken)
    await pushed.fake.push_texts(inbound(NUMBER, "TD", "1"))
    for _ in range(8):
        with pytest.raises(RuntimeError):
            await work_off(pushed.trial.pools.provider, pushed.trial.context)
        await pushed.trial.owner_does("UPDATE pro.provider_pushes SET lease_until = NULL")
    assert await pushed.work() == 0
    (kept,) = await list_kept(pushed.trial.operator, pushed.trial.study_id)
    assert not kept.worked
    monkeypatch.undo()
    assert aliyun.KEY_ID not in repr(kept)
