"""What Aliyun Dysms pushes: receipts (SmsReport) and texts (SmsUp), each a JSON array. No I/O.

Nothing in a push is signed, and no list of the addresses it comes from is published: who knows the
secret in our address may push, and a copy is told by what it names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import SecretStr

from pro_service.domain.delivery.states import MessageState
from pro_service.messaging.aliyun import wire
from pro_service.messaging.batches import fingerprint, our_id, read_batch
from pro_service.messaging.china import instant, international, text_of
from pro_service.messaging.gateway import Batch, DeliveryReceipt, InboundText, ReplyBody

RECEIVED: Final = ReplyBody(content_type="application/json", body='{"code":0,"msg":"OK"}')
"""What a push is acknowledged with: status 200, and the code a number."""


def parse_receipts(body: bytes) -> Batch[DeliveryReceipt]:
    """The receipts of a push. Raises UnreadableWebhookError for what is no array."""
    return read_batch(body, _receipt)


def parse_inbound(body: bytes, secret: SecretStr) -> Batch[InboundText]:
    """The texts of a push. Raises UnreadableWebhookError for what is no array."""
    return read_batch(body, lambda element: _inbound(element, secret))


def _receipt(element: Mapping[str, object]) -> DeliveryReceipt:
    success, code = element.get("success"), element.get("err_code")
    if not isinstance(success, bool):
        raise ValueError("success")
    status = MessageState.delivered if success else MessageState.undelivered
    error = None if success else text_of(element, "err_code")
    return DeliveryReceipt(
        provider_id=text_of(element, "biz_id"),
        message_id=our_id(element.get("out_id")),
        status=status,
        provider_status=str(code) if isinstance(code, str) and code else str(status),
        error_code=error,
        effect=None if error is None else wire.effect_of(error),
    )


def _inbound(element: Mapping[str, object], secret: SecretStr) -> InboundText:
    number = international(text_of(element, "phone_number"))
    content = element.get("content")
    if not isinstance(content, str):
        raise ValueError("content")
    named = (element.get("dest_code"), element.get("sign_name"))
    return InboundText(
        provider_id=fingerprint(secret, number, text_of(element, "sequence_id")),
        our_address=None,
        their_address=number,
        body=content,
        received_at=instant(text_of(element, "send_time")),
        routes=tuple(one for one in named if isinstance(one, str) and one),
        proof="unsigned",
    )
