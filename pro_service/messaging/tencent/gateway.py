"""The gateway to Tencent Cloud SMS: a client of our own, for the vendor's calls block the loop."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from pydantic import SecretStr
from yarl import URL

from pro_service.messaging.batches import PushedBatches, Reading
from pro_service.messaging.caller import Answer, Caller
from pro_service.messaging.checking import SignatureSeen, Standing, TemplateSeen
from pro_service.messaging.gateway import (
    Accepted,
    Found,
    GatewayError,
    InboundText,
    LookupFailedError,
    OutboundText,
)
from pro_service.messaging.tencent import pushes, wire
from pro_service.messaging.tencent.wire import Credentials, Target

API: Final = "https://sms.tencentcloudapi.com"
READING: Final = Reading(pushes.parse_receipts, pushes.parse_inbound, pushes.RECEIVED)
CALL_BOUND: Final = timedelta(seconds=10)


MOST_PAGES: Final = 10
"""Of an account's signatures; each has 100."""


class Account(NamedTuple):
    """What texts are sent by: the key, the application of the console, and its region."""

    credentials: Credentials
    app_id: str
    region: str


class TencentGateway(PushedBatches):
    """Sends registered texts through an account of Tencent's. Make it in the loop; close it.

    `push_secret` is a part of the address that pushes come to. `call_bound` bounds each call.
    """

    def __init__(
        self,
        account: Account,
        push_secret: SecretStr,
        *,
        api_base: str = API,
        call_bound: timedelta = CALL_BOUND,
    ) -> None:
        """Keep the settings; no connection is opened yet."""
        super().__init__(push_secret, READING)
        self.name = wire.NAME
        self._account = account
        self._base = URL(api_base)
        self._caller = Caller(call_bound)

    async def send(self, text: OutboundText) -> Accepted:
        """Hand over one text, once. Raises NotAcceptedError, RejectedError, AmbiguousError."""
        answer = await self._ask("SendSms", wire.send_body(text, self._account.app_id))
        return wire.accepted_of(answer.status, answer.body)

    async def find(
        self, text: OutboundText, *, earliest: datetime, latest: datetime | None
    ) -> tuple[Found, ...]:
        """What the number's list of a week shows that can be this text, likeliest first.

        Raises LookupFailedError.
        """
        now = datetime.now(UTC)
        begin = earliest - wire.CLOCK_MARGIN
        answer = await self._list(
            "PullSmsSendStatusByPhoneNumber", text.their_address, begin, now, now
        )
        until = latest or now
        return tuple(wire.matching(answer.status, answer.body, text, earliest, until))

    async def list_replies(
        self, their_address: str, *, since: datetime, until: datetime
    ) -> tuple[InboundText, ...]:
        """The texts that came from a number in a span of the last week, in their order.

        Raises LookupFailedError.
        """
        now = datetime.now(UTC)
        answer = await self._list(
            "PullSmsReplyStatusByPhoneNumber", their_address, since, until, now
        )
        rows = wire.replies_in(answer.status, answer.body)
        found = pushes.replies_of(rows, self._secret)
        return tuple(
            one for one in found if one.received_at is None or since <= one.received_at < until
        )

    async def _list(
        self, action: str, number: str, begin: datetime, end: datetime, now: datetime
    ) -> Answer:
        """A list of a number, no farther back than it goes. Raises LookupFailedError."""
        farthest = now - wire.FARTHEST_BACK + wire.CLOCK_MARGIN
        body = wire.list_body(number, self._account.app_id, max(begin, farthest), end)
        return await self._see(action, body)

    async def see_signature(self, signature: str) -> SignatureSeen:
        """A signature of the account. Raises AccessRefusedError, LookupFailedError."""
        for page in range(MOST_PAGES):
            body = wire.signatures_body(page * wire.LISTED)
            answer = await self._see("DescribeSmsSignList", body)
            listed = wire.signatures_of(answer.status, answer.body, signature)
            if listed.found is not None:
                return listed.found
            if listed.is_last:
                break
        return SignatureSeen(Standing.absent)

    async def see_template(self, code: str) -> TemplateSeen:
        """A template of the account. Raises AccessRefusedError, LookupFailedError."""
        if not (code.isascii() and code.isdigit()):
            return TemplateSeen(Standing.absent)
        answer = await self._see("DescribeSmsTemplateList", wire.template_body(code))
        return wire.template_of(answer.status, answer.body, code)

    async def _see(self, action: str, body: Mapping[str, object]) -> Answer:
        try:
            return await self._ask(action, body)
        except GatewayError:
            raise LookupFailedError from None

    async def close(self) -> None:
        """Release the connections; the gateway may be used again afterwards."""
        await self._caller.close()

    async def _ask(self, action: str, document: Mapping[str, object]) -> Answer:
        body, now = wire.encoded(document), datetime.now(UTC)
        target = Target(wire.SERVICE, self._base.authority)
        headers = {
            "Host": target.host,
            "Content-Type": wire.CONTENT_TYPE,
            "X-TC-Action": action,
            "X-TC-Version": wire.VERSION,
            "X-TC-Region": self._account.region,
            "X-TC-Timestamp": str(int(now.timestamp())),
            "Authorization": wire.authorisation(self._account.credentials, target, body, now),
        }
        return await self._caller.call("POST", self._base / "", headers, body)
