"""Sealing: the database says what the next seal is over, we sign it, the database stores it."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from pro_service.domain.seals import SIGNED_FORMAT, Seal
from pro_service.services.record.heads import append_head
from pro_service.store.connection import Connection
from pro_service.store.record import seals
from pro_service.vault.signing import SigningRing

log = logging.getLogger("pro_service.record")


@dataclass(frozen=True)
class Sealer:
    """What sealing takes: the private keys, and the file each new head is written to, if any."""

    keys: SigningRing
    heads: Path | None = None


async def seal(connection: Connection, sealer: Sealer) -> int:
    """Seal the entries no running transaction can precede; how many.

    0: there were none, or another worker was quicker. The head is logged and written out
    afterwards; a file that cannot be written is logged as an error, and sealing goes on: the next
    head stands for the seals before it too.
    """
    content = await seals.get_next_seal(connection)
    if content is None:
        return 0
    signed = sealer.keys.sign(content.text(sealer.keys.key_id))
    head = Seal(content, SIGNED_FORMAT, signed.key_id, signed.value)
    if not await seals.record_seal(connection, head):
        return 0
    log.info("audit_sealed", extra=_said(head))
    if sealer.heads is not None:
        try:
            await asyncio.to_thread(append_head, sealer.heads, head)
        except OSError as error:
            log.error("seal_head_not_written", extra={"error": type(error).__name__})
    return content.entry_count


def _said(head: Seal) -> dict[str, object]:
    content = head.content
    return {
        "seal": content.id,
        "generation": content.generation,
        "count": content.entry_count,
        "sha256": content.sha256.hex(),
        "key_id": head.key_id,
        "signature": None if head.signature is None else head.signature.hex(),
        "sealed_at": content.sealed_at.astimezone(UTC).isoformat(timespec="microseconds"),
    }
