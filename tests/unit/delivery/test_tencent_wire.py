"""Tencent's wire format: the official signature, the element's code, its list, what is pushed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from pro_service.domain.delivery.states import MessageState
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
from pro_service.messaging.tencent import pushes, wire
from pro_service.messaging.tencent.wire import Credentials, Target
from tests.support.china import tencent
from tests.support.china.faults import Taken
from tests.support.china.schemas import check_answer, check_request

MESSAGE = UUID("01890000-0000-7000-8000-000000000001")
SECRET = SecretStr("push")
AT = datetime(2026, 1, 10, 2, tzinfo=UTC)
TEXT = OutboundText(
    message_id=MESSAGE,
    our_address="康复随访",
    their_address="+8613800000001",
    body="【康复随访】请于12月1日前登录随访卡上的网址，编号K-001",
    registered=Registered(
        code="1110", signature="康复随访", parameters=(("1", "12月1日"), ("2", "K-001"))
    ),
    status_callback="",
)
ELEMENT = {
    "SerialNo": "2019:1",
    "PhoneNumber": "+8613800000001",
    "Fee": 1,
    "SessionContext": str(MESSAGE),
    "Code": "Ok",
    "Message": "send success",
    "IsoCode": "CN",
}


def answer(**changes: object) -> bytes:
    """An answer to SendSms, as Tencent describes it."""
    content = {"SendStatusSet": [ELEMENT | changes], "RequestId": "x"}
    check_answer("SendSms", content)
    return json.dumps({"Response": content}).encode()


def failure(code: str) -> bytes:
    """An answer that refuses the whole call."""
    error = {"Code": code, "Message": "refused"}
    return json.dumps({"Response": {"Error": error, "RequestId": "x"}}).encode()


def refusal(status: int, body: bytes) -> GatewayError:
    """The error an answer to SendSms is."""
    with pytest.raises(GatewayError) as caught:
        wire.accepted_of(status, body)
    return caught.value


def test_a_listed_reply_is_a_copy_of_its_push_and_what_is_no_text_is_left_out() -> None:
    pushed = tencent.inbound("13800000001", "TD", 1_767_600_000)
    (by_push,) = pushes.parse_inbound(json.dumps(pushed).encode(), SECRET).items
    row = {
        "ExtendCode": "01",
        "CountryCode": "86",
        "PhoneNumber": "+8613800000001",
        "SignName": "康复随访",
        "ReplyContent": "TD",
        "ReplyTime": 1_767_600_000,
        "SubscriberNumber": "13800000001",
    }
    assert by_push.received_at is not None
    content = {"PullSmsReplyStatusSet": [row], "RequestId": "x"}
    check_answer("PullSmsReplyStatusByPhoneNumber", content)
    rows = wire.replies_in(200, json.dumps({"Response": content}).encode())
    broken = [row | {"ReplyTime": "soon"}, row | {"CountryCode": "1"}, {}]
    later = row | {"ReplyTime": 1_767_600_001, "ReplyContent": "请回电"}
    assert pushes.replies_of([later, *broken, *rows], SECRET) == (
        by_push,
        by_push.model_copy(
            update={
                "body": "请回电",
                "received_at": by_push.received_at + timedelta(seconds=1),
                "provider_id": pushes.replies_of([later], SECRET)[0].provider_id,
            }
        ),
    )
    assert by_push.proof == "unsigned"
    for status, body in ((200, failure("InternalError")), (500, b""), (200, b"<html>")):
        with pytest.raises(LookupFailedError):
            wire.replies_in(status, body)


def test_the_official_vector_is_signed_as_the_vendor_signs_it() -> None:
    body = (
        rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'
    )
    signed = wire.authorisation(
        Credentials("AKIDEXAMPLE", SecretStr("Gu5t9xGARNpq86cd98joQYCN3EXAMPLE")),
        Target("cvm", "cvm.tencentcloudapi.com"),
        body,
        datetime.fromtimestamp(1551113065, UTC),
    )
    assert signed == (
        "TC3-HMAC-SHA256 Credential=AKIDEXAMPLE/2019-02-25/cvm/tc3_request,"
        " SignedHeaders=content-type;host,"
        " Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
    )


def test_our_calls_are_as_the_vendor_describes_them() -> None:
    sent = wire.send_body(TEXT, "1400006666")
    check_request("SendSms", sent)
    assert sent["TemplateParamSet"] == ["12月1日", "K-001"]
    assert sent["SessionContext"] == str(MESSAGE)
    listed = wire.list_body("+8613800000001", "1400006666", AT - timedelta(days=1), AT)
    check_request("PullSmsSendStatusByPhoneNumber", listed)
    with pytest.raises(jsonschema.ValidationError):
        check_request("SendSms", sent | {"Surprise": 1})
    with pytest.raises(jsonschema.ValidationError):
        check_request("SendSms", sent | {"TemplateParamSet": [1]})


def test_the_elements_code_decides_and_not_the_answers() -> None:
    assert wire.accepted_of(200, answer()).provider_id == "2019:1"
    refused = refusal(200, answer(Code="FailedOperation.PhoneNumberInBlacklist"))
    assert isinstance(refused, RejectedError)
    assert refused.effect == "opted_out"


@pytest.mark.parametrize("code", ["LimitExceeded.PhoneNumberOneHourLimit", "RequestLimitExceeded"])
def test_a_limit_that_passes_is_tried_again(code: str) -> None:
    assert isinstance(refusal(200, answer(Code=code)), NotAcceptedError)
    assert isinstance(refusal(200, failure(code)), NotAcceptedError)


@pytest.mark.parametrize(
    ("code", "effect"),
    [
        ("InvalidParameterValue.IncorrectPhoneNumber", "bad_number"),
        ("FailedOperation.PhoneNumberInBlacklist", "opted_out"),
        ("LimitExceeded.PhoneNumberDailyLimit", "hold"),
        ("LimitExceeded.PhoneNumberSameContentDailyLimit", "hold"),
        ("FailedOperation.SignatureIncorrectOrUnapproved", "hold"),
        ("AuthFailure.SignatureFailure", "hold"),
        ("Something.New", "hold"),
    ],
)
def test_a_refusal_for_good_says_what_follows(code: str, effect: str) -> None:
    for body in (answer(Code=code), failure(code)):
        error = refusal(200, body)
        assert isinstance(error, RejectedError)
        assert (error.code, error.effect) == (code, effect)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>"),
        (200, b'{"Response":{}}'),
        (200, b'{"Response":{"SendStatusSet":[]}}'),
        (200, answer(SerialNo="")),
        (200, answer(Code="InternalError.Timeout")),
        (200, failure("InternalError.SendAndRecvFail")),
        (502, b"<html>"),
    ],
)
def test_what_may_have_gone_through_is_ambiguous(status: int, body: bytes) -> None:
    assert isinstance(refusal(status, body), AmbiguousError)


@given(st.integers(200, 599), st.binary(max_size=60))
def test_no_answer_ever_breaks_the_reading(status: int, body: bytes) -> None:
    refusal(status, body)
    with pytest.raises(LookupFailedError):
        wire.matching(status, body, TEXT, AT, AT)


def listed(*rows: dict[str, Any]) -> bytes:
    """The list of a number, as Tencent describes it."""
    row = {
        "UserReceiveTime": int(AT.timestamp()) + 5,
        "CountryCode": "86",
        "SubscriberNumber": "13800000001",
        "PhoneNumber": "+8613800000001",
        "SerialNo": "2019:1",
        "ReportStatus": "SUCCESS",
        "Description": "DELIVRD",
        "SessionContext": "",
    }
    content = {"PullSmsSendStatusSet": [row | one for one in rows], "RequestId": "x"}
    check_answer("PullSmsSendStatusByPhoneNumber", content)
    return json.dumps({"Response": content}).encode()


def test_the_list_finds_a_text_by_our_reference_alone_where_that_is_repeated() -> None:
    other = {"SerialNo": "2019:2", "SessionContext": "another"}
    ours = {"SerialNo": "2019:3", "SessionContext": str(MESSAGE), "ReportStatus": "FAIL"}
    found = wire.matching(200, listed({}, other, ours), TEXT, AT, AT)
    assert [(one.provider_id, one.state) for one in found] == [("2019:3", MessageState.undelivered)]


def test_without_references_what_came_soon_after_the_call_can_be_it() -> None:
    at = int(AT.timestamp())
    rows = [
        {"SerialNo": "late", "UserReceiveTime": at + 3600},
        {"SerialNo": "second", "UserReceiveTime": at + 60},
        {"SerialNo": "first", "UserReceiveTime": at + 5},
        {"SerialNo": "before", "UserReceiveTime": at - 3600},
        {"SerialNo": "another", "UserReceiveTime": at + 5, "SessionContext": "another"},
    ]
    found = wire.matching(200, listed(*rows), TEXT, AT, AT)
    assert [one.provider_id for one in found] == ["first", "second"]


def test_a_batch_of_receipts_names_our_messages_and_breaks_on_none() -> None:
    fake = tencent.TencentFake()
    taken = Taken("2019:1", "13800000001", "s", "1110", (), str(MESSAGE), 1.0, "delivered")
    good = fake.receipt(taken)
    failed = good | {"report_status": "FAIL", "errmsg": "MK:0001", "ext": "theirs"}
    batch = pushes.parse_receipts(json.dumps([good, 7, {"sid": "x"}, failed]).encode())
    assert batch.broken == 2
    assert [(one.message_id, one.status, one.error_code) for one in batch.items] == [
        (MESSAGE, MessageState.delivered, None),
        (None, MessageState.undelivered, "MK:0001"),
    ]


def test_a_text_is_one_object_told_from_its_copy_by_all_it_says() -> None:
    def read(**changes: Any) -> Any:
        text = tencent.inbound("13800000001", "T", 1768010400) | changes
        return pushes.parse_inbound(json.dumps(text).encode(), SECRET).items[0]

    first = read()
    assert first.provider_id == read().provider_id
    assert first.provider_id != read(time=1768010401).provider_id
    assert first.provider_id != read(text="TD").provider_id
    assert first.their_address == "+8613800000001"
    assert first.received_at == AT
    assert (first.routes, first.proof) == (("01", "康复随访"), "unsigned")
    assert "13800000001" not in first.provider_id + repr(first)


@pytest.mark.parametrize(
    "changes", [{"nationcode": "1"}, {"mobile": "1"}, {"time": "x"}, {"text": 4}, {"time": 10**30}]
)
def test_a_broken_text_is_counted(changes: dict[str, Any]) -> None:
    text = tencent.inbound("13800000001", "T", 1768010400) | changes
    assert pushes.parse_inbound(json.dumps(text).encode(), SECRET).broken == 1


@pytest.mark.parametrize("body", [b"", b"null", b"4", b"<html>"])
def test_a_push_that_is_no_batch_is_told(body: bytes) -> None:
    with pytest.raises(UnreadableWebhookError):
        pushes.parse_receipts(body)
