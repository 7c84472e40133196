"""A stateful stand-in for Tencent Cloud SMS: SendSms, the list of a number, its pushes, its faults.

It checks the signature with code of its own; the vendor's SDK is driven against it to prove that.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from datetime import UTC, datetime
from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo

from aiohttp import web

from tests.support.china.faults import ChinaFake, Faults, Taken
from tests.support.china.schemas import check_answer, check_request

SECRET_ID: Final = "AKIDz8krbsJ5FakeOfTests"
SECRET_KEY: Final = "key-of-tests-only-9876543210"
APP_ID: Final = "1400006666"
CHINA: Final = ZoneInfo("Asia/Shanghai")
CLOCK_SECONDS: Final = 300
"""How far a call's clock may differ."""
_SIGNED: Final = re.compile(
    r"TC3-HMAC-SHA256 Credential=([^/]+)/(\d{4}-\d\d-\d\d)/sms/tc3_request, "
    r"SignedHeaders=([^,]+), Signature=([0-9a-f]{64})"
)


class TencentFake(ChinaFake):
    """The API and the pushes of one application."""

    name: ClassVar[str] = "tencent"
    acknowledgement: ClassVar[dict[str, Any]] = {"result": 0}
    throttled: ClassVar[str] = "RequestLimitExceeded"
    limited: ClassVar[str] = "LimitExceeded.PhoneNumberThirtySecondLimit"
    not_registered: ClassVar[frozenset[str]] = frozenset(
        {
            "FailedOperation.SignatureIncorrectOrUnapproved",
            "FailedOperation.TemplateIncorrectOrUnapproved",
            "FailedOperation.TemplateParamSetNotMatchApprovedTemplate",
            "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter",
        }
    )

    def __init__(self, faults: Faults | None = None) -> None:
        super().__init__(faults)
        self.repeats_reference = True
        """Whether lists and receipts carry SessionContext, as is switched on when asked for."""
        self.replies: list[dict[str, Any]] = []
        """Texts from phones, as a push has them, whether or not one was made."""
        self.asked: list[str] = []
        """Numbers whose replies were listed."""
        self.unlisted: set[str] = set()
        """Those of them that get no list."""

    def receipt(self, taken: Taken) -> dict[str, Any]:
        """An element of a push of receipts."""
        reached = taken.state == "delivered"
        element = {
            "user_receive_time": f"{datetime.fromtimestamp(taken.at, CHINA):%Y-%m-%d %H:%M:%S}",
            "nationcode": "86",
            "mobile": taken.number,
            "report_status": "SUCCESS" if reached else "FAIL",
            "errmsg": taken.error or "DELIVRD",
            "description": "",
            "sid": taken.id,
        }
        return element | ({"ext": taken.reference} if self.repeats_reference else {})

    async def push_text(self, text: dict[str, Any]) -> bool:
        """Push a text from a phone; whether it was acknowledged."""
        return await self.push("inbound", text)

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one call, if it is signed."""
        self.calls += 1
        body = await request.read()
        if not _is_signed(request, body):
            return _failed("AuthFailure.SignatureFailure")
        action = request.headers.get("X-TC-Action", "")
        if request.headers.get("X-TC-Version") != "2021-01-11":
            return _failed("UnsupportedOperation")
        document: dict[str, Any] = json.loads(body)
        check_request(action, document)
        if action == "DescribeSmsSignList":
            return self._signatures(action)
        if action == "DescribeSmsTemplateList":
            return self._templates(action, document["TemplateIdSet"])
        if document["SmsSdkAppId"] != APP_ID:
            return _failed("UnauthorizedOperation.SmsSdkAppIdVerifyFail")
        if action == "PullSmsSendStatusByPhoneNumber":
            return self._listed(document)
        if action == "PullSmsReplyStatusByPhoneNumber":
            return self._replied(document)
        return await self.send(request, document)

    def why_not(self, named: dict[str, Any]) -> str | None:
        """See ChinaFake."""
        number = named["PhoneNumberSet"][0].removeprefix("+86")
        if number in self.faults.refused:
            return self.faults.refused[number]
        if not re.fullmatch(r"1[3-9]\d{9}", number):
            return "InvalidParameterValue.IncorrectPhoneNumber"
        if named.get("SignName") not in self.signatures:
            return "FailedOperation.SignatureIncorrectOrUnapproved"
        names = self.templates.get(named["TemplateId"])
        if names is None:
            return "FailedOperation.TemplateIncorrectOrUnapproved"
        values: list[str] = named.get("TemplateParamSet", [])
        if len(values) != len(names):
            return "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"
        if any("://" in one for one in values):
            return "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter"
        return None

    def read(self, named: dict[str, Any]) -> Taken:
        """See ChinaFake."""
        return Taken(
            id=f"2019:{self.faults.random.getrandbits(60)}",
            number=named["PhoneNumberSet"][0].removeprefix("+86"),
            signature=named["SignName"],
            template=named["TemplateId"],
            values=tuple(named.get("TemplateParamSet", ())),
            reference=named.get("SessionContext", ""),
            at=time.time(),
        )

    def refuse(self, code: str, named: dict[str, Any]) -> web.Response:
        """A refusal stands in the text's element, but for a call that came too often."""
        return _failed(code) if code == self.throttled else _element(named, code)

    def confirm(self, taken: Taken, named: dict[str, Any]) -> web.Response:
        """See ChinaFake."""
        return _element(named, "Ok", taken.id)

    def _signatures(self, action: str) -> web.Response:
        rows = [
            {
                "SignId": number,
                "International": 0,
                "ReviewReply": "",
                "CreateTime": 0,
                "QualificationId": 0,
                "QualificationName": "",
                "QualificationStatusCode": 1,
                "SignName": name,
                "StatusCode": self.standing.get(name, 0),
            }
            for number, name in enumerate(sorted(self.signatures))
        ]
        return _said(action, {"DescribeSignListStatusSet": rows})

    def _templates(self, action: str, codes: list[int]) -> web.Response:
        rows = [
            {
                "TemplateId": code,
                "International": 0,
                "ReviewReply": "",
                "CreateTime": 0,
                "TemplateName": "",
                "StatusCode": self.standing.get(str(code), 0),
                "TemplateContent": self.words.get(str(code), ""),
            }
            for code in codes
            if str(code) in self.templates
        ]
        return _said(action, {"DescribeTemplateStatusSet": rows})

    def _listed(self, document: dict[str, Any]) -> web.Response:
        until = document.get("EndTime", time.time())
        rows = [
            one
            for one in self.sent_to(document["PhoneNumber"])
            if document["BeginTime"] <= one.at <= until + 1
        ]
        listed = [self._row(one) for one in rows[: document["Limit"]]]
        return _said("PullSmsSendStatusByPhoneNumber", {"PullSmsSendStatusSet": listed})

    def _replied(self, document: dict[str, Any]) -> web.Response:
        number = document["PhoneNumber"]
        self.asked.append(number)
        if number in self.unlisted:
            return _failed("InternalError.OtherError")
        rows = [
            {
                "ExtendCode": one["extend"],
                "CountryCode": one["nationcode"],
                "PhoneNumber": number,
                "SignName": one["sign"],
                "ReplyContent": one["text"],
                "ReplyTime": one["time"],
                "SubscriberNumber": one["mobile"],
            }
            for one in self.replies
            if f"+86{one['mobile']}" == number
            and document["BeginTime"] <= one["time"] <= document["EndTime"]
        ]
        said = {"PullSmsReplyStatusSet": rows[: document["Limit"]]}
        return _said("PullSmsReplyStatusByPhoneNumber", said)

    def _row(self, taken: Taken) -> dict[str, Any]:
        return {
            "UserReceiveTime": int(taken.at),
            "CountryCode": "86",
            "SubscriberNumber": taken.number,
            "PhoneNumber": f"+86{taken.number}",
            "SerialNo": taken.id,
            "ReportStatus": "SUCCESS" if taken.state == "delivered" else "FAIL",
            "Description": taken.error or "DELIVRD",
            "SessionContext": taken.reference if self.repeats_reference else "",
        }


