"""What nobody means and somebody sends: into every field, and what no answer may hold."""

from __future__ import annotations

from typing import Final

CANARY: Final = "zq7canary"
"""Stands in each value that would do something if it were believed."""
SCRIPT: Final = f"<script>{CANARY}</script>"
TAG: Final = f'"><img src=x onerror={CANARY}>'
BELIEVED: Final = (SCRIPT, "<img src=x", f"={CANARY}>")
"""What no page may hold: each would be a tag, an attribute or a header of its own."""

HOSTILE: Final = (
    "",
    " ",
    "\0",
    "a\0b",
    "\x1b[31m",
    "\r\nX-" + CANARY + ": 1",
    SCRIPT,
    TAG,
    "javascript:" + CANARY,
    "'; DROP TABLE pro.participants; --",
    "1 OR 1=1",
    "{{7*7}}",
    "${7*7}",
    "%s%n%(x)s{0}",
    "../../../etc/passwd",
    "=HYPERLINK(" + CANARY + ")",
    "\u202eabc",
    "\u200b",
    "\ufeff1",
    "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    "\U0010ffff",
    "é" * 5_000,
    "9" * 400,
    "-1",
    "NaN",
    "1e309",
    "0x10",
    "\uff11",
    "9999-12-31",
    "0000-00-00",
    "2026-02-30",
    "00000000-0000-0000-0000-000000000000",
    "not-a-uuid",
    "[]",
    '{"a": 1}',
    "null",
    "on",
    "+86" + "1" * 40,
)
"""None is longer than a body may be: that limit has a test of its own."""
