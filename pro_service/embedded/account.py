"""Who the server runs as: PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from pro_service.embedded.errors import EmbeddedError

CANDIDATES = ("pro-service", "nobody", "postgres")
"""One of its own, where the machine has it; else what every machine has."""


@dataclass(frozen=True)
class Account:
    """An unprivileged account of this machine."""

    name: str
    uid: int
    gid: int


def server_account(cluster: Path) -> Account | None:
    """The account to drop to, or None when we are an ordinary user already.

    An existing cluster keeps its owner. Raises EmbeddedError when no account will do.
    """
    if os.geteuid() != 0:
        return None
    owner = cluster.stat().st_uid if cluster.exists() else 0
    try:
        if owner != 0:
            return _account(pwd.getpwuid(owner))
    except KeyError:
        raise EmbeddedError(
            f"{cluster} belongs to uid {owner}, which has no account on this machine.",
            mend="Give the folder to an account that exists (chown -R nobody).",
        ) from None
    for name in CANDIDATES:
        try:
            return _account(pwd.getpwnam(name))
        except KeyError:
            continue
    raise EmbeddedError(
        "PostgreSQL does not run as root, and this machine has no account `nobody`.",
        mend="Run the command as an ordinary user.",
    )


def _account(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def can_reach(account: Account, path: Path) -> bool:
    """Whether `account` may pass through every folder on the way to `path` and read it."""
    resolved = path.resolve()
    return _may(account, resolved, stat.S_IROTH | stat.S_IXOTH) and all(
        _may(account, folder, stat.S_IXOTH) for folder in resolved.parents
    )


def _may(account: Account, path: Path, wanted: int) -> bool:
    """`wanted` is given in the bits of "others" and shifted to the class that applies."""
    status = path.stat()
    if status.st_uid == account.uid:
        wanted <<= 6
    elif status.st_gid == account.gid:
        wanted <<= 3
    return status.st_mode & wanted == wanted
