"""Tencent Cloud SMS' wire format: what is asked of the API, how it is signed, its answers. No I/O.

A call is a JSON POST signed by TC3-HMAC-SHA256: two headers and the body's hash, under a key of the
day. HTTP is always 200; what became of a number stands in the element of the answer that is its.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from pydantic import SecretStr

from pro_service.domain.delivery.states import MessageState
from pro_service.messaging.caller import failure_of
from pro_service.messaging.checking import (
    AccessRefusedError,
    SignatureSeen,
    Standing,
    TemplateSeen,
)
from pro_service.messaging.china import national
from pro_service.messaging.gateway import (
    Accepted,
    AmbiguousError,
    Effect,
    Found,
    GatewayError,
    LookupFailedError,
    NotAcceptedError,
    OutboundText,
    RejectedError,
)
from pro_service.messaging.registered import registered_of

NAME: Final = "tencent"
SERVICE: Final = "sms"
VERSION: Final = "2021-01-11"
ALGORITHM: Final = "TC3-HMAC-SHA256"
CONTENT_TYPE: Final = "application/json; charset=utf-8"
LISTED: Final = 100
"""Rows of a list; the API gives no more."""
FARTHEST_BACK: Final = timedelta(days=7)
CLOCK_MARGIN: Final = timedelta(minutes=2)
"""How far Tencent's clock may differ from ours."""
LONGEST_WAY: Final = timedelta(minutes=10)
"""How long after its call a text without our reference may have reached the phone, to be ours."""

_EFFECTS: Final[dict[str, Effect]] = {
    "FailedOperation.PhoneNumberInBlacklist": "opted_out",
    "InvalidParameterValue.IncorrectPhoneNumber": "bad_number",
}
_LATER: Final = ("LimitExceeded.", "RequestLimitExceeded")
_OF_A_DAY: Final = "DailyLimit"
"""Ends the name of every limit of a day: trying again within the window is of no use."""
_UNKNOWN: Final = ("InternalError",)
_NO_ACCESS: Final = ("AuthFailure", "UnauthorizedOperation")
"""What codes begin with that say that this key, or this address, may not ask."""
_STANDING: Final = {0: Standing.approved, 1: Standing.waiting, 2: Standing.waiting}
"""The states of a signature and of a template; any other is refused."""
_CODE: Final = re.compile(r"[A-Za-z0-9_.]{1,100}")


class Credentials(NamedTuple):
    """A key's id and its secret."""

    secret_id: str
    secret_key: SecretStr


class Target(NamedTuple):
    """What a call goes to: the service's name in the signature, and its host."""

    service: str
    host: str


def send_body(text: OutboundText, app_id: str) -> dict[str, object]:
    """The body of SendSms. `SessionContext` is our message's id: the answer repeats it.

    Raises RejectedError for what must not be sent.
    """
    registered = registered_of(text)
    return {
        "PhoneNumberSet": [f"+86{national(text.their_address)}"],
        "SmsSdkAppId": app_id,
        "SignName": registered.signature,
        "TemplateId": registered.code,
        "TemplateParamSet": [value for _, value in registered.parameters],
        "SessionContext": str(text.message_id),
    }


def list_body(number: str, app_id: str, begin: datetime, end: datetime) -> dict[str, object]:
    """The body of the lists of a number (E.164) in a span: what went there, and what came."""
    return {
        "BeginTime": int(begin.timestamp()),
        "EndTime": int(end.timestamp()),
        "Offset": 0,
        "Limit": LISTED,
        "PhoneNumber": number,
        "SmsSdkAppId": app_id,
    }


def signatures_body(first: int) -> dict[str, object]:
    """The body of DescribeSmsSignList: a page of those of the mainland."""
    return {"International": 0, "Limit": LISTED, "Offset": first}


def template_body(code: str) -> dict[str, object]:
    """The body of DescribeSmsTemplateList for one, which has a number."""
    return {"International": 0, "TemplateIdSet": [int(code)]}


