"""What Tencent Cloud SMS pushes: receipts, an array; and texts, each an object alone. No I/O.

Neither is signed, and a text has no id: what tells a copy is everything it says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from pydantic import SecretStr

from pro_service.domain.delivery.states import MessageState
from pro_service.messaging.batches import fingerprint, our_id, read_batch
from pro_service.messaging.china import international, text_of
from pro_service.messaging.gateway import Batch, DeliveryReceipt, InboundText, ReplyBody

RECEIVED: Final = ReplyBody(content_type="application/json", body='{"result":0,"errmsg":"OK"}')
"""What a push is acknowledged with, with status 200."""
_AS_PUSHED: Final = {
    "nationcode": "CountryCode",
    "mobile": "SubscriberNumber",
    "text": "ReplyContent",
    "time": "ReplyTime",
    "extend": "ExtendCode",
    "sign": "SignName",
}
"""What a pushed text names, as the list of a number names it."""
_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_STATES: Final = {"SUCCESS": MessageState.delivered, "FAIL": MessageState.undelivered}


def parse_receipts(body: bytes) -> Batch[DeliveryReceipt]:
    """The receipts of a push. Raises UnreadableWebhookError for what is no array or object."""
    return read_batch(body, _receipt)


def parse_inbound(body: bytes, secret: SecretStr) -> Batch[InboundText]:
    """The text of a push. Raises UnreadableWebhookError for what is no array or object."""
    return read_batch(body, lambda element: _inbound(element, secret))


def replies_of(rows: Sequence[Mapping[str, object]], secret: SecretStr) -> tuple[InboundText, ...]:
    """The texts a number's list shows, oldest first, each as its push would be read.

    It says the same as a push under other names, so that either is a copy of the other. Fetched by
    our own call, it is Tencent's word; but which text it answers it does not say either, so no more
    is done with it. A row that is no text of a telephone's is left out.
    """
    found = []
    for row in rows:
        element = {here: row.get(there) for here, there in _AS_PUSHED.items()}
        with suppress(ValueError):
            found.append(_inbound(element, secret))
    return tuple(sorted(found, key=lambda one: one.received_at or _NEVER))


def _receipt(element: Mapping[str, object]) -> DeliveryReceipt:
    said = text_of(element, "report_status")
    status = _STATES.get(said)
    failed = status is MessageState.undelivered
    return DeliveryReceipt(
        provider_id=text_of(element, "sid"),
        message_id=our_id(element.get("ext")),
        status=status,
        provider_status=said,
        error_code=text_of(element, "errmsg") if failed else None,
    )


def _inbound(element: Mapping[str, object], secret: SecretStr) -> InboundText:
    if text_of(element, "nationcode") != "86":
        raise ValueError("nationcode")
    number = international(text_of(element, "mobile"))
    text, sent_at = element.get("text"), element.get("time")
    if not isinstance(text, str) or not isinstance(sent_at, int) or isinstance(sent_at, bool):
        raise ValueError("text")
    named = (element.get("extend"), element.get("sign"))
    routes = tuple(one for one in named if isinstance(one, str) and one)
    return InboundText(
        provider_id=fingerprint(secret, number, text, str(sent_at), *routes),
        our_address=None,
        their_address=number,
        body=text,
        received_at=_instant(sent_at),
        routes=routes,
        proof="unsigned",
    )


def _instant(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError):
        raise ValueError("time") from None
