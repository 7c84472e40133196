"""Key rings: named 256-bit keys, the first of which is used for everything new.

A ring is written `id1:BASE64,id2:BASE64`. To rotate, put a new key first and keep the old ones
until nothing names them any more. No message, repr or traceback line of this module shows a key.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pro_service.domain.errors import ProServiceError

KEY_BYTES: Final = 32
_KEY_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,32}\Z")


class VaultKeyError(ProServiceError):
    """A vault key is missing or malformed."""


class KeyRing:
    """An ordered set of named keys; `primary` serves what is new, all serve what exists."""

    __slots__ = ("_keys", "primary")

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        """Keep `keys` in their order; the first is primary. Raises VaultKeyError."""
        if not keys:
            raise VaultKeyError("A key ring is empty.", mend="Give it as ID:BASE64[,ID:BASE64].")
        for place, (key_id, key) in enumerate(keys.items(), start=1):
            if not _KEY_ID.match(key_id):
                # The id is not echoed: a key pasted in its place would land in a log.
                raise VaultKeyError(
                    f"The id of key {place} is not valid.",
                    mend="Use 1 to 32 letters, digits, '_' or '-', then ':' and the key.",
                )
            if len(key) != KEY_BYTES:
                raise VaultKeyError(
                    f"Key {place} has {len(key)} bytes instead of {KEY_BYTES}.",
                    mend=f"Make one of {KEY_BYTES} random bytes and write it in base64.",
                )
        self._keys = dict(keys)
        self.primary: Final = next(iter(self._keys))

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        """Read `id1:BASE64,id2:BASE64`. Raises VaultKeyError, which never repeats the text."""
        keys: dict[str, bytes] = {}
        for place, part in enumerate(text.split(","), start=1):
            key_id, colon, encoded = part.strip().partition(":")
            if not colon:
                raise VaultKeyError(
                    f"Key {place} is not written as ID:BASE64.",
                    mend="Separate the id from the key by ':' and one key from the next by ','.",
                )
            if key_id in keys:
                raise VaultKeyError(
                    f"The id of key {place} occurs twice.", mend="Give every key its own id."
                )
            try:
                keys[key_id] = base64.b64decode(encoded.strip(), validate=True)
            except (binascii.Error, ValueError):
                raise VaultKeyError(
                    f"Key {place} is not valid base64.",
                    mend="Copy it whole, with its padding.",
                ) from None
        return cls(keys)

    @classmethod
    def generate(cls, key_id: str = "k1") -> KeyRing:
        """A ring of one fresh random key."""
        return cls({key_id: secrets.token_bytes(KEY_BYTES)})

    def reveal(self) -> str:
        """The ring as `parse` reads it. It is the secret itself: write it to a protected file."""
        return ",".join(
            f"{key_id}:{base64.b64encode(key).decode('ascii')}"
            for key_id, key in self._keys.items()
        )

    @property
    def keys(self) -> Mapping[str, bytes]:
        """Every key by id, the primary one first."""
        return MappingProxyType(self._keys)

    def key(self, key_id: str) -> bytes:
        """The key of that id. Raises VaultKeyError if the ring does not have it."""
        try:
            return self._keys[key_id]
        except KeyError:
            raise VaultKeyError(
                f"No key with the id {key_id!r} is in the ring.",
                mend="Put the retired key back behind the primary one.",
            ) from None

    def __repr__(self) -> str:
        """The ids only."""
        return f"KeyRing(ids={list(self._keys)})"
