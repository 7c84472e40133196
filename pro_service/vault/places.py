"""Where sealed values are stored. The place is bound into the seal: a value opens nowhere else.

Renaming a table or column here would leave every value sealed before unreadable.
"""

from __future__ import annotations

from typing import Final, NamedTuple
from uuid import UUID

from pro_service.vault.vault import Sealed, Vault


class SealedColumn(NamedTuple):
    """A column of sealed values; the row's id is bound in too."""

    table: str
    column: str

    def seal(self, vault: Vault, text: str, *, data_key: UUID, row_id: UUID) -> Sealed:
        """Encrypt a row's value under a data key. Raises DataKeyMissingError."""
        return vault.seal(
            text, data_key=data_key, table=self.table, column=self.column, row_id=row_id
        )

    def open(self, vault: Vault, ciphertext: bytes, *, key: str, row_id: UUID) -> str:
        """A row's value in the clear. Raises SealBrokenError, DataKeyMissingError."""
        return vault.unseal(
            ciphertext, key=key, table=self.table, column=self.column, row_id=row_id
        )


NUMBER: Final = SealedColumn("contact_points", "address")
"""A participant's telephone number."""
LINE_ADDRESS: Final = SealedColumn("lines", "their_address")
"""The number at the other end of a line, under the study's key."""
MESSAGE_BODY: Final = SealedColumn("messages", "body")
MESSAGE_PARAMETERS: Final = SealedColumn("messages", "parameters")
"""What fills a registered template, under the key of the message's body."""
INBOUND_BODY: Final = SealedColumn("inbounds", "body")
TYPED_ANSWER: Final = SealedColumn("responses", "raw")
IDENTITY: Final = SealedColumn("identities", "value")
"""What is known of a person beside their number, such as the year of birth."""
WORDS: Final = SealedColumn("notes", "words")
"""What staff wrote about a participant."""
ALLOCATION: Final = SealedColumn("allocations", "arm")
"""Who was given what, padded, under the study's key."""
STAFF_ADDRESS: Final = SealedColumn("staff_addresses", "address")
"""Where a member of staff is told of urgent matters, under the study's key."""
PUSH_BODY: Final = SealedColumn("provider_pushes", "body")
"""A provider's push as it came, byte for byte, under the study's key."""
FACTOR_SECRET: Final = SealedColumn("person_factors", "secret")
"""What a member of staff's telephone makes codes of, under the key of a study of theirs."""
WEBHOOK_SECRET: Final = SealedColumn("webhooks", "secret")
"""What signs a webhook, under the study's key."""
