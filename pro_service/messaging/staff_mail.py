"""What services know of mail to staff: one letter, and how handing it over may end.

No address and no word shows in a repr, a message or a log line.
"""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from pydantic import Field

from pro_service.domain.record import Record
from pro_service.messaging.gateway import GatewayError


class StaffLetter(Record):
    """One letter to one member of staff. `letter_id` is ours; a second letter has another."""

    letter_id: UUID
    to: str = Field(repr=False)
    title: str
    body: str = Field(repr=False)


class LetterRefusedError(GatewayError):
    """The mail server refused the letter for good: it was certainly not sent."""


class StaffMail(Protocol):
    """Mail to staff. Every call is bounded in time by the implementation itself."""

    async def send(self, letter: StaffLetter) -> None:
        """Hand over one letter.

        Raises NotAcceptedError and LetterRefusedError where it was certainly not taken, and
        AmbiguousError where it may have been.
        """
        ...
