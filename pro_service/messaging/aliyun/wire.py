"""Aliyun Dysms' wire format: what is asked of the API, how it is signed, what is pushed. No I/O.

A call is a POST whose parameters all stand in the address, the number included, as the vendor's own
SDK sends them: an address is never logged. It is signed by ACS3-HMAC-SHA256 over method, query,
five headers and the body's hash. Refusals come with HTTP 200, throttling with 400.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Final, NamedTuple
from urllib.parse import quote

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

NAME: Final = "aliyun"
VERSION: Final = "2017-05-25"
ALGORITHM: Final = "ACS3-HMAC-SHA256"
PAGE: Final = 50
"""Rows of a page of QuerySendDetails; the API allows no more."""

# What a code of a refused call means. An unknown one holds the message for a person: so do
# signature, template, parameter, account and credit, of which none passes by itself.
_EFFECTS: Final[dict[str, Effect]] = {"isv.MOBILE_NUMBER_ILLEGAL": "bad_number"}
_LATER: Final = frozenset({"isv.BUSINESS_LIMIT_CONTROL"})
"""Too many within a minute or an hour."""
_UNKNOWN: Final = frozenset({"isp.SYSTEM_ERROR", "InternalError", "ServiceUnavailable"})
"""Said of a call that may have gone through."""
_OF_A_DAY: Final = "天级流控"
"""In the message of a limit of a day: trying again within the window is of no use."""

# What a receipt's code says beyond its own message. A phone that is off, and one that no longer
# exists, are the same code there (MOBILE_NOT_ON_SERVICE), so that none tells of a bad number.
_RECEIPT_EFFECTS: Final[dict[str, Effect]] = {
    "MOBILE_IN_BLACK": "opted_out",
    "USER_REJECT": "opted_out",
    "CONTENT_ERROR": "hold",
    "CONTENT_KEYWORD": "hold",
    "NO_ROUTE": "hold",
    "PARAMS_ILLEGAL": "hold",
    "SIGNATURE_BLACKLIST": "hold",
}
_SEND_STATUS: Final = {
    "1": MessageState.accepted,
    "2": MessageState.undelivered,
    "3": MessageState.delivered,
}
_NO_ACCESS: Final = (
    *("SignatureDoesNotMatch", "InvalidAccessKeyId", "Forbidden", "NoPermission"),
    *("isp.RAM_PERMISSION_DENY", "isv.DENY_IP_RANGE", "isv.ACCOUNT", "isv.PRODUCT"),
)
"""What codes begin with that say that this account, or this address, may not ask."""
_STANDING: Final = {
    "0": Standing.waiting,
    "1": Standing.approved,
    "2": Standing.refused,
    "10": Standing.refused,
}
"""The states of a signature and of a template, by the vendor's SDK 4.6.0."""
_TAKEN_BY_CARRIER: Final = frozenset({1, 3})
"""A carrier has taken the signature, whether that was tried out already or not."""
_CODE: Final = re.compile(r"[A-Za-z0-9_.-]{1,80}")


class Credentials(NamedTuple):
    """An access key: its id, and the secret that signs."""

    key_id: str
    secret: SecretStr


class Call(NamedTuple):
    """What is called: where, which action, and of which version of the API."""

    host: str
    action: str
    version: str = VERSION


class Stamp(NamedTuple):
    """What makes a call this one: when it is made (UTC, `2026-01-31T10:22:32Z`), and a nonce."""

    date: str
    nonce: str


def send_parameters(text: OutboundText) -> dict[str, str]:
    """The parameters of SendSms. `OutId` is our message's id: receipts and the list repeat it.

    Raises RejectedError for what must not be sent.
    """
    registered = registered_of(text)
    return {
        "OutId": str(text.message_id),
        "PhoneNumbers": national(text.their_address),
        "SignName": registered.signature,
        "TemplateCode": registered.code,
        "TemplateParam": json.dumps(
            dict(registered.parameters), ensure_ascii=False, separators=(",", ":")
        ),
    }


def list_parameters(number: str, day: date, page: int) -> dict[str, str]:
    """The parameters of QuerySendDetails: what went to eleven digits on a day of China's."""
    return {
        "CurrentPage": str(page),
        "PageSize": str(PAGE),
        "PhoneNumber": number,
        "SendDate": f"{day:%Y%m%d}",
    }


def query_of(parameters: Mapping[str, str]) -> str:
    """The parameters as the query that is signed and sent: sorted, RFC 3986."""
    return "&".join(f"{_quoted(name)}={_quoted(parameters[name])}" for name in sorted(parameters))


