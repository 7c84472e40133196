"""Facts in hand stand while their revision does: what they are read from is written in its turn.

`services/base/known.py` rests on it, and so does every write that is guarded by a revision.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from pro_service.store.sql_files import all_queries

MIGRATIONS: Final = Path(__file__).parents[2] / "sql" / "migrations"
READ_FROM: Final = frozenset(
    (
        *("participants", "participant_protocols", "preferences", "data_keys", "consents"),
        *("statuses", "events"),
        *("restrictions", "erasures", "visits", "visit_moves", "visit_closings", "undone"),
        *("assessments", "attempts", "responses", "sitting_responses", "standing_sittings"),
    )
)
"""What the facts of a visit in hand are read from, and what decides beside them."""
WRITES: Final = re.compile(r"(?:INSERT INTO|UPDATE|DELETE FROM) pro\.(\w+)")
FUNCTION: Final = re.compile(
    r"^CREATE (?:OR REPLACE )?FUNCTION (pro\.\w+)\(.*?(\$\w*\$).*?\2;?$", re.MULTILINE | re.DOTALL
)
WITHOUT: Final = {
    "keep_overtaken_answers": "kept aside: nothing that decides is changed",
    "insert_study_key": "of a study, before anybody is in it",
    "insert_visit_move": "in the transaction of the schedule, which takes the turn",
    "pro.keep_in_sitting": "a trigger of the answers' own statement",
    "pro.open_checklist": "called by open_checklist, which takes the turn",
    "pro.destroy_key": "in the transaction of the erasure, which takes the turn",
}


def writes_without_a_turn(statements: dict[str, str]) -> set[str]:
    """Names of those that write what facts are read from, and do not move the revision on."""
    return {
        name
        for name, sql in statements.items()
        if (written := set(WRITES.findall(sql))) & READ_FROM
        and "participant_revisions" not in written
    }


def functions() -> dict[str, str]:
    """The functions of the schema, as they were made last."""
    made: dict[str, str] = {}
    for path in sorted(MIGRATIONS.glob("*.sql")):
        made |= {one[1]: one[0] for one in FUNCTION.finditer(path.read_text(encoding="utf-8"))}
    return made


def test_what_facts_are_read_from_is_written_in_the_participants_turn() -> None:
    queries = {query.name: query.sql for query in all_queries()}
    assert len(queries) > 500
    assert writes_without_a_turn(queries | functions()) == set(WITHOUT)
    assert "record_answers" in writes_without_a_turn(
        {"record_answers": queries["record_answers"].replace("UPDATE pro.participant_rev", "-- ")}
    )
