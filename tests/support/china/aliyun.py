"""A stateful stand-in for Aliyun Dysms: SendSms, QuerySendDetails, its pushes and its faults.

It checks the signature with code of its own; the vendor's SDK is driven against it to prove that.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from datetime import datetime
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl, quote
from zoneinfo import ZoneInfo

from aiohttp import web

from tests.support.china.faults import ChinaFake, Taken

KEY_ID: Final = "LTAI5tFakeKeyOfTests0001"
KEY_SECRET: Final = "secret-of-tests-only-0123456789"
CHINA: Final = ZoneInfo("Asia/Shanghai")
_STATUS: Final = {"waiting": 1, "failed": 2, "delivered": 3}
_SIGNED: Final = re.compile(
    r"ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})"
)


class AliyunFake(ChinaFake):
    """The API and the pushes of one account."""

    name: ClassVar[str] = "aliyun"
    acknowledgement: ClassVar[dict[str, Any]] = {"code": 0}
    throttled: ClassVar[str] = "Throttling.User"
    limited: ClassVar[str] = "isv.BUSINESS_LIMIT_CONTROL"
    not_registered: ClassVar[frozenset[str]] = frozenset(
        {
            "isv.SMS_SIGNATURE_ILLEGAL",
            "isv.SMS_TEMPLATE_ILLEGAL",
            "isv.INVALID_JSON_PARAM",
            "isv.TEMPLATE_MISSING_PARAMETERS",
            "isv.PARAM_NOT_SUPPORT_URL",
        }
    )

    def ids(self) -> set[str]:
        """The ids of answers and receipts, and those the list goes by."""
        return super().ids() | {f"out_id:{one.reference}" for one in self.taken}

    def receipt(self, taken: Taken) -> dict[str, Any]:
        """An element of SmsReport."""
        return {
            "phone_number": taken.number,
            "send_time": _written(taken.at),
            "report_time": _written(taken.at + 2),
            "success": taken.state == "delivered",
            "err_code": taken.error or "DELIVERED",
            "err_msg": "",
            "sms_size": "1",
            "biz_id": taken.id,
            "out_id": taken.reference,
        }

    async def push_texts(self, *texts: dict[str, Any]) -> bool:
        """Push texts from phones as one batch; whether it was acknowledged."""
        return await self.push("inbound", list(texts))

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one call, if it is signed."""
        self.calls += 1
        body = await request.read()
        if not _is_signed(request, body):
            return _refused("SignatureDoesNotMatch", 400)
        query = dict(parse_qsl(request.rel_url.raw_query_string, keep_blank_values=True))
        action = request.headers.get("x-acs-action")
        if request.headers.get("x-acs-version") != "2017-05-25":
            return _refused("InvalidVersion", 400)
        if action == "QuerySendDetails":
            return self._listed(query)
        if action == "GetSmsSign":
            return self._signature(query["SignName"])
        if action == "GetSmsTemplate":
            return self._template(query["TemplateCode"])
        if action != "SendSms":
            return _refused("InvalidAction.NotFound", 404)
        return await self.send(request, query)

    def why_not(self, named: dict[str, Any]) -> str | None:
        """See ChinaFake."""
        number = named.get("PhoneNumbers", "")
        if number in self.faults.refused:
            return self.faults.refused[number]
        if not re.fullmatch(r"1[3-9]\d{9}", number):
            return "isv.MOBILE_NUMBER_ILLEGAL"
        if named.get("SignName") not in self.signatures:
            return "isv.SMS_SIGNATURE_ILLEGAL"
        names = self.templates.get(named.get("TemplateCode", ""))
        if names is None:
            return "isv.SMS_TEMPLATE_ILLEGAL"
        try:
            values = json.loads(named.get("TemplateParam", "{}"))
        except ValueError:
            return "isv.INVALID_JSON_PARAM"
        if not isinstance(values, dict) or not all(isinstance(one, str) for one in values.values()):
            return "isv.INVALID_JSON_PARAM"
        if set(names) - set(values):
            return "isv.TEMPLATE_MISSING_PARAMETERS"
        if any("://" in one for one in values.values()):
            return "isv.PARAM_NOT_SUPPORT_URL"
        return None

    def read(self, named: dict[str, Any]) -> Taken:
        """See ChinaFake."""
        values: dict[str, str] = json.loads(named.get("TemplateParam", "{}"))
        return Taken(
            id=f"{self.faults.random.getrandbits(60)}^0",
            number=named["PhoneNumbers"],
            signature=named["SignName"],
            template=named["TemplateCode"],
            values=tuple(values.values()),
            reference=named.get("OutId", ""),
            at=time.time(),
        )

    def refuse(self, code: str, named: dict[str, Any]) -> web.Response:
        """A refusal comes with HTTP 200, but for a call that came too often."""
        said = "触发分钟级流控Permits:1" if code == self.limited else "refused"
        return _refused(code, 400 if code == self.throttled else 200, said)

    def confirm(self, taken: Taken, named: dict[str, Any]) -> web.Response:
        """See ChinaFake."""
        answer = {"Code": "OK", "Message": "OK", "BizId": taken.id, "RequestId": "fake"}
        return web.json_response(answer)

    def _signature(self, name: str) -> web.Response:
        if name not in self.signatures:
            return _refused("isv.SMS_SIGN_ILLEGAL", 200)
        carriers = [
            {"OperatorCode": one, "RegisterStatus": self.standing.get(one, 3)}
            for one in ("mobile", "unicom", "telecom")
        ]
        return _shown(
            {
                "SignName": name,
                "SignStatus": self.standing.get(name, 1),
                "SignIspRegisterDetailList": carriers,
            }
        )

    def _template(self, code: str) -> web.Response:
        if code not in self.templates:
            return _refused("isv.SMS_TEMPLATE_ILLEGAL", 200)
        status = str(self.standing.get(code, 1))
        words = self.words.get(code)
        return _shown({"TemplateCode": code, "TemplateStatus": status, "TemplateContent": words})

    def _listed(self, query: dict[str, str]) -> web.Response:
        size, number = int(query["PageSize"]), query["PhoneNumber"]
        if not 1 <= size <= 50 or len(query["SendDate"]) != 8:
            return _refused("isv.INVALID_PARAMETERS", 200)
        rows = [
            one
            for one in self.taken
            if one.number == number and f"{_china(one.at):%Y%m%d}" == query["SendDate"]
        ]
        first = (int(query["CurrentPage"]) - 1) * size
        return web.json_response(
            {
                "Code": "OK",
                "Message": "OK",
                "RequestId": "fake",
                "TotalCount": str(len(rows)),
                "SmsSendDetailDTOs": {
                    "SmsSendDetailDTO": [_row(one) for one in rows[first : first + size]]
                },
            }
        )


