"""The gateway to Aliyun Dysms: a client of our own, for the vendor's opens a session for each call.

It is asked from within the mainland only: the API refuses other addresses (`isv.DENY_IP_RANGE`).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import uuid4

from pydantic import SecretStr
from yarl import URL

from pro_service.messaging.aliyun import pushes, wire
from pro_service.messaging.aliyun.wire import Credentials
from pro_service.messaging.batches import PushedBatches, Reading
from pro_service.messaging.caller import Answer, Caller
from pro_service.messaging.checking import SignatureSeen, TemplateSeen
from pro_service.messaging.china import dates_between, national
from pro_service.messaging.gateway import (
    Accepted,
    Found,
    GatewayError,
    LookupFailedError,
    OutboundText,
)

API: Final = "https://dysmsapi.aliyuncs.com"
READING: Final = Reading(pushes.parse_receipts, pushes.parse_inbound, pushes.RECEIVED)
CALL_BOUND: Final = timedelta(seconds=10)
"""The vendor asks for one second at least."""
CLOCK_MARGIN: Final = timedelta(minutes=2)
"""How far Aliyun's clock may differ from ours: around midnight two of China's dates are asked."""
MOST_DAYS: Final = 7
"""Of a text whose call may have been on any of many days, the last of them are looked through."""
MOST_PAGES: Final = 10
"""Of a number's day; it may get 50 of one template."""


class AliyunGateway(PushedBatches):
    """Sends registered texts through an account of Aliyun's. Make it in the event loop; close it.

    `push_secret` is a part of the address that pushes come to. `call_bound` bounds each call.
    """

    def __init__(
        self,
        credentials: Credentials,
        push_secret: SecretStr,
        *,
        api_base: str = API,
        call_bound: timedelta = CALL_BOUND,
    ) -> None:
        """Keep the settings; no connection is opened yet."""
        super().__init__(push_secret, READING)
        self.name = wire.NAME
        self._credentials = credentials
        self._base = URL(api_base)
        self._caller = Caller(call_bound)

    async def send(self, text: OutboundText) -> Accepted:
        """Hand over one text, once. Raises NotAcceptedError, RejectedError, AmbiguousError."""
        answer = await self._ask("SendSms", wire.send_parameters(text))
        return wire.accepted_of(answer.status, answer.body)

    async def find(
        self, text: OutboundText, *, earliest: datetime, latest: datetime | None
    ) -> tuple[Found, ...]:
        """What the provider's list has under our id: the text itself, and where it stands.

        Raises LookupFailedError.
        """
        until = latest or datetime.now(UTC)
        days = dates_between(earliest - CLOCK_MARGIN, until + CLOCK_MARGIN, most=MOST_DAYS)
        try:
            for day in days:
                found = await self._find_on(day, text)
                if found:
                    return found
        except GatewayError:
            raise LookupFailedError from None
        return ()

    async def see_signature(self, signature: str) -> SignatureSeen:
        """A signature of the account. Raises AccessRefusedError, LookupFailedError."""
        answer = await self._see("GetSmsSign", {"SignName": signature})
        return wire.signature_of(answer.status, answer.body)

    async def see_template(self, code: str) -> TemplateSeen:
        """A template of the account. Raises AccessRefusedError, LookupFailedError."""
        answer = await self._see("GetSmsTemplate", {"TemplateCode": code})
        return wire.template_of(answer.status, answer.body)

    async def _see(self, action: str, parameters: dict[str, str]) -> Answer:
        try:
            return await self._ask(action, parameters)
        except GatewayError:
            raise LookupFailedError from None

    async def close(self) -> None:
        """Release the connections; the gateway may be used again afterwards."""
        await self._caller.close()

    async def _find_on(self, day: date, text: OutboundText) -> tuple[Found, ...]:
        number = national(text.their_address)
        for page in range(1, MOST_PAGES + 1):
            answer = await self._ask("QuerySendDetails", wire.list_parameters(number, day, page))
            listed = wire.page_of(answer.status, answer.body, text)
            if listed.found or listed.is_last:
                return tuple(listed.found)
        return ()

    async def _ask(self, action: str, parameters: dict[str, str]) -> Answer:
        query = wire.query_of(parameters)
        stamp = wire.Stamp(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", uuid4().hex)
        call = wire.Call(self._base.authority, action)
        headers = wire.signed_headers(self._credentials, call, query, stamp)
        address = URL(f"{self._base.origin()}/?{query}", encoded=True)
        return await self._caller.call("POST", address, headers)