def encoded(body: Mapping[str, object]) -> bytes:
    """A body as it is signed and sent."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def authorisation(credentials: Credentials, target: Target, body: bytes, at: datetime) -> str:
    """The Authorization of a POST to `/` of a host with this body, made at an instant."""
    day = f"{at.astimezone(UTC):%Y-%m-%d}"
    scope = f"{day}/{target.service}/tc3_request"
    signed = "content-type;host"
    canonical = "\n".join(
        (
            *("POST", "/", ""),
            *(f"content-type:{CONTENT_TYPE}", f"host:{target.host}", ""),
            *(signed, hashlib.sha256(body).hexdigest()),
        )
    )
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"{ALGORITHM}\n{int(at.timestamp())}\n{scope}\n{hashed}"
    key = f"TC3{credentials.secret_key.get_secret_value()}".encode()
    for part in (day, target.service, "tc3_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    return (
        f"{ALGORITHM} Credential={credentials.secret_id}/{scope},"
        f" SignedHeaders={signed}, Signature={signature}"
    )


def accepted_of(status: int, body: bytes) -> Accepted:
    """What the answer to SendSms means: the element's code decides, whatever else is said.

    Raises NotAcceptedError, RejectedError, AmbiguousError: the last for every answer that cannot be
    read as the API's own and may have come after the text was taken.
    """
    response = _response_of(body)
    failure = response.get("Error")
    if isinstance(failure, dict):
        raise _refusal(status, failure.get("Code"))
    elements = response.get("SendStatusSet")
    element = elements[0] if isinstance(elements, list) and len(elements) == 1 else None
    if not isinstance(element, dict):
        raise _refusal(status, None)
    if element.get("Code") != "Ok":
        raise _refusal(status, element.get("Code"))
    serial = element.get("SerialNo")
    if not isinstance(serial, str) or not serial:
        raise AmbiguousError
    return Accepted(provider_id=serial)


def _refusal(status: int, code: object) -> GatewayError:
    if not isinstance(code, str) or _CODE.fullmatch(code) is None:
        return failure_of(status)
    if code.startswith(_UNKNOWN):
        return AmbiguousError()
    if code.startswith(_LATER) and not code.endswith(_OF_A_DAY):
        return NotAcceptedError()
    return RejectedError(code, _EFFECTS.get(code, "hold"))


def matching(
    status: int, body: bytes, text: OutboundText, earliest: datetime, latest: datetime
) -> list[Found]:
    """What of a list can be `text`, likeliest first; the end state comes with it.

    A row that repeats our reference is it, or is not. Where references are not repeated, what
    reached the number soon after the call can be it; the caller drops ids of other messages.
    Raises LookupFailedError.
    """
    response = _response_of(body)
    rows = response.get("PullSmsSendStatusSet")
    if status != 200 or not isinstance(rows, list):
        raise LookupFailedError
    listed = [row for row in rows if isinstance(row, dict)]
    exact = [row for row in listed if row.get("SessionContext") == str(text.message_id)]
    nameless = [row for row in listed if not row.get("SessionContext")]
    near = sorted(
        (row for row in nameless if _is_near(row, earliest, latest)), key=lambda row: _time_of(row)
    )
    return [_found(row) for row in (exact or near) if isinstance(row.get("SerialNo"), str)]


def replies_in(status: int, body: bytes) -> list[dict[str, Any]]:
    """The rows of PullSmsReplyStatusByPhoneNumber. Raises LookupFailedError."""
    rows = _response_of(body).get("PullSmsReplyStatusSet")
    if status != 200 or not isinstance(rows, list):
        raise LookupFailedError
    return [row for row in rows if isinstance(row, dict)]


class Signatures(NamedTuple):
    """A page of the account's signatures: the one looked for, and whether more follow."""

    found: SignatureSeen | None
    is_last: bool


def signatures_of(status: int, body: bytes, signature: str) -> Signatures:
    """What DescribeSmsSignList shows. Raises AccessRefusedError, LookupFailedError."""
    rows = _shown(status, body, "DescribeSignListStatusSet")
    found = [one for one in rows if one.get("SignName") == signature]
    # Of several of one name one may be in force.
    seen = [_standing(one) for one in found]
    best = Standing.approved if Standing.approved in seen else next(iter(seen), None)
    return Signatures(None if best is None else SignatureSeen(best), len(rows) < LISTED)


def template_of(status: int, body: bytes, code: str) -> TemplateSeen:
    """What DescribeSmsTemplateList shows. Raises AccessRefusedError, LookupFailedError."""
    rows = _shown(status, body, "DescribeTemplateStatusSet")
    found = next((one for one in rows if str(one.get("TemplateId")) == code), None)
    if found is None:
        return TemplateSeen(Standing.absent)
    words = found.get("TemplateContent")
    return TemplateSeen(_standing(found), words if isinstance(words, str) else None)


def _standing(row: Mapping[str, Any]) -> Standing:
    return _STANDING.get(row.get("StatusCode", -1), Standing.refused)


def _shown(status: int, body: bytes, name: str) -> list[dict[str, Any]]:
    response = _response_of(body)
    failure = response.get("Error")
    code = failure.get("Code") if isinstance(failure, dict) else None
    if isinstance(code, str) and code.startswith(_NO_ACCESS) and _CODE.fullmatch(code):
        raise AccessRefusedError(code)
    rows = response.get(name)
    if status != 200 or not isinstance(rows, list):
        raise LookupFailedError
    return [row for row in rows if isinstance(row, dict)]


def _is_near(row: Mapping[str, Any], earliest: datetime, latest: datetime) -> bool:
    first = (earliest - CLOCK_MARGIN).timestamp()
    return first <= _time_of(row) <= (latest + LONGEST_WAY).timestamp()


def _time_of(row: Mapping[str, Any]) -> int:
    found = row.get("UserReceiveTime")
    return found if isinstance(found, int) else 0


def _found(row: Mapping[str, Any]) -> Found:
    reached = row.get("ReportStatus") == "SUCCESS"
    return Found(
        provider_id=row["SerialNo"],
        state=MessageState.delivered if reached else MessageState.undelivered,
    )


def _response_of(body: bytes) -> dict[str, Any]:
    """The answer's content; empty for anything else, such as a page of a proxy's."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    response = found.get("Response") if isinstance(found, dict) else None
    return response if isinstance(response, dict) else {}
