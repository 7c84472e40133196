"""The vault: seals identities, finds them blindly, makes link tokens.

Three rings with three purposes: `master` wraps the data keys (one per participant), `index` keys
the blind index of addresses, `link` keys the tokens of invitations.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from time import monotonic
from typing import Final, NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from uuid_utils import compat

from pro_service.domain.delivery.addresses import Address, index_input
from pro_service.domain.errors import ProServiceError
from pro_service.vault.keys import KEY_BYTES, KeyRing

ALGORITHM: Final = "A256GCM"
_NONCE_BYTES: Final = 12
KEY_LASTS: Final = 900.0
"""Seconds (machine time) after which a key is not used unless it was read from its row again: one
that was destroyed opens nothing any more then, in whatever process."""
TAIL_DIGITS: Final = 4
"""Of a telephone number: people know its last four."""
_TOKEN_BYTES: Final = 16


class SealBrokenError(ProServiceError):
    """A sealed value could not be opened: it was altered, moved, or its key is another."""


class DataKeyMissingError(ProServiceError):
    """A data key was used before it was admitted to the vault."""


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key as it is stored: encrypted under the master key named `wrapping_key`."""

    id: UUID
    wrapped: bytes = field(repr=False)
    wrapping_key: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """A value as it is stored: nonce and ciphertext, and beside it `A256GCM:<data key id>`."""

    ciphertext: bytes = field(repr=False)
    key: str


class _Opened(NamedTuple):
    """A data key open in memory, ready to seal, and when its row was read last (machine time)."""

    cipher: AESGCM
    at: float

    def __repr__(self) -> str:
        """Nothing of it."""
        return "_Opened()"


class Vault:
    """Seals and opens values; keeps the most recently used data keys open in memory.

    `capacity` bounds how many. A caller that seals or opens for more participants than that at
    once admits each key just before use.
    """

    def __init__(
        self, master: KeyRing, index: KeyRing, link: KeyRing, *, capacity: int = 20_000
    ) -> None:
        """Keep the three rings; no key is derived or opened yet."""
        self._master = master
        self._index = index
        self._link = link
        self._capacity = capacity
        # A cipher made ready takes 2.5 kB, and as long to make as one value to seal.
        self._open: OrderedDict[UUID, _Opened] = OrderedDict()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        """The rings' ids only."""
        return f"Vault(master={self._master!r}, index={self._index!r}, link={self._link!r})"

    def new_data_key(self) -> WrappedKey:
        """A fresh data key, wrapped for storage and already admitted."""
        key_id: UUID = compat.uuid7()
        plain = os.urandom(KEY_BYTES)
        nonce = os.urandom(_NONCE_BYTES)
        master = AESGCM(self._master.key(self._master.primary))
        wrapped = nonce + master.encrypt(nonce, plain, _bound("data key", key_id.hex))
        self._keep(key_id, plain)
        return WrappedKey(key_id, wrapped, self._master.primary)

    def admit(self, key: WrappedKey) -> None:
        """Open a stored data key for use. Raises SealBrokenError, VaultKeyError."""
        with self._lock:
            known = self._open.get(key.id)
            if known is not None:
                self._open[key.id] = _Opened(known.cipher, monotonic())
                self._open.move_to_end(key.id)
                return
        master = AESGCM(self._master.key(key.wrapping_key))
        plain = _decrypt(master, key.wrapped, _bound("data key", key.id.hex))
        self._keep(key.id, plain)

    def rewrap(self, key: WrappedKey) -> WrappedKey:
        """The same data key under the primary master key: rotation touches no sealed value."""
        bound = _bound("data key", key.id.hex)
        plain = _decrypt(AESGCM(self._master.key(key.wrapping_key)), key.wrapped, bound)
        nonce = os.urandom(_NONCE_BYTES)
        primary = AESGCM(self._master.key(self._master.primary))
        return WrappedKey(
            key.id, nonce + primary.encrypt(nonce, plain, bound), self._master.primary
        )

    def holds(self, data_key: UUID) -> bool:
        """Whether a data key is open in memory, and will be for the next minutes."""
        with self._lock:
            known = self._open.get(data_key)
            return known is not None and monotonic() - known.at < KEY_LASTS / 2

    def forget(self, data_key: UUID) -> None:
        """Drop an open data key from memory; with its row gone too, its values are lost."""
        with self._lock:
            self._open.pop(data_key, None)

    def seal(self, text: str, *, data_key: UUID, table: str, column: str, row_id: UUID) -> Sealed:
        """Encrypt `text` for exactly one place. Raises DataKeyMissingError."""
        nonce = os.urandom(_NONCE_BYTES)
        cipher = self._cipher(data_key)
        bound = _bound(table, column, row_id.hex)
        return Sealed(
            nonce + cipher.encrypt(nonce, text.encode("utf-8"), bound), f"{ALGORITHM}:{data_key}"
        )

    def unseal(self, ciphertext: bytes, *, key: str, table: str, column: str, row_id: UUID) -> str:
        """The text sealed at that place. Raises SealBrokenError, DataKeyMissingError."""
        cipher = self._cipher(data_key_of(key))
        return _decrypt(cipher, ciphertext, _bound(table, column, row_id.hex)).decode("utf-8")

    @property
    def index_key_id(self) -> str:
        """The id of the key under which `blind_index` works."""
        return self._index.primary

    @property
    def link_key_id(self) -> str:
        """The id of the key under which new link tokens are made."""
        return self._link.primary

    def blind_index(self, address: Address) -> bytes:
        """HMAC-SHA-256 of an address under the primary index key.

        A telephone's is of the bare number, as it was before there were other kinds.
        """
        return _index(self._index.key(self._index.primary), address)

    def blind_indexes(self, address: Address) -> list[tuple[str, bytes]]:
        """(key id, index) under every index key, the primary first: look-ups during rotation."""
        return [(key_id, _index(key, address)) for key_id, key in self._index.keys.items()]

    def tail_index(self, address: Address, *, key_id: str | None = None) -> bytes | None:
        """What a telephone is found by its last four digits with; None for every other address.

        Under the index key (`key_id`: one of before it was rotated), for another purpose than
        `blind_index`: neither tells anything of the other.
        """
        if address.kind != "phone":
            return None
        key = self._index.key(key_id or self._index.primary)
        return _tail(key, address.value[-TAIL_DIGITS:])

    def tail_indexes(self, digits: str) -> list[bytes]:
        """What four digits are found by, under every index key."""
        return [_tail(key, digits) for key in self._index.keys.values()]

    def link_token(self, invitation_id: UUID, *, key_id: str | None = None) -> str:
        """The token of an invitation: 26 characters of base32, made again whenever needed.

        `key_id` names the key of an invitation made before the link key was rotated.
        """
        key = self._link.key(key_id or self._link.primary)
        digest = hmac.digest(key, invitation_id.bytes, "sha256")[:_TOKEN_BYTES]
        return base64.b32encode(digest).decode("ascii").rstrip("=").lower()

    def device_mark(self, sitting_id: UUID, given: bytes) -> str:
        """What proves that we told a device it gave these answers of a sitting: 16 characters.

        Under the link key, for another purpose than a link's token; nothing of it is stored.
        """
        key = self._link.key(self._link.primary)
        bound = _bound("device", sitting_id.hex, given.hex())
        return base64.urlsafe_b64encode(hmac.digest(key, bound, "sha256")[:12]).decode("ascii")

    def letter_token(self, message_id: UUID) -> str:
        """What a letter's own addresses say to stop e-mails or prove an address: 52 characters.

        The message's id and our mark on it, in base32; nothing of it is stored.
        """
        return _letter_token(self._link.key(self._link.primary), message_id)

    def read_letter_token(self, token: str) -> UUID | None:
        """The message of such a token, under any link key; None for what is none of ours.

        Base32's last letter has bits that no byte fills: only the spelling we give is a token.
        """
        try:
            typed = token.encode("ascii").lower()
            given = base64.b32decode(typed.upper() + b"=" * (-len(typed) % 8))
        except ValueError:
            return None
        if len(given) != 2 * _TOKEN_BYTES:
            return None
        message_id = UUID(bytes=given[:_TOKEN_BYTES])
        ours = [_letter_token(key, message_id).encode() for key in self._link.keys.values()]
        known = [hmac.compare_digest(typed, one) for one in ours]
        return message_id if any(known) else None

    def token_hash(self, token: str) -> bytes:
        """SHA-256 of a token as typed or followed; case and spaces do not matter."""
        return token_hash(token)

    def _keep(self, key_id: UUID, plain: bytes) -> None:
        with self._lock:
            self._open[key_id] = _Opened(AESGCM(plain), monotonic())
            self._open.move_to_end(key_id)
            while len(self._open) > self._capacity:
                self._open.popitem(last=False)

    def _cipher(self, key_id: UUID) -> AESGCM:
        with self._lock:
            known = self._open.get(key_id)
            if known is None or monotonic() - known.at >= KEY_LASTS:
                self._open.pop(key_id, None)
                raise DataKeyMissingError(f"Data key {key_id} has not been admitted to the vault.")
            self._open.move_to_end(key_id)
            return known.cipher


