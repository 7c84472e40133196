"""What a seal of the audit says, and the text its signature is over.

A seal covers audit entries in the order of their transactions. Its hash is SHA-256 over the hash
of the seal before and the SHA-256 of each entry's text; its signature is over a text that names
every field.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from pro_service.domain.errors import ProServiceError

SIGNED_FORMAT: Final = 2
"""Seals of format 1 were not signed; their hash is the first input of the signed chain."""
TITLE: Final = "pro_service audit seal, format 2"


class UnreadableSealError(ProServiceError):
    """This is not a seal of an audit."""


@dataclass(frozen=True)
class SealContent:
    """What a seal is over: entries of one generation, by a range of transactions.

    `sealed_at` is machine time, UTC. `first_xact_id` belongs to the range, `below_xact_id` does
    not.
    """

    id: int
    sealed_at: datetime
    generation: int
    after_entry_id: int
    first_xact_id: str
    below_xact_id: str
    entry_count: int
    previous_sha256: bytes
    sha256: bytes

    def text(self, key_id: str) -> str:
        """What is signed with the key of this id: a line a field, in this order."""
        return "\n".join(
            (
                TITLE,
                f"seal: {self.id}",
                f"sealed_at: {self.sealed_at.astimezone(UTC).isoformat(timespec='microseconds')}",
                f"generation: {self.generation}",
                f"after_entry_id: {self.after_entry_id}",
                f"first_xact_id: {self.first_xact_id}",
                f"below_xact_id: {self.below_xact_id}",
                f"entry_count: {self.entry_count}",
                f"previous_sha256: {self.previous_sha256.hex()}",
                f"sha256: {self.sha256.hex()}",
                f"key_id: {key_id}",
                "",
            )
        )


@dataclass(frozen=True)
class Seal:
    """A stored seal; one of format 1 has neither key nor signature."""

    content: SealContent
    format: int
    key_id: str | None
    signature: bytes | None

    def as_json(self) -> str:
        """One line that says all of it."""
        content = self.content
        return json.dumps(
            {
                "seal": content.id,
                "format": self.format,
                "sealed_at": content.sealed_at.astimezone(UTC).isoformat(timespec="microseconds"),
                "generation": content.generation,
                "after_entry_id": content.after_entry_id,
                "first_xact_id": content.first_xact_id,
                "below_xact_id": content.below_xact_id,
                "entry_count": content.entry_count,
                "previous_sha256": content.previous_sha256.hex(),
                "sha256": content.sha256.hex(),
                "key_id": self.key_id,
                "signature": None if self.signature is None else self.signature.hex(),
            }
        )


def read_seal(line: str) -> Seal:
    """The seal that `Seal.as_json` wrote. Raises UnreadableSealError."""
    try:
        said = json.loads(line)
        content = SealContent(
            id=int(said["seal"]),
            sealed_at=datetime.fromisoformat(said["sealed_at"]),
            generation=int(said["generation"]),
            after_entry_id=int(said["after_entry_id"]),
            first_xact_id=str(said["first_xact_id"]),
            below_xact_id=str(said["below_xact_id"]),
            entry_count=int(said["entry_count"]),
            previous_sha256=bytes.fromhex(said["previous_sha256"]),
            sha256=bytes.fromhex(said["sha256"]),
        )
        signature = None if said["signature"] is None else bytes.fromhex(said["signature"])
        key_id = None if said["key_id"] is None else str(said["key_id"])
        return Seal(content, int(said["format"]), key_id, signature)
    except (KeyError, TypeError, ValueError):
        raise UnreadableSealError from None
