"""What verifying itself stands on, looked at before it is relied upon."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from pro_service.services.record.chain import Fault
from pro_service.store.migrations import made_functions
from pro_service.store.record import proof
from pro_service.store.record.seals import DirectConnection

FUNCTIONS: Final = (
    "audit_digest_expression",
    "audit_entry_text",
    "audit_told_steps",
    "columns_of",
    "entries_to_seal",
    "moved_faults",
    "rebuilt_sha256",
    "row_faults",
    "row_faults_of_format_1",
    "seal_content",
    "seal_deviations",
    "sealed_hashes",
)
"""Functions of the database that verifying asks. One that was replaced would find nothing."""
_REACH_WORDS: Final = {
    "unreached": "it stands in a generation that was sealed to its end, and no seal covers it",
    "never_had": "it names a transaction this server has not had: slipped in, or the database was"
    " moved from another server (run `pro-service migrate`)",
}
_ANSWER_WORDS: Final = {
    "replaced": "an answer stands that another replaced",
    "none": "no answer stands, though one was given",
}


async def look_at_grounds(connection: DirectConnection, most: int) -> AsyncIterator[Fault]:
    """Functions, lists, entries out of reach, moved pointers; `most` faults of a kind at most."""
    made, found = made_functions(), await proof.list_functions(connection, list(FUNCTIONS))
    for name in FUNCTIONS:
        if found.get(name) != made.get(name):
            yield Fault(f"function pro.{name}", "it is not the one this release made")
    for list_fault in await proof.list_list_faults(connection):
        words = f"its newest list in audit_lists does not name the column {list_fault.column_name}"
        if list_fault.column_name is None:
            words = "the list of the columns its digests are over is gone from audit_lists"
        yield Fault(f"table {list_fault.table_name}", words)
    for entry in await proof.list_unsealable(connection, most):
        place = f"entry {entry.entry_id} about {entry.table_name}"
        yield Fault(place, _REACH_WORDS[entry.fault])
    for answer in await proof.list_answer_faults(connection, most):
        place = f"{answer.item} of sitting {answer.sitting_id}"
        yield Fault(place, _ANSWER_WORDS[answer.fault])