def signed_headers(
    credentials: Credentials, call: Call, query: str, stamp: Stamp
) -> dict[str, str]:
    """The headers of a POST to `/` with this query and an empty body, the signature among them."""
    empty = hashlib.sha256(b"").hexdigest()
    headers = {
        "host": call.host,
        "x-acs-action": call.action,
        "x-acs-content-sha256": empty,
        "x-acs-date": stamp.date,
        "x-acs-signature-nonce": stamp.nonce,
        "x-acs-version": call.version,
    }
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    canonical = "\n".join(("POST", "/", query, lines, names, empty))
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    secret = credentials.secret.get_secret_value().encode()
    made = hmac.new(secret, to_sign.encode(), hashlib.sha256).hexdigest()
    signature = f"Credential={credentials.key_id},SignedHeaders={names},Signature={made}"
    return {**headers, "Authorization": f"{ALGORITHM} {signature}"}


def accepted_of(status: int, body: bytes) -> Accepted:
    """What the answer to SendSms means. OK says accepted, and no more.

    Raises NotAcceptedError, RejectedError, AmbiguousError: the last for every answer that cannot be
    read as the API's own and may have come after the text was taken.
    """
    document = document_of(body)
    code = document.get("Code")
    if status == 200 and code == "OK":
        provider_id = document.get("BizId")
        if not isinstance(provider_id, str) or not provider_id:
            raise AmbiguousError
        return Accepted(provider_id=provider_id)
    raise _refusal(status, code, document.get("Message"))


def _refusal(status: int, code: object, said: object) -> GatewayError:
    if not isinstance(code, str) or _CODE.fullmatch(code) is None:
        return failure_of(status)
    if code.startswith("Throttling"):
        return NotAcceptedError()
    if status >= 500 or code in _UNKNOWN:
        return AmbiguousError()
    if code in _LATER and not (isinstance(said, str) and _OF_A_DAY in said):
        return NotAcceptedError()
    return RejectedError(code, _EFFECTS.get(code, "hold"))


class Page(NamedTuple):
    """A page of QuerySendDetails: what on it is the text looked for, and whether it is the last."""

    found: list[Found]
    is_last: bool


def page_of(status: int, body: bytes, text: OutboundText) -> Page:
    """Read a page for the text whose id is repeated in OutId; the end state comes with it.

    The list tells no id of the provider's own: what is found there goes by ours, and a receipt
    names it by the same. Raises LookupFailedError.
    """
    document = document_of(body)
    rows = document.get("SmsSendDetailDTOs")
    listed = rows.get("SmsSendDetailDTO") if isinstance(rows, dict) else None
    if status != 200 or document.get("Code") != "OK" or not isinstance(listed, list):
        raise LookupFailedError
    wanted = str(text.message_id)
    found = [
        _found(row, wanted)
        for row in listed
        if isinstance(row, dict) and row.get("OutId") == wanted
    ]
    return Page(found, len(listed) < PAGE)


def _found(row: Mapping[str, object], out_id: str) -> Found:
    state = _SEND_STATUS.get(str(row.get("SendStatus")), MessageState.accepted)
    code = row.get("ErrCode")
    failed = state is MessageState.undelivered and isinstance(code, str) and _CODE.fullmatch(code)
    error = str(code) if failed else None
    return Found(
        provider_id=f"out_id:{out_id}",
        state=state,
        error_code=error,
        effect=None if error is None else effect_of(error),
    )


def effect_of(code: str) -> Effect | None:
    """What a receipt's code asks for beyond its message; None where it passes, or is not known."""
    return "hold" if code.startswith("isv.") else _RECEIPT_EFFECTS.get(code)


def signature_of(status: int, body: bytes) -> SignatureSeen:
    """What GetSmsSign shows. Raises AccessRefusedError, LookupFailedError."""
    document = _shown(status, body)
    if document is None:
        return SignatureSeen(Standing.absent)
    standing = _STANDING.get(str(document.get("SignStatus")), Standing.refused)
    rows = document.get("SignIspRegisterDetailList")
    carriers = [
        str(row.get("OperatorCode"))
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict) and row.get("RegisterStatus") not in _TAKEN_BY_CARRIER
    ]
    return SignatureSeen(standing, tuple(carriers))


def template_of(status: int, body: bytes) -> TemplateSeen:
    """What GetSmsTemplate shows. Raises AccessRefusedError, LookupFailedError."""
    document = _shown(status, body)
    if document is None:
        return TemplateSeen(Standing.absent)
    standing = _STANDING.get(str(document.get("TemplateStatus")), Standing.refused)
    words = document.get("TemplateContent")
    return TemplateSeen(standing, words if isinstance(words, str) else None)


def _shown(status: int, body: bytes) -> dict[str, object] | None:
    """An answer that shows something; None where there is nothing of the name."""
    document = document_of(body)
    code = document.get("Code")
    if status == 200 and code == "OK":
        return document
    if not isinstance(code, str) or _CODE.fullmatch(code) is None or status >= 500:
        raise LookupFailedError
    if code.startswith(_NO_ACCESS):
        raise AccessRefusedError(code)
    if code.startswith("isv."):
        return None
    raise LookupFailedError


def document_of(body: bytes) -> dict[str, object]:
    """A JSON object; an empty one for anything else, such as a page of a proxy's."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _quoted(text: str) -> str:
    return quote(text, safe="~")
