"""Gateways of mainland China against fakes that the vendors' own SDKs have proven right."""

from __future__ import annotations

import asyncio
import logging
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from pro_service.domain.delivery.states import MessageState
from pro_service.messaging.gateway import (
    AmbiguousError,
    GatewayError,
    LookupFailedError,
    NotAcceptedError,
    OutboundText,
    Registered,
    RejectedError,
)
from tests.support.china import aliyun, tencent
from tests.support.china.account import PROVIDERS, ChinaName
from tests.support.china.faults import Fault
from tests.support.china.served import BOUND, connected

NUMBER: Final = "13800000001"
REGISTERED: Final = Registered(
    code="1110", signature="康复随访", parameters=(("day", "12月1日"), ("code", "K-001 ~*'"))
)
each_provider = pytest.mark.parametrize("name", ["aliyun", "tencent"])


def text(**changes: Any) -> OutboundText:
    """A registered text to one number."""
    fields: dict[str, Any] = {
        "message_id": uuid.uuid4(),
        "our_address": "康复随访",
        "their_address": f"+86{NUMBER}",
        "body": "【康复随访】请于12月1日前登录随访卡上的网址，编号K-001",
        "registered": REGISTERED,
        "status_callback": "",
    }
    return OutboundText(**fields | changes)


async def test_aliyuns_own_sdk_proves_the_fake() -> None:
    from alibabacloud_dysmsapi20170525 import models
    from alibabacloud_dysmsapi20170525.client import Client
    from alibabacloud_tea_openapi.utils_models import Config

    def client(host: str, secret: str) -> Any:
        return Client(
            Config(
                access_key_id=aliyun.KEY_ID,
                access_key_secret=secret,
                endpoint=host,
                protocol="http",
                region_id="cn-hangzhou",
            )
        )

    async with connected("aliyun") as to:
        request = models.SendSmsRequest(
            phone_numbers=NUMBER,
            sign_name="康复随访",
            template_code="1110",
            template_param='{"day":"12月1日","code":"K-001 ~*"}',
            out_id="ours-1",
        )
        sdk = client(to.host, aliyun.KEY_SECRET)
        sent = await sdk.send_sms_async(request)
        assert (sent.status_code, sent.body.code) == (200, "OK")
        (taken,) = to.fake.taken
        assert (taken.reference, taken.values) == ("ours-1", ("12月1日", "K-001 ~*"))
        asked = models.QuerySendDetailsRequest(
            phone_number=NUMBER,
            send_date=f"{datetime.now(aliyun.CHINA):%Y%m%d}",
            page_size=50,
            current_page=1,
        )
        listed = await sdk.query_send_details_async(asked)
        (row,) = listed.body.sms_send_detail_dtos.sms_send_detail_dto
        assert (row.out_id, row.send_status) == ("ours-1", 3)
        request.template_code = "unknown"
        refused = await sdk.send_sms_async(request)
        assert (refused.status_code, refused.body.code) == (200, "isv.SMS_TEMPLATE_ILLEGAL")
        with pytest.raises(Exception, match="SignatureDoesNotMatch"):
            await client(to.host, "another secret").send_sms_async(request)


async def test_tencents_own_sdk_proves_the_fake() -> None:
    from tencentcloud.common.credential import Credential
    from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
    from tencentcloud.common.profile.client_profile import ClientProfile
    from tencentcloud.common.profile.http_profile import HttpProfile
    from tencentcloud.sms.v20210111 import models
    from tencentcloud.sms.v20210111.sms_client import SmsClient

    def client(host: str, secret: str) -> Any:
        profile = ClientProfile(httpProfile=HttpProfile(protocol="http", endpoint=host))
        return SmsClient(Credential(tencent.SECRET_ID, secret), "ap-guangzhou", profile)

    async with connected("tencent") as to:
        request = models.SendSmsRequest()
        request.PhoneNumberSet = [f"+86{NUMBER}"]
        request.SmsSdkAppId = tencent.APP_ID
        request.SignName, request.TemplateId = "康复随访", "1110"
        request.TemplateParamSet = ["12月1日", "K-001"]
        request.SessionContext = "ours-1"
        sdk = client(to.host, tencent.SECRET_KEY)
        sent = await asyncio.to_thread(sdk.SendSms, request)
        assert [one.Code for one in sent.SendStatusSet] == ["Ok"]
        assert [one.reference for one in to.fake.taken] == ["ours-1"]
        asked = models.PullSmsSendStatusByPhoneNumberRequest()
        asked.BeginTime, asked.Offset, asked.Limit = int(to.fake.taken[0].at) - 60, 0, 100
        asked.PhoneNumber, asked.SmsSdkAppId = f"+86{NUMBER}", tencent.APP_ID
        listed = await asyncio.to_thread(sdk.PullSmsSendStatusByPhoneNumber, asked)
        assert [one.SessionContext for one in listed.PullSmsSendStatusSet] == ["ours-1"]
        request.TemplateId = "unknown"
        refused = await asyncio.to_thread(sdk.SendSms, request)
        assert refused.SendStatusSet[0].Code == "FailedOperation.TemplateIncorrectOrUnapproved"
        wrong = client(to.host, "another secret")
        with pytest.raises(TencentCloudSDKException, match=r"AuthFailure\.SignatureFailure"):
            await asyncio.to_thread(wrong.SendSms, request)