def _shown(content: dict[str, Any]) -> web.Response:
    return web.json_response({"Code": "OK", "Message": "OK", "RequestId": "fake", **content})


def _row(taken: Taken) -> dict[str, Any]:
    return {
        "Content": f"【{taken.signature}】",
        "ErrCode": taken.error or ("DELIVERED" if taken.state == "delivered" else ""),
        "OutId": taken.reference,
        "PhoneNum": taken.number,
        "ReceiveDate": _written(taken.at + 2),
        "SendDate": _written(taken.at),
        "SendStatus": _STATUS[taken.state],
        "TemplateCode": taken.template,
    }


def inbound(number: str, content: str, sequence_id: str | int, **other: str) -> dict[str, Any]:
    """An element of SmsUp: a text from a phone, its number as eleven digits."""
    return {
        "phone_number": number,
        "content": content,
        "send_time": "2026-01-10 09:30:00",
        "dest_code": "10690001",
        "sequence_id": sequence_id,
    } | other


def _china(at: float) -> datetime:
    return datetime.fromtimestamp(at, CHINA)


def _written(at: float) -> str:
    return f"{_china(at):%Y-%m-%d %H:%M:%S}"


def _refused(code: str, status: int, message: str = "refused") -> web.Response:
    return web.json_response({"Code": code, "Message": message, "RequestId": "fake"}, status=status)


def _is_signed(request: web.Request, body: bytes) -> bool:
    found = _SIGNED.fullmatch(request.headers.get("Authorization", ""))
    if found is None or found[1] != KEY_ID:
        return False
    names = found[2].split(";")
    pairs = parse_qsl(request.rel_url.raw_query_string, keep_blank_values=True)
    query = "&".join(
        f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in sorted(pairs)
    )
    hashed = hashlib.sha256(body).hexdigest()
    if request.headers.get("x-acs-content-sha256") != hashed or "host" not in names:
        return False
    headers = "".join(f"{name}:{request.headers.get(name, '').strip()}\n" for name in names)
    whole = f"POST\n{request.path}\n{query}\n{headers}\n{found[2]}\n{hashed}"
    digest = hashlib.sha256(whole.encode()).hexdigest()
    made = hmac.digest(KEY_SECRET.encode(), f"ACS3-HMAC-SHA256\n{digest}".encode(), "sha256")
    return hmac.compare_digest(made.hex(), found[3])
