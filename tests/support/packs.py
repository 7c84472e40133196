"""An invented wording pack of nonsense words: nobody owns them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pro_service.catalog.instrument_files import load_instruments
from pro_service.catalog.wording_files import LoadedWording, load_wording_file

LICENCE = "Nonsense licence 7 of 2026"


def nonsense(instrument: str = "womac-lk-3.1", language: str = "en") -> dict[str, Any]:
    """A whole pack as a document: every item is called after a blorp, every choice a wug."""
    given = load_instruments()[instrument]
    items: dict[str, Any] = {}
    for number, item in enumerate(given.items, start=1):
        items[item.code] = {"text": f"Does blorp {number} flurb?"}
        if item.choices:
            items[item.code]["choices"] = {
                str(choice.value): f"wug{'gle' * choice.value}" for choice in item.choices
            }
        else:
            items[item.code] |= {"low_anchor": "no blorp", "high_anchor": "all blorp"}
    return {
        "instrument": instrument,
        "version": given.version,
        "language": language,
        "licence": LICENCE,
        "title": "Blorps",
        "recall": "since the last flurb",
        "items": items,
    }


def load_nonsense(
    folder: Path, instrument: str = "womac-lk-3.1", language: str = "en", **changed: Any
) -> LoadedWording:
    """The same, written to a file and read from it as the command does."""
    return load_wording_file(
        write_pack(folder, nonsense(instrument, language) | changed), load_instruments()
    )


def write_pack(folder: Path, document: dict[str, Any]) -> Path:
    """Write a pack as JSON."""
    path = folder / "pack.json"
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return path
