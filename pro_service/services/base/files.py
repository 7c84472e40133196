"""Files that go out: health data, so nobody but their owner reads them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TextIO


def open_private(path: Path) -> TextIO:
    """A new text file (UTF-8, 0600) that only its owner reads, wherever its folder is moved to.

    Raises OSError, also where something of that name is there.
    """
    return os.fdopen(_new(path), "w", encoding="utf-8", newline="")


def write_private(path: Path, content: bytes) -> None:
    """The same for what is written at once. Raises OSError, also where the file is there."""
    with os.fdopen(_new(path), "wb") as file:
        file.write(content)


def _new(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
