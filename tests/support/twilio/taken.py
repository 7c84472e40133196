"""A message as the stand-in for Twilio has it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

ACCOUNT: Final = "AC" + "a" * 32


@dataclass
class Taken:
    """A message the fake has: one it accepted, a reply in TwiML, or one from a phone."""

    sid: str
    direction: str
    to: str
    from_: str
    body: str
    service: str | None = None
    callback: str | None = None
    validity: int | None = None
    status: str = "queued"
    error_code: int | None = None
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def reference(self) -> str | None:
        """Our message id in the callback's address."""
        found = parse_qs(urlsplit(self.callback or "").query).get("message")
        return found[0] if found else None

    def as_json(self) -> dict[str, Any]:
        """The message as the API returns it; what is queued has no `date_sent`."""
        made = format_datetime(self.created_at)
        return {
            "account_sid": ACCOUNT,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": made,
            "date_sent": None if self.status in ("queued", "accepted") else made,
            "date_updated": made,
            "direction": self.direction,
            "error_code": self.error_code,
            "error_message": None,
            "from": self.from_,
            "messaging_service_sid": self.service,
            "num_media": "0",
            "num_segments": "0" if self.service else "1",
            "price": None,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {},
            "to": self.to,
            "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{self.sid}.json",
        }