@each_provider
async def test_our_client_sends_once_and_finds_what_it_sent(name: ChinaName) -> None:
    began = datetime.now(UTC)
    async with connected(name) as to:
        sent, other = text(), text()
        accepted = await to.gateway.send(sent)
        await to.gateway.send(other)
        first = to.fake.taken[0]
        assert first.id == accepted.provider_id
        assert (first.number, first.signature, first.template) == (NUMBER, "康复随访", "1110")
        assert first.values == ("12月1日", "K-001 ~*'")
        found = await to.gateway.find(sent, earliest=began, latest=datetime.now(UTC))
        assert [one.state for one in found] == [MessageState.delivered]
        assert {one.provider_id for one in found} <= to.fake.ids()
        never = await to.gateway.find(text(), earliest=began, latest=None)
        assert never == ()


OUTCOMES: Final[dict[Fault, type[GatewayError] | None]] = {
    "refused": NotAcceptedError,
    "html": AmbiguousError,
    "html after accepting": AmbiguousError,
    "throttle": NotAcceptedError,
    "error": AmbiguousError,
    "error after accepting": AmbiguousError,
    "reset": AmbiguousError,
    "reset after accepting": AmbiguousError,
    "timeout after accepting": AmbiguousError,
    "slow": None,
    "receipt first": None,
}


@each_provider
async def test_each_fault_is_told_for_what_it_is_and_the_text_found_if_it_went(
    name: ChinaName,
) -> None:
    async with connected(name) as to:
        for fault, outcome in OUTCOMES.items():
            to.fake.faults.next_sends.append(fault)
            sent, calls = text(), to.fake.calls
            if outcome is None:
                await to.gateway.send(sent)
            else:
                with pytest.raises(outcome):
                    await to.gateway.send(sent)
            assert to.fake.calls == calls + 1, fault
            went = to.fake.references()[str(sent.message_id)]
            now = datetime.now(UTC)
            found = await to.gateway.find(sent, earliest=now - timedelta(minutes=1), latest=now)
            assert len(found) == went == int("after" in fault or outcome is None), fault
            if went and outcome is not None:
                assert outcome is AmbiguousError


@each_provider
async def test_refusals_for_good_and_words_alone(name: ChinaName) -> None:
    async with connected(name) as to:
        with pytest.raises(RejectedError, match="no_registration"):
            await to.gateway.send(text(registered=None))
        with pytest.raises(RejectedError, match="not_mainland"):
            await to.gateway.send(text(their_address="+12025550143"))
        linked = REGISTERED.model_copy(update={"parameters": (("day", "http://a.cn"),)})
        with pytest.raises(RejectedError, match="parameter"):
            await to.gateway.send(text(registered=linked))
        assert to.fake.calls == 0
        unknown = REGISTERED.model_copy(update={"code": "9999"})
        with pytest.raises(RejectedError) as refused:
            await to.gateway.send(text(registered=unknown))
        assert refused.value.effect == "hold"


@each_provider
async def test_nobody_listening_is_certain_and_a_list_that_fails_is_told(name: ChinaName) -> None:
    gateway = PROVIDERS[name].gateway("http://127.0.0.1:1", BOUND)
    now = datetime.now(UTC)
    with pytest.raises(NotAcceptedError):
        await gateway.send(text())
    with pytest.raises(LookupFailedError):
        await gateway.find(text(), earliest=now, latest=now)
    with pytest.raises(LookupFailedError):
        await gateway.find(text(their_address="+12025550143"), earliest=now, latest=now)
    await gateway.close()


@each_provider
async def test_numbers_and_secrets_are_in_no_log_and_no_error(
    name: ChinaName, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    said = ""
    async with connected(name) as to:
        said += repr(to.gateway)
        for fault in ("html", "reset", "timeout after accepting", "throttle", None):
            to.fake.faults.next_sends.append(fault)
            try:
                await to.gateway.send(text())
            except GatewayError as error:
                said += f"{error!r} {error} {error.__cause__} {error.__context__ and ''}"
    # The fake's own server notes what it was asked.
    records = [one for one in caplog.records if one.name != "aiohttp.access"]
    said += " ".join(f"{one.getMessage()} {one.__dict__}" for one in records)
    for secret in (NUMBER, aliyun.KEY_SECRET, tencent.SECRET_KEY, "12月1日", "%E5%BA%B7"):
        assert secret not in said
