r"""F6 in files: TOML and JSON can write a control character that nobody sees, as `\u0000`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pro_service.catalog.documents import places_of_controls
from pro_service.catalog.instrument_files import load_instrument_file, load_instruments
from pro_service.catalog.plan_files import example_plan_file, load_plan_file
from pro_service.catalog.protocol_files import (
    example_protocol_file,
    load_protocol_file,
    read_protocol,
)
from pro_service.catalog.wording_files import load_wording_file
from pro_service.domain.errors import ProServiceError

INSTRUMENT = "pain_0_10"


def in_a_string(text: str, written: str) -> str:
    """The document with `written` behind the first letter of its first text in quotes."""
    at = text.index('= "') + 4
    return text[:at] + written + text[at:]


@pytest.mark.parametrize("written", [r"\u0000", r"\u0007", r"\u001B", r"\u0085"])
@pytest.mark.parametrize(
    ("file", "load"),
    [
        (example_protocol_file().read_text("utf-8"), load_protocol_file),
        (example_plan_file().read_text("utf-8"), load_plan_file),
    ],
    ids=["protocol", "plan"],
)
def test_a_new_document_with_a_control_character_is_refused_by_its_place(
    tmp_path: Path, file: str, load: Callable[[Path], object], written: str
) -> None:
    (tmp_path / "new.toml").write_text(in_a_string(file, written), encoding="utf-8")
    with pytest.raises(ProServiceError, match=r"holds a control character. Type its text anew"):
        load(tmp_path / "new.toml")
    (tmp_path / "new.toml").write_text(file, encoding="utf-8")
    load(tmp_path / "new.toml")


def test_what_was_stored_before_is_read_as_it_is() -> None:
    """A study that runs with one in a name goes on running."""
    text = example_protocol_file().read_text("utf-8")
    name = 'label = { en = "'
    assert name in text
    assert read_protocol(text.replace(name, name + r"\u0007", 1)).protocol


@pytest.mark.parametrize("suffix", [".json", ".toml"])
def test_a_wording_pack_with_one_is_refused(tmp_path: Path, suffix: str) -> None:
    pack = {"instrument": INSTRUMENT, "language": "en", "version": "1\0"}
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in pack.items())
    path = tmp_path / f"pack{suffix}"
    path.write_text(json.dumps(pack) if suffix == ".json" else lines, encoding="utf-8")
    with pytest.raises(ProServiceError, match="version: holds a control character"):
        load_wording_file(path, load_instruments())


def test_an_instrument_with_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('id = "own"\nname = "Own\\u0000"\n', encoding="utf-8")
    with pytest.raises(ProServiceError, match="name: holds a control character"):
        load_instrument_file(path)


def test_places_are_named_as_they_stand_in_the_file() -> None:
    document = {"a": ["ok", {"b\0": "x", "c": "y\x1b"}], "d": "tab\tand\nline"}
    assert list(places_of_controls(document)) == ["a[1].b", "a[1].c"]
