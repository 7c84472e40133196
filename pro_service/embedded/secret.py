"""The password of a cluster that keeps data: made once, asked of everybody who connects.

Each step leaves a cluster that starts: the password is on the disk before the server learns it,
and the server knows it before it asks for it. What is cut short is done again at the next start.
"""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path
from typing import Final

import asyncpg

from pro_service.embedded.errors import EmbeddedError
from pro_service.embedded.folder import write_private

RULES: Final = (
    "# Written by pro-service: whoever connects is asked for the password.\nlocal all all {}\n"
)

HEEDED_WITHIN: Final = 60.0
"""Seconds."""


def read_password(path: Path) -> str | None:
    """The password kept at `path`; None when there is none yet. Raises EmbeddedError."""
    try:
        return path.read_text(encoding="ascii").strip() or None
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        raise EmbeddedError(
            f"The database's password, {path}, cannot be read.",
            mend="Run as who owns the folder; or remove the file: another password is made then.",
        ) from None


def trusts(rules: Path) -> bool:
    """Whether a cluster with these rules (its pg_hba.conf) lets anybody in without a password."""
    lines = (line.partition("#")[0].split() for line in rules.read_text("utf-8").splitlines())
    return any("trust" in line for line in lines)


def let_owner_in(rules: Path) -> None:
    """Let whoever reaches the private socket in until a password is asked for again."""
    write_private(rules, RULES.format("trust"), like=rules)


async def ask_for_password(url: str, rules: Path, path: Path) -> str:
    """Have the server at `url` ask everybody for a password from now on; returns the password.

    It is kept at `path`, for the folder's owner alone. Raises asyncpg's errors.
    """
    password = read_password(path)
    if password is None:
        # Letters, digits, `-` and `_` alone: as it is in a URL and between quotes.
        password = secrets.token_urlsafe(32)
        write_private(path, f"{password}\n", like=path.parent)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET password_encryption = 'scram-sha-256'")
        await connection.execute(f"ALTER ROLE postgres PASSWORD '{password}'")
        write_private(rules, RULES.format("scram-sha-256"), like=rules)
        await connection.execute("SELECT pg_reload_conf()")
    finally:
        await connection.close()
    await _until_asked(url)
    return password


async def _until_asked(url: str) -> None:
    """The server reads its rules again a moment after it was told to."""
    other = secrets.token_urlsafe(32)
    async with asyncio.timeout(HEEDED_WITHIN):
        while True:
            try:
                stranger = await asyncpg.connect(url, password=other, timeout=10)
            except asyncpg.InvalidPasswordError:
                return
            await stranger.close()
            await asyncio.sleep(0.01)
