"""The words of the demo's own pages: `demo.po`, beside the catalogue of texts."""

from __future__ import annotations

from pathlib import Path

from babel.messages.pofile import read_po

from pro_service.domain.instruments.model import LANGUAGES, Language
from pro_service.texts.catalogue import MissingTextError, Texts

_LOCALE = Path(__file__).parent / "locale"


def load_demo_texts(folder: Path = _LOCALE) -> Texts:
    """Read `demo.po` of every language; MissingTextError if one is absent."""
    return Texts({language: _read(folder, language) for language in LANGUAGES})


def _read(folder: Path, language: Language) -> dict[str, str]:
    path = folder / language / "LC_MESSAGES" / "demo.po"
    if not path.is_file():
        raise MissingTextError(f"There are no demo texts for {language}.", mend=f"Add {path}.")
    with path.open("rb") as source:
        catalogue = read_po(source, locale=language, abort_invalid=True)
    return {str(message.id): str(message.string) for message in catalogue if message.id}
