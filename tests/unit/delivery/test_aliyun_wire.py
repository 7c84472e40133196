"""Aliyun's wire format: the official signature, what answers and codes mean, what is pushed."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from pro_service.domain.delivery.states import MessageState
from pro_service.messaging.aliyun import pushes, wire
from pro_service.messaging.aliyun.wire import Credentials, Stamp
from pro_service.messaging.china import dates_between, instant, international, national
from pro_service.messaging.gateway import (
    AmbiguousError,
    GatewayError,
    LookupFailedError,
    NotAcceptedError,
    OutboundText,
    Registered,
    RejectedError,
    UnreadableWebhookError,
)
from tests.support.china import aliyun
from tests.support.china.faults import Taken

MESSAGE = UUID("01890000-0000-7000-8000-000000000001")
SECRET = SecretStr("push")
REGISTERED = Registered(
    code="SMS_1", signature="康复随访", parameters=(("day", "12月1日"), ("code", "K-001"))
)
TEXT = OutboundText(
    message_id=MESSAGE,
    our_address="康复随访",
    their_address="+8613800000001",
    body="【康复随访】请于12月1日前登录随访卡上的网址，编号K-001",
    registered=REGISTERED,
    status_callback="",
)


def refusal(status: int, body: bytes | dict[str, Any]) -> GatewayError:
    """The error an answer to SendSms is."""
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(GatewayError) as caught:
        wire.accepted_of(status, sent)
    return caught.value


def test_the_official_vector_is_signed_as_the_vendor_signs_it() -> None:
    query = wire.query_of(
        {
            "RegionId": "cn-shanghai",
            "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
        }
    )
    headers = wire.signed_headers(
        Credentials("YourAccessKeyId", SecretStr("YourAccessKeySecret")),
        wire.Call("ecs.cn-shanghai.aliyuncs.com", "RunInstances", "2014-05-26"),
        query,
        Stamp("2023-10-26T10:22:32Z", "3156853299f313e23d1673dc12e1703d"),
    )
    assert headers["Authorization"] == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,"
        "SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;"
        "x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_a_text_goes_as_template_signature_and_values_under_our_id() -> None:
    assert wire.send_parameters(TEXT) == {
        "OutId": str(MESSAGE),
        "PhoneNumbers": "13800000001",
        "SignName": "康复随访",
        "TemplateCode": "SMS_1",
        "TemplateParam": '{"day":"12月1日","code":"K-001"}',
    }


@pytest.mark.parametrize("number", ["+12025550143", "+8621655599", "13800000001", "+8612345678901"])
def test_a_number_elsewhere_is_held_before_any_call(number: str) -> None:
    with pytest.raises(RejectedError) as held:
        wire.send_parameters(TEXT.model_copy(update={"their_address": number}))
    assert held.value.effect == "hold"


def test_ok_is_accepted_under_the_providers_id() -> None:
    body = b'{"Code":"OK","Message":"OK","BizId":"9006197469364984^0","RequestId":"x"}'
    assert wire.accepted_of(200, body).provider_id == "9006197469364984^0"


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (200, "isv.BUSINESS_LIMIT_CONTROL", "触发分钟级流控Permits:1"),
        (200, "isv.BUSINESS_LIMIT_CONTROL", "触发小时级流控Permits:5"),
        (400, "Throttling.User", ""),
        (400, "Throttling", ""),
        (503, "Throttling.Api", ""),
    ],
)
def test_a_limit_that_passes_is_tried_again(status: int, code: str, message: str) -> None:
    assert isinstance(refusal(status, {"Code": code, "Message": message}), NotAcceptedError)


@pytest.mark.parametrize(
    ("code", "message", "effect"),
    [
        ("isv.MOBILE_NUMBER_ILLEGAL", "", "bad_number"),
        ("isv.BUSINESS_LIMIT_CONTROL", "触发天级流控Permits:10", "hold"),
        ("isv.DAY_LIMIT_CONTROL", "", "hold"),
        ("isv.SMS_TEMPLATE_ILLEGAL", "", "hold"),
        ("isv.OUT_OF_SERVICE", "", "hold"),
        ("SignatureDoesNotMatch", "", "hold"),
        ("isv.SOMETHING_NEW", "", "hold"),
    ],
)
@pytest.mark.parametrize("status", [200, 400])
def test_a_refusal_for_good_says_what_follows(
    status: int, code: str, message: str, effect: str
) -> None:
    error = refusal(status, {"Code": code, "Message": message})
    assert isinstance(error, RejectedError)
    assert (error.code, error.effect) == (code, effect)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>...</html>"),
        (200, b""),
        (200, b"[]"),
        (200, b'{"Code":"OK","Message":"OK"}'),
        (200, b'{"Code":"isp.SYSTEM_ERROR"}'),
        (500, b'{"Code":"InternalError"}'),
        (502, b"<html>"),
        (408, b""),
    ],
)
def test_what_may_have_gone_through_is_ambiguous(status: int, body: bytes) -> None:
    assert isinstance(refusal(status, body), AmbiguousError)


def test_a_page_of_a_proxy_is_a_refusal_that_somebody_looks_into() -> None:
    assert isinstance(refusal(403, b"<html>"), RejectedError)
    assert isinstance(refusal(302, b""), RejectedError)
    assert isinstance(refusal(429, b"<html>"), NotAcceptedError)


@given(st.integers(200, 599), st.binary(max_size=60))
def test_no_answer_ever_breaks_the_reading(status: int, body: bytes) -> None:
    refusal(status, body)
    with pytest.raises(LookupFailedError):
        wire.page_of(status, body, TEXT)


def page(*rows: dict[str, Any]) -> bytes:
    """A page of QuerySendDetails."""
    listed = {"SmsSendDetailDTO": list(rows)}
    return json.dumps({"Code": "OK", "SmsSendDetailDTOs": listed, "TotalCount": "1"}).encode()


@pytest.mark.parametrize(
    ("status", "code", "state", "error"),
    [
        (1, "", MessageState.accepted, None),
        (2, "MOBILE_IN_BLACK", MessageState.undelivered, "MOBILE_IN_BLACK"),
        (3, "DELIVERED", MessageState.delivered, None),
        (9, "", MessageState.accepted, None),
    ],
)
def test_the_list_finds_a_text_by_our_id_and_says_where_it_stands(
    status: int, code: str, state: MessageState, error: str | None
) -> None:
    other = {"OutId": "01890000-0000-7000-8000-00000000ffff", "SendStatus": 3}
    ours = {"OutId": str(MESSAGE), "SendStatus": status, "ErrCode": code}
    listed = wire.page_of(200, page(other, ours), TEXT)
    assert listed.is_last
    assert [(one.state, one.error_code) for one in listed.found] == [(state, error)]
    assert listed.found[0].provider_id == f"out_id:{MESSAGE}"
    assert listed.found[0].effect == ("opted_out" if error else None)


def test_around_midnight_in_china_two_dates_are_asked() -> None:
    midnight = datetime(2026, 1, 9, 16, 0, 30, tzinfo=UTC)  # 00:00:30 there
    assert dates_between(midnight - timedelta(minutes=2), midnight, most=7) == [
        date(2026, 1, 9),
        date(2026, 1, 10),
    ]
    noon = midnight + timedelta(hours=12)
    assert dates_between(noon, noon, most=7) == [date(2026, 1, 10)]
    assert len(dates_between(noon - timedelta(days=30), noon, most=7)) == 7


def test_a_batch_of_receipts_names_our_messages_and_breaks_on_none() -> None:
    fake = aliyun.AliyunFake()
    good = fake.receipt(a_text())
    foreign = good | {"out_id": "their-own-4711", "biz_id": "other^0"}
    black = good | {"success": False, "err_code": "MOBILE_IN_BLACK"}
    off = good | {"success": False, "err_code": "MOBILE_NOT_ON_SERVICE"}
    elements = [good, {"biz_id": 4}, "words", foreign, good | {"success": "yes"}, black, off]
    batch = pushes.parse_receipts(json.dumps(elements).encode())
    assert batch.broken == 3
    assert [(one.message_id, one.status, one.effect) for one in batch.items] == [
        (MESSAGE, MessageState.delivered, None),
        (None, MessageState.delivered, None),
        (MESSAGE, MessageState.undelivered, "opted_out"),
        (MESSAGE, MessageState.undelivered, None),
    ]


def a_text() -> Taken:
    """A text the fake took and delivered."""
    return Taken("9006^0", "13800000001", "康复随访", "SMS_1", (), str(MESSAGE), 1.0, "delivered")


def test_a_batch_of_texts_is_unsigned_and_tells_its_copies_without_the_number() -> None:
    elements = [
        aliyun.inbound("13800000001", "TD", 1234567890),
        aliyun.inbound("13800000001", "TD", "1234567890", sign_name="康复随访"),
        aliyun.inbound("13800000001", "4", "2"),
        aliyun.inbound("123", "4", "3"),
        aliyun.inbound("13800000001", "4", "4", send_time="yesterday"),
        {"phone_number": "13800000001"},
    ]
    batch = pushes.parse_inbound(json.dumps(elements).encode(), SECRET)
    assert batch.broken == 3
    first, copy, other = batch.items
    assert first.provider_id == copy.provider_id != other.provider_id
    assert "13800000001" not in first.provider_id
    assert first.their_address == "+8613800000001"
    assert first.received_at == datetime(2026, 1, 10, 1, 30, tzinfo=UTC)
    assert (first.proof, first.our_address) == ("unsigned", None)
    assert (first.routes, copy.routes) == (("10690001",), ("10690001", "康复随访"))


@pytest.mark.parametrize("body", [b"", b"null", b'"x"', b"4", b"<html>", b"[" * 60_000])
def test_a_push_that_is_no_batch_is_told(body: bytes) -> None:
    with pytest.raises(UnreadableWebhookError):
        pushes.parse_inbound(body, SECRET)
    with pytest.raises(UnreadableWebhookError):
        pushes.parse_receipts(body)


def test_numbers_and_times_are_brought_into_one_form() -> None:
    for written in ("13800000001", "+8613800000001", "8613800000001", "008613800000001"):
        assert international(written) == "+8613800000001"
    assert national("+8613800000001") == "13800000001"
    assert instant("2026-01-10 00:00:00") == datetime(2026, 1, 9, 16, tzinfo=UTC)


def test_neither_number_nor_secret_shows() -> None:
    shown = repr(Credentials("id", SecretStr("key-7319"))) + repr(TEXT) + repr(REGISTERED)
    batch = pushes.parse_inbound(
        json.dumps([aliyun.inbound("13800000001", "canary", "1")]).encode(), SECRET
    )
    shown += repr(batch) + repr(batch.items[0])
    for canary in ("7319", "13800000001", "12月1日", "canary"):
        assert canary not in shown
