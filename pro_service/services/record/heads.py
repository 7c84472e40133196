"""Heads: each new seal written out of the database, so that cutting off the newest is found."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pro_service.domain.errors import ProServiceError
from pro_service.domain.seals import Seal, UnreadableSealError, read_seal


class HeadsFileError(ProServiceError):
    """A file of heads cannot be read."""


def append_head(path: Path, head: Seal) -> None:
    """Append a head as a line of JSON and see it on the disk. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    with os.fdopen(descriptor, "ab") as file:
        file.write(f"{head.as_json()}\n".encode())
        file.flush()
        os.fsync(file.fileno())


def read_heads(path: Path) -> Iterator[Seal]:
    """The heads of a file, in its order. Raises HeadsFileError, naming the line."""
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                try:
                    yield read_seal(line)
                except UnreadableSealError:
                    raise HeadsFileError(
                        f"Line {number} of {path} is not a head.",
                        mend="Take the line out if the machine stopped while it wrote it.",
                    ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise HeadsFileError(f"{path} cannot be read ({type(error).__name__}).") from None
