"""Packages that stand beside us, each set in an environment of its own, made by pip."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

INSTALL_WITHIN: Final = 240.0
"""Seconds."""


class NotHadError(RuntimeError):
    """A package cannot be had here; the message is the reason."""


def python_with(folder: Path, packages: Sequence[str], probe: str) -> Path:
    """The interpreter of the environment in `folder`, made where `import probe` fails in it.

    Raises NotHadError.
    """
    python = folder / "bin" / "python"
    try:
        if not python.exists():
            run([sys.executable, "-m", "venv", str(folder)], folder.parent)
        try:
            run([str(python), "-c", f"import {probe}"], folder)
        except subprocess.CalledProcessError:
            run([str(python), "-m", "pip", "install", "-q", *packages], folder)
    except (OSError, subprocess.SubprocessError) as error:
        raise NotHadError(last_words(error)) from error
    return python


def run(words: Sequence[str], folder: Path, more: Mapping[str, str] | None = None) -> None:
    """One command to its end. Raises SubprocessError."""
    subprocess.run(
        list(words),
        cwd=folder,
        env=dict(os.environ) | dict(more or {}),
        check=True,
        capture_output=True,
        text=True,
        timeout=INSTALL_WITHIN,
    )


def last_words(error: Exception) -> str:
    """What a command that failed said last."""
    said = str(getattr(error, "stderr", "") or error).strip().splitlines()
    return said[-1] if said else type(error).__name__
