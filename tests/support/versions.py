"""Further versions of the example protocol, stored in a test's study."""

from __future__ import annotations

import json
import re
from uuid import UUID

from pro_service.catalog.protocol_files import example_protocol_file, read_protocol
from pro_service.services.study.protocols import load_protocol
from tests.support.study import ACTOR, Trial

EXAMPLE = example_protocol_file().read_text("utf-8")


def visit_text(visit: str) -> str:
    """The table of one visit in the example's file, with its own lines alone."""
    tables = re.split(r"(?m)^(?=\[\[visit\]\])", EXAMPLE)
    (found,) = [each for each in tables if f'id = "{visit}"\n' in each]
    return found


def with_visit(text: str, visit: str, **changes: tuple[str, str]) -> str:
    """The text with parts of one visit's table replaced: `(old, new)` by any name."""
    table = visit_text(visit)
    changed = table
    for old, new in changes.values():
        assert old in changed, json.dumps(old)
        changed = changed.replace(old, new)
    assert table in text
    return text.replace(table, changed)


async def store_version(trial: Trial, text: str, *, for_later: bool = True) -> UUID:
    """Store a version as `protocol load` does; its id."""
    protocol, source, sha256 = read_protocol(text)
    loaded = await load_protocol(
        trial.operator,
        trial.context,
        protocol,
        source,
        sha256,
        actor=ACTOR,
        for_later=for_later,
    )
    return loaded.version_id
