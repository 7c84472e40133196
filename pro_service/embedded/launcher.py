"""Become PostgreSQL: drop privileges, tie our life to the supervisor's, then exec.

Run as a script with the standard library only (`python -I -S launcher.py PARENT UID GID PROGRAM
ARGUMENT...`; UID and GID are empty to stay who we are). The order matters: setuid clears the
parent-death signal, so it is asked for afterwards; and a supervisor that died before we asked
would never trigger it, so its pid is compared last.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def drop_privileges(uid: int, gid: int) -> None:
    """Become `uid` for good; every supplementary group goes first."""
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def die_with(parent: int) -> None:
    """Ask the kernel for SIGINT (PostgreSQL's fast shutdown) when the supervisor dies."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGINT), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:
        os._exit(1)


def main() -> None:
    """Read the command line as described above and turn into the program."""
    parent, uid, gid, program, *arguments = sys.argv[1:]
    if uid:
        drop_privileges(int(uid), int(gid))
    die_with(int(parent))
    # Python ignores SIGPIPE and the supervisor may block signals: neither is for PostgreSQL.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    os.umask(0o077)
    os.execv(program, [program, *arguments])  # noqa: S606  (no shell is wanted)


if __name__ == "__main__":
    main()
