"""A passkey's device in software: makes a key pair, and signs as a security key does."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import struct
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@dataclass
class Device:
    """One device with one key, at an origin."""

    origin: str
    rp_id: str
    counter: int = 0
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    id: bytes = field(default_factory=lambda: os.urandom(16))

    def make(self, options: str) -> str:
        """What `navigator.credentials.create` answers, as the page's script sends it."""
        said = self._said("webauthn.create", json.loads(options))
        numbers = self.key.public_key().public_numbers()
        cose = {
            1: 2,
            3: -7,
            -1: 1,
            -2: numbers.x.to_bytes(32, "big"),
            -3: numbers.y.to_bytes(32, "big"),
        }
        attested = b"\x00" * 16 + struct.pack(">H", len(self.id)) + self.id + cbor2.dumps(cose)
        data = self._data(0x41) + attested
        made = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer({"clientDataJSON": _text(said), "attestationObject": _text(made)})

    def sign(self, options: str, *, counts: bool = True) -> str:
        """What `navigator.credentials.get` answers; a copy of a key counts no further."""
        self.counter += counts
        said = self._said("webauthn.get", json.loads(options))
        data = self._data(0x01)
        signature = self.key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {
                "clientDataJSON": _text(said),
                "authenticatorData": _text(data),
                "signature": _text(signature),
            }
        )

    def _said(self, kind: str, options: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin}
        return json.dumps(said).encode()

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + struct.pack(
            ">BI", flags, self.counter
        )

    def _answer(self, response: dict[str, str]) -> str:
        known = _text(self.id)
        return json.dumps({"id": known, "rawId": known, "type": "public-key", "response": response})
