"""The key that signs the audit's seals: Ed25519, never given to the database.

A ring is written as the other rings are, `id:BASE64[,id:BASE64]`, of private keys; the first signs.
A public key is written in the same form and is no secret: it belongs into the binder. A key's id is
made from the public key, so that two keys never share one.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pro_service.vault.keys import KeyRing

ID_LETTERS: Final = 8


class Signature(NamedTuple):
    """64 bytes, and the id of the key that made them."""

    key_id: str
    value: bytes


class PublicKeys:
    """Public keys by their ids: what verifies, and is no secret."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        """Keep raw Ed25519 public keys of 32 bytes by id. Raises VaultKeyError."""
        self._ring = KeyRing(keys)
        self._keys = {
            key_id: Ed25519PublicKey.from_public_bytes(raw) for key_id, raw in keys.items()
        }

    @classmethod
    def parse(cls, text: str) -> PublicKeys:
        """Read `id:BASE64`, several parted by commas or lines. Raises VaultKeyError."""
        return cls(KeyRing.parse(",".join(text.replace(",", " ").split())).keys)

    def knows(self, key_id: str) -> bool:
        """Whether the key of this id is among them."""
        return key_id in self._keys

    def verifies(self, text: str, signature: Signature) -> bool:
        """Whether the signature is over this text, by the key it names; False for one unknown."""
        key = self._keys.get(signature.key_id)
        if key is None:
            return False
        try:
            key.verify(signature.value, text.encode("utf-8"))
        except InvalidSignature:
            return False
        return True

    def __str__(self) -> str:
        """As `parse` reads them, a line each."""
        return "\n".join(
            f"{key_id}:{base64.b64encode(raw).decode('ascii')}"
            for key_id, raw in self._ring.keys.items()
        )


class SigningRing:
    """Private keys, the first of which signs; the others are kept for their public halves."""

    def __init__(self, ring: KeyRing) -> None:
        """Keep the private keys of the ring."""
        self._ring = ring
        self._signer = Ed25519PrivateKey.from_private_bytes(ring.key(ring.primary))
        self.public: Final = PublicKeys(
            {
                key_id: Ed25519PrivateKey.from_private_bytes(raw).public_key().public_bytes_raw()
                for key_id, raw in ring.keys.items()
            }
        )

    @classmethod
    def parse(cls, text: str) -> SigningRing:
        """Read `id:BASE64[,id:BASE64]`. Raises VaultKeyError, which never repeats the text."""
        return cls(KeyRing.parse(text))

    @classmethod
    def generate(cls) -> SigningRing:
        """A ring of one fresh key."""
        private = Ed25519PrivateKey.generate()
        fingerprint = hashlib.sha256(private.public_key().public_bytes_raw()).hexdigest()
        return cls(KeyRing({f"seal-{fingerprint[:ID_LETTERS]}": private.private_bytes_raw()}))

    def reveal(self) -> str:
        """The ring as `parse` reads it. It is the secret itself."""
        return self._ring.reveal()

    @property
    def key_id(self) -> str:
        """The id of the key that signs."""
        return self._ring.primary

    def sign(self, text: str) -> Signature:
        """Sign a text, which should name `key_id`, with the first key."""
        return Signature(self.key_id, self._signer.sign(text.encode("utf-8")))

    def __repr__(self) -> str:
        """The ids only."""
        return f"SigningRing({self._ring!r})"
