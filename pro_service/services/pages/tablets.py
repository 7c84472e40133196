"""What a tablet's browser brings along: the id of its session, and the code typed before that.

A code is eight digits, derived from the hand-over's id and never stored, only its hash. It works
once and for a minute (machine time), so few digits are enough; wrong ones wait in queues.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from datetime import timedelta
from typing import Final
from uuid import UUID

from pro_service.vault.vault import Vault

VALID: Final = timedelta(seconds=60)
"""How long a code works (R12; machine time)."""
CODE_PATH: Final = "/t"
_DIGITS: Final = 8
_PIN_DIGITS: Final = 6
_SESSION: Final = re.compile(r"t\.[A-Za-z0-9_-]{43}")
_NOT_TYPED: Final = re.compile(r"[\s‐‑‒–—―-]+")


def is_tablet(cookie: str) -> bool:
    """Whether a cookie is the session of a tablet that was handed over."""
    return _SESSION.fullmatch(cookie) is not None


def code_of(vault: Vault, handover_id: UUID, link_key: str) -> str:
    """The code of a hand-over, under the key of when it was made."""
    return _digits_of(vault, handover_id, link_key, "tablet", _DIGITS)


def pin_of(vault: Vault, handover_id: UUID, link_key: str) -> str:
    """What ends a hand-over when it is typed on the tablet: known to whoever handed it over."""
    return _digits_of(vault, handover_id, link_key, "tablet pin", _PIN_DIGITS)


def is_pin(typed: str, pin: str) -> bool:
    """Whether what was typed is the PIN; width, spaces and dashes do not matter."""
    return hmac.compare_digest(_bare(typed).encode(), pin.encode())


def grouped(code: str) -> str:
    """A code or a PIN as it is shown: 1234 5678, 123 456."""
    half = len(code) // 2
    return f"{code[:half]} {code[half:]}"


def code_sha256(typed: str) -> bytes:
    """What a code is looked up by; width, spaces and dashes do not matter."""
    return hashlib.sha256(f"tablet code {_bare(typed)}".encode()).digest()


def _bare(typed: str) -> str:
    return _NOT_TYPED.sub("", unicodedata.normalize("NFKC", typed))


def _digits_of(vault: Vault, handover_id: UUID, link_key: str, what: str, digits: int) -> str:
    token = vault.link_token(handover_id, key_id=link_key)
    digest = hashlib.sha256(f"{what} {token}".encode()).digest()
    return f"{int.from_bytes(digest[:8], 'big') % 10**digits:0{digits}d}"
