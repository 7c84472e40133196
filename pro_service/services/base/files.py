"""Files that go out: health data, so nobody but their owner reads them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TextIO


def open_private(path: Path) -> TextIO:
    """A new text file (UTF-8, 0600) that only its owner reads, wherever its folder is moved to.

    Raises OSError, also where something of that name is there.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    return os.fdopen(descriptor, "w", encoding="utf-8", newline="")
