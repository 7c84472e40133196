"""The participants' own book: every answer they sent, in the order in which they sent it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from pro_service.domain.instruments.numbers import Value


@dataclass(frozen=True)
class SentAnswer:
    """One answer that was acknowledged: a value, or a kind of gap.

    By text a participant knows instrument and target from the question's words; on a page, the
    page's own hidden field says which assessment it was.
    """

    code: str
    way: Literal["text", "link"]
    item: str
    value: Value | None
    gap: str | None
    instrument: str = ""
    target: str = ""
    assessment_id: UUID | None = None


@dataclass
class Ledger:
    """What all participants sent and the service acknowledged, and what it said came too late."""

    sent: list[SentAnswer] = field(default_factory=list)
    too_late: int = 0
    texts: int = 0
    """Texts sent by phones, answers or not."""
