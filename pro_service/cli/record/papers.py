"""What commands that write papers share: in which language, and the files, all or none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from pro_service.cli.options import OptionError
from pro_service.domain.instruments.model import LANGUAGES, Language
from pro_service.services.base.files import write_private

LanguageOption = Annotated[str, typer.Option("--language", help=f"One of {', '.join(LANGUAGES)}.")]


def read_language(text: str) -> Language:
    """The language an option names. Raises OptionError."""
    for one in LANGUAGES:
        if one == text:
            return one
    raise OptionError(f"{text!r} is no language here.", mend=f"One of {', '.join(LANGUAGES)}.")


def write_together(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """New files in a folder, which is made where it is missing; their paths. Raises OptionError.

    Where one of them is there, nothing is written.
    """
    paths = {folder / name: content for name, content in files.items()}
    there = next((one for one in paths if one.exists()), None)
    if there is not None:
        raise OptionError(f"{there} is there already.", mend="Name another folder with --out.")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path, content in paths.items():
            write_private(path, content)
    except OSError as error:
        raise OptionError(
            f"{folder} cannot be written to ({error.strerror}).", mend="Name another with --out."
        ) from None
    return list(paths)