def _letter_token(key: bytes, message_id: UUID) -> str:
    mark = hmac.digest(key, _bound("letter", message_id.hex), "sha256")[:_TOKEN_BYTES]
    return base64.b32encode(message_id.bytes + mark).decode("ascii").rstrip("=").lower()


def token_hash(token: str) -> bytes:
    """SHA-256 of a link token, whatever is sent as one; case and spaces do not matter."""
    # Bytes that are no text come decoded with surrogates.
    return hashlib.sha256("".join(token.split()).lower().encode("utf-8", "surrogatepass")).digest()


def data_key_of(key: str) -> UUID:
    """The data key id in a stored `A256GCM:<id>`. Raises SealBrokenError for any other text."""
    algorithm, _, key_id = key.partition(":")
    if algorithm != ALGORITHM:
        raise SealBrokenError("A sealed value names an algorithm this vault does not know.")
    try:
        return UUID(key_id)
    except ValueError:
        raise SealBrokenError("A sealed value does not name its data key.") from None


def _bound(*parts: str) -> bytes:
    """Associated data: every part with its length before it, so that no two lists look alike."""
    encoded = [part.encode("utf-8") for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def _decrypt(cipher: AESGCM, sealed: bytes, bound: bytes) -> bytes:
    if len(sealed) <= _NONCE_BYTES:
        raise SealBrokenError
    try:
        return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound)
    except InvalidTag:
        raise SealBrokenError from None


def _tail(key: bytes, digits: str) -> bytes:
    return hmac.digest(key, _bound("tail of a number", digits), "sha256")


def _index(key: bytes, address: Address) -> bytes:
    return hmac.digest(key, index_input(address).encode("utf-8"), "sha256")
