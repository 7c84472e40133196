"""The commands of an operator on a study of one site."""

from __future__ import annotations

from pathlib import Path

import pytest

from pro_service.catalog.protocol_files import example_protocol_file
from tests.support.command import SITE, Commands
from tests.support.study import row

PROTOCOL = str(example_protocol_file())


@pytest.fixture
async def commands(database_url: str) -> Commands:
    """A study with one site."""
    ready = Commands(database_url)
    for words in (("protocol", "load", PROTOCOL), SITE):
        done = await ready.call(*words)
        assert done.code == 0, done.err
    return ready


@pytest.fixture
async def enrolled(commands: Commands, tmp_path: Path) -> Commands:
    """The study with one participant."""
    cells = row("K-001", consent_on="2026-01-04", planned_injection_on="2030-01-12")
    text = ",".join(cells) + "\n" + ",".join(cells.values()) + "\n"
    (tmp_path / "one.csv").write_text(text, encoding="utf-8")
    done = await commands.call("enrol", "--csv", str(tmp_path / "one.csv"))
    assert done.code == 0, done.err
    return commands
