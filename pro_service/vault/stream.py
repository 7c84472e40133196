"""A long stream in sealed chunks: none can be altered, cut off, swapped or left out unseen.

A first line says how it is sealed; then chunks follow, each bound to that line, to its place and to
whether it is the last. Under a key they are AES-256-GCM, with a key made for this stream alone
(HKDF-SHA-256 of the ring's key and a fresh salt), so that the chunk's number may be the nonce.
Without a key each carries a SHA-256, which finds damage but no forger. A chunk at a time is in
memory.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pro_service.domain.errors import ProServiceError
from pro_service.vault.keys import KEY_BYTES, KeyRing

CHUNK_BYTES: Final = 1024 * 1024
FORMAT: Final = "pro-service stream 1"
_LONGEST_HEADER: Final = 1000
_SALT_BYTES: Final = 32
_DIGEST_BYTES: Final = 32
_FRAME_BYTES: Final = 5  # one that says whether it is the last chunk, four of its length


class StreamBrokenError(ProServiceError):
    """The file is not whole: it was cut, altered or put together from others."""


class StreamKeyError(ProServiceError):
    """The file cannot be opened without its key."""


class _Sealer:
    """Seals and opens chunks of one stream by their place in it."""

    def __init__(self, header: bytes, key: bytes | None, salt: bytes) -> None:
        self._header = hashlib.sha256(header).digest()
        self._cipher: AESGCM | None = None
        if key is not None:
            derived = HKDF(SHA256(), KEY_BYTES, salt, FORMAT.encode("ascii")).derive(key)
            self._cipher = AESGCM(derived)

    def seal(self, number: int, last: bool, chunk: bytes) -> bytes:
        bound = self._bound(number, last)
        if self._cipher is None:
            return chunk + hashlib.sha256(bound + chunk).digest()
        return self._cipher.encrypt(number.to_bytes(12, "big"), chunk, bound)

    def open(self, number: int, last: bool, sealed: bytes) -> bytes:
        """The chunk; StreamBrokenError where it is not the one sealed for this place."""
        bound = self._bound(number, last)
        if self._cipher is None:
            chunk, digest = sealed[:-_DIGEST_BYTES], sealed[-_DIGEST_BYTES:]
            if not hmac.compare_digest(digest, hashlib.sha256(bound + chunk).digest()):
                raise StreamBrokenError(f"Chunk {number + 1} of the file was altered or moved.")
            return chunk
        try:
            return self._cipher.decrypt(number.to_bytes(12, "big"), sealed, bound)
        except InvalidTag:
            raise StreamBrokenError(
                f"Chunk {number + 1} of the file cannot be opened: it was altered or moved, or the"
                " key of that name is another one."
            ) from None

    def _bound(self, number: int, last: bool) -> bytes:
        return self._header + number.to_bytes(8, "big") + bytes([last])


class StreamWriter:
    """Writes a stream into a file, sealed under a ring's primary key (None: digests alone)."""

    def __init__(self, file: BinaryIO, ring: KeyRing | None) -> None:
        """Write the first line."""
        salt = os.urandom(_SALT_BYTES)
        key_id = None if ring is None else ring.primary
        header = {"format": FORMAT, "key": key_id, "salt": salt.hex()}
        line = json.dumps(header).encode("ascii") + b"\n"
        file.write(line)
        self._file = file
        self._sealer = _Sealer(line, None if ring is None else ring.key(ring.primary), salt)
        self._pending = bytearray()
        self._number = 0

    def write(self, data: bytes) -> None:
        """Add to the stream."""
        self._pending += data
        while len(self._pending) > CHUNK_BYTES:
            self._put(bytes(self._pending[:CHUNK_BYTES]), last=False)
            del self._pending[:CHUNK_BYTES]

    def finish(self) -> None:
        """Write the last chunk."""
        self._put(bytes(self._pending), last=True)

    def _put(self, chunk: bytes, *, last: bool) -> None:
        sealed = self._sealer.seal(self._number, last, chunk)
        self._file.write(bytes([last]) + len(sealed).to_bytes(4, "big") + sealed)
        self._number += 1


def read_stream(file: BinaryIO, ring: KeyRing | None) -> Iterator[bytes]:
    """The stream's chunks, each checked before it is handed on.

    Raises StreamBrokenError, StreamKeyError, VaultKeyError.
    """
    line = file.readline(_LONGEST_HEADER)
    try:
        header = json.loads(line)
        key_id, salt = header["key"], bytes.fromhex(header["salt"])
        known = header["format"] == FORMAT
    except (ValueError, KeyError, TypeError):
        known = False
    if not known:
        raise StreamBrokenError("The file is no backup of this service, or its beginning is lost.")
    if key_id is not None and ring is None:
        raise StreamKeyError(
            f"The backup is encrypted under the key {key_id!r}, and no ring is set.",
            mend="Set PRO_BACKUP_KEYS to the ring it was made with.",
        )
    key = None if key_id is None or ring is None else ring.key(str(key_id))
    sealer = _Sealer(line, key, salt)
    number, last = 0, False
    while not last:
        frame = _exactly(file, _FRAME_BYTES)
        last = bool(frame[0])
        length = int.from_bytes(frame[1:], "big")
        if frame[0] > 1 or length > CHUNK_BYTES + _DIGEST_BYTES:
            raise StreamBrokenError(f"Chunk {number + 1} of the file was altered.")
        yield sealer.open(number, last, _exactly(file, length))
        number += 1
    if file.read(1):
        raise StreamBrokenError("The file goes on after its end.")


def _exactly(file: BinaryIO, length: int) -> bytes:
    found = file.read(length)
    if len(found) < length:
        raise StreamBrokenError("The file was cut: its end is missing.")
    return found
