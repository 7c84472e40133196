"""A provider of tests that keeps what it was handed, and fails as it is told."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from typing import NoReturn
from uuid import UUID

from pro_service.messaging.gateway import (
    Accepted,
    AmbiguousError,
    Batch,
    DeliveryReceipt,
    Found,
    InboundText,
    NotAcceptedError,
    OutboundText,
    ReplyBody,
    WebhookRequest,
)


class RecordingGateway:
    """Takes every text but those whose `fates` say otherwise, first come first served."""

    def __init__(self, name: str) -> None:
        """Nothing was handed over."""
        self.name = name
        self.sent: list[OutboundText] = []
        self.looked_for: list[OutboundText] = []
        self.fates: deque[str] = deque()
        """`no`: certainly not taken; `lost`: taken, and the call broke off."""
        self._taken: set[UUID] = set()

    async def send(self, text: OutboundText) -> Accepted:
        """See Gateway."""
        self.sent.append(text)
        fate = self.fates.popleft() if self.fates else "ok"
        if fate == "no":
            raise NotAcceptedError
        self._taken.add(text.message_id)
        if fate == "lost":
            raise AmbiguousError
        return Accepted(provider_id=f"{self.name}-{text.message_id}")

    async def find(
        self, text: OutboundText, *, earliest: datetime, latest: datetime | None
    ) -> tuple[Found, ...]:
        """See Gateway."""
        self.looked_for.append(text)
        if text.message_id not in self._taken:
            return ()
        return (Found(provider_id=f"{self.name}-{text.message_id}"),)

    def parse_inbound(self, request: WebhookRequest) -> Batch[InboundText]:
        """Nothing comes in."""
        self._nothing(request)

    def parse_receipts(self, request: WebhookRequest) -> Batch[DeliveryReceipt]:
        """Nothing comes in."""
        self._nothing(request)

    def reply(self, text: str | None, status_callback: str | None = None) -> ReplyBody:
        """It answers no webhook with words."""
        return ReplyBody(content_type="application/json", body="{}")

    async def close(self) -> None:
        """Nothing is open."""

    @staticmethod
    def _nothing(request: WebhookRequest) -> NoReturn:
        raise AssertionError(f"nothing comes in here: {request}")
