"""What a tablet's browser brings along: the id of its session, and the code typed before that.

A code is eight digits, derived from the hand-over's id and never stored, only its hash. It works
once and for a minute (machine time), so few digits are enough; wrong ones wait in queues.
"""

from __future__ import annotations

import hashlib
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
_SESSION: Final = re.compile(r"t\.[A-Za-z0-9_-]{43}")
_NOT_TYPED: Final = re.compile(r"[\s‐‑‒–—―-]+")


def is_tablet(cookie: str) -> bool:
    """Whether a cookie is the session of a tablet that was handed over."""
    return _SESSION.fullmatch(cookie) is not None


def code_of(vault: Vault, handover_id: UUID, link_key: str) -> str:
    """The code of a hand-over, under the key of when it was made."""
    token = vault.link_token(handover_id, key_id=link_key)
    digest = hashlib.sha256(f"tablet {token}".encode()).digest()
    return f"{int.from_bytes(digest[:8], 'big') % 10**_DIGITS:0{_DIGITS}d}"


def grouped(code: str) -> str:
    """The code as it is shown: 1234 5678."""
    return f"{code[:4]} {code[4:]}"


def code_sha256(typed: str) -> bytes:
    """What a code is looked up by; width, spaces and dashes do not matter."""
    bare = _NOT_TYPED.sub("", unicodedata.normalize("NFKC", typed))
    return hashlib.sha256(f"tablet code {bare}".encode()).digest()
