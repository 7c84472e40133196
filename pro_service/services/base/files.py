"""Files that go out: health data, so nobody but their owner reads them."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import mkstemp
from typing import BinaryIO, TextIO


def open_private(path: Path) -> TextIO:
    """A new text file (UTF-8, 0600) that only its owner reads, wherever its folder is moved to.

    Raises OSError, also where something of that name is there.
    """
    return os.fdopen(_new(path), "w", encoding="utf-8", newline="")


def open_private_bytes(path: Path) -> BinaryIO:
    """The same for bytes. Raises OSError, also where the file is there."""
    return os.fdopen(_new(path), "wb")


def write_private(path: Path, content: bytes) -> None:
    """The same for what is written at once. Raises OSError, also where the file is there."""
    with open_private_bytes(path) as file:
        file.write(content)


def open_scratch(folder: Path) -> TextIO:
    """A text file to write and read again on the disk of `folder`, without a name: nobody else can
    open it, and it ends with its closing. Raises OSError.
    """
    descriptor, name = mkstemp(dir=folder)
    Path(name).unlink()
    return os.fdopen(descriptor, "w+", encoding="utf-8", newline="")


def _new(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