def inbound(number: str, text: str, sent_at: int, **other: str) -> dict[str, Any]:
    """A pushed text from a phone, its number as eleven digits."""
    return {
        "extend": "01",
        "mobile": number,
        "nationcode": "86",
        "sign": "康复随访",
        "text": text,
        "time": sent_at,
    } | other


def _element(document: dict[str, Any], code: str, serial: str = "") -> web.Response:
    element = {
        "SerialNo": serial,
        "PhoneNumber": document["PhoneNumberSet"][0],
        "Fee": int(code == "Ok"),
        "SessionContext": document.get("SessionContext", ""),
        "Code": code,
        "Message": "send success" if code == "Ok" else "refused",
        "IsoCode": "CN",
    }
    return _said("SendSms", {"SendStatusSet": [element]})


def _said(action: str, content: dict[str, Any]) -> web.Response:
    answer = {**content, "RequestId": "fake"}
    check_answer(action, answer)
    return _response(answer)


def _failed(code: str) -> web.Response:
    error = {"Code": code, "Message": "refused"}
    return _response({"Error": error, "RequestId": "fake"})


def _response(answer: dict[str, Any]) -> web.Response:
    # The vendor's SDK sees an error only where the type names no characters' encoding.
    body = json.dumps({"Response": answer}, ensure_ascii=False).encode()
    return web.Response(body=body, headers={"Content-Type": "application/json"})


def _is_signed(request: web.Request, body: bytes) -> bool:
    found = _SIGNED.fullmatch(request.headers.get("Authorization", ""))
    if found is None or found[1] != SECRET_ID:
        return False
    stamp = request.headers.get("X-TC-Timestamp", "0")
    day = datetime.fromtimestamp(int(stamp), UTC)
    if abs(time.time() - int(stamp)) > CLOCK_SECONDS or f"{day:%Y-%m-%d}" != found[2]:
        return False
    names = found[3].split(";")
    if not {"content-type", "host"} <= set(names):
        return False
    headers = "".join(f"{name}:{request.headers.get(name, '').strip()}\n" for name in names)
    hashed = hashlib.sha256(body).hexdigest()
    whole = f"POST\n/\n\n{headers}\n{found[3]}\n{hashed}"
    scope = f"{found[2]}/sms/tc3_request"
    digest = hashlib.sha256(whole.encode()).hexdigest()
    to_sign = f"TC3-HMAC-SHA256\n{stamp}\n{scope}\n{digest}"
    key = b"TC3" + SECRET_KEY.encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.compare_digest(hmac.digest(key, to_sign.encode(), "sha256").hex(), found[4])
