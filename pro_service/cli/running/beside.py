"""A folder for a server that stands beside the one in use for a while."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pro_service.cli.options import OptionError


@contextmanager
def temporary_folder(room: Path | None = None) -> Iterator[Path]:
    """A folder in `room`, gone afterwards with all that is in it. Raises OptionError."""
    try:
        folder = Path(tempfile.mkdtemp(prefix="pro-beside-", dir=room))
    except OSError as error:
        raise OptionError(
            f"No folder can be made in {room or tempfile.gettempdir()} ({error.strerror}).",
            mend="Name one with room for the database: --room FOLDER.",
        ) from None
    try:
        # The way through alone: the server's account is another where root does it.
        folder.chmod(0o711)
        yield folder
    finally:
        shutil.rmtree(folder)
