"""What `provider check` sees of signatures and templates at the providers of mainland China."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from pro_service.messaging.checking import Kept, all_right, check_registered
from pro_service.vault.keys import KeyRing
from pro_service.vault.vault import Vault
from tests.support.china.account import PROVIDERS, ChinaName, approve
from tests.support.china.aliyun import KEY_ID, KEY_SECRET
from tests.support.china.faults import PUSH_SECRET
from tests.support.china.served import connected
from tests.support.china.trial import fill_trial
from tests.support.command import Commands
from tests.support.study import make_context

SIGNATURE, WORDS = "康复随访", "您的随访时间已到。代码以{start}开头"
each_provider = pytest.mark.parametrize("name", ["aliyun", "tencent"])
RINGS = ("PRO_VAULT_KEYS", "PRO_INDEX_KEYS", "PRO_LINK_KEYS")
BLANK = {"aliyun": "${start}", "tencent": "{1}"}


@each_provider
async def test_each_state_of_a_registration_is_told_with_its_mend(name: ChinaName) -> None:
    async with connected(name) as (fake, _, gateway):
        kept = Kept("1110", "card.for, zh_CN", WORDS)

        async def lines(signature: str = SIGNATURE) -> list[tuple[str, str]]:
            findings = await check_registered(gateway, [signature], [kept])
            assert all_right(findings) == all(one.mend is None for one in findings)
            return [(one.level, one.said) for one in findings]

        fake.words["1110"] = WORDS.replace("{start}", BLANK[name])
        approved = ("ok", "is approved")
        assert await lines() == [("ok", "the provider takes them"), approved, approved]
        fake.words["1110"] = "另一段文字"
        assert (await lines())[2][0] == "wrong"
        fake.words["1110"] = WORDS
        waiting, refused = (0, 2) if name == "aliyun" else (1, -1)
        fake.standing = {SIGNATURE: waiting, "1110": refused}
        said = [one for _, one in await lines()][1:]
        assert said == ["is being examined, and nothing goes out under it", "was not approved"]
        fake.templates.clear()
        absent = [one for _, one in await lines("康复")][1:]
        assert absent == ["is not known to this account"] * 2
        assert (fake.taken, fake.unregistered) == ([], 0)


async def test_a_carrier_that_lacks_the_signature_is_named() -> None:
    async with connected("aliyun") as (fake, _, gateway):
        fake.standing = {"unicom": -1, "telecom": 0}
        _, found = await check_registered(gateway, [SIGNATURE], [])
        assert (found.level, "unicom, telecom" in found.said) == ("wrong", True)


async def test_the_vendors_own_sdk_reads_the_same_of_the_fake() -> None:
    from alibabacloud_dysmsapi20170525 import models
    from alibabacloud_dysmsapi20170525.client import Client
    from alibabacloud_tea_openapi.utils_models import Config

    async with connected("aliyun") as (fake, host, _):
        fake.words["1110"] = WORDS
        config = Config(
            access_key_id=KEY_ID, access_key_secret=KEY_SECRET, endpoint=host, protocol="http"
        )
        sdk: Any = Client(config)
        sign = await sdk.get_sms_sign_async(models.GetSmsSignRequest(sign_name=SIGNATURE))
        assert sign.body.sign_status == 1
        carriers = sign.body.sign_isp_register_detail_list
        assert [one.register_status for one in carriers] == [3, 3, 3]
        asked = models.GetSmsTemplateRequest(template_code="1110")
        seen = await sdk.get_sms_template_async(asked)
        assert (seen.body.template_status, seen.body.template_content) == ("1", WORDS)


async def test_the_command_asks_for_every_template_and_sends_nothing(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def healthy(_: str) -> str | None:
        return None

    monkeypatch.setattr("pro_service.messaging.checking.ask_health", healthy)
    fake = PROVIDERS["aliyun"].fake(None)
    async with TestServer(fake.application(), access_log=None) as server:
        commands = Commands(
            database_url,
            gateway="aliyun",
            aliyun_access_key_id=KEY_ID,
            aliyun_access_key_secret=KEY_SECRET,
            aliyun_push_secret=PUSH_SECRET,
            aliyun_api_base=str(server.make_url("")).rstrip("/"),
            public_url="https://study.example.org",
        )
        vault = Vault(*(KeyRing.parse(commands.environment[one]) for one in RINGS))
        context = make_context("https://study.example.org", vault)
        _, approved = await fill_trial(database_url, context, "aliyun", 1)
        approve(fake, *approved)
        right = await commands.call("provider", "check", "aliyun")
        refused = await commands.call(
            "provider", "check", "aliyun", environment={"PRO_ALIYUN_ACCESS_KEY_SECRET": "wrong"}
        )
        unknown = await commands.call("provider", "check", "pigeon")
        fake.closing.set()
        await fake.drain()
    assert (right.code, right.out.count("ok    template")) == (0, len(approved)), right.out
    assert (refused.code, "SignatureDoesNotMatch" in refused.out) == (1, True)
    assert (unknown.code, "One of aliyun, email, tencent, twilio" in unknown.err) == (1, True)
    assert fake.taken == []
