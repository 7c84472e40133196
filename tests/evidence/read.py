"""The requirements, as their files say them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, model_validator

FOLDER: Final = Path(__file__).parent / "requirements"
ROOT: Final = Path(__file__).parent.parent.parent


class Requirement(BaseModel):
    """What a source asks, and what shows that it is met: tests, or somebody who must see to it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    known: str
    """How we know what the source asks: it was read, or is from memory and to be checked."""
    id: str
    asks: str
    shown_by: tuple[str, ...] = ()
    """Test files, or `file::test` for one of them."""
    met_by: Literal["tests", "guide", "person", "contract", "apart", "open"] = "tests"
    """`guide`: something is to be written down; `apart`: it does not apply; `open`: none of it is
    built yet."""
    who: str = ""
    """Who fulfils what no test can show, the guide that says it, why it does not apply, or what is
    missing."""
    besides: str = ""
    """What a person or contract must add to what the tests show."""

    @model_validator(mode="after")
    def _shown_or_said(self) -> Requirement:
        if (self.met_by == "tests") != bool(self.shown_by):
            raise ValueError(f"{self.id}: name the tests that show it, or who must fulfil it")
        if (self.met_by != "tests") != bool(self.who):
            raise ValueError(
                f"{self.id}: say in `who` what the person or contract does, or what is missing"
            )
        return self


def read_requirements(folder: Path = FOLDER) -> tuple[Requirement, ...]:
    """All requirements, by file and as they stand in it. Raises ValueError naming a wrong one."""
    found: list[Requirement] = []
    for path in sorted(folder.glob("*.toml")):
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        found += [
            Requirement(source=document["source"], known=document["known"], **each)
            for each in document["requirement"]
        ]
    return tuple(found)
