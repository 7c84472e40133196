"""Allocations loaded from a file, sealed, on the word of who holds them (rule R15).

All or none: what is wrong with any row is said, and nothing is kept. No message of this names an
arm: a file's mistakes are told by row and code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.tables.characters import visible
from pro_service.services.base.context import ServiceContext
from pro_service.store.connection import Connection
from pro_service.store.ids import new_id
from pro_service.store.record import allocations as store
from pro_service.store.record.allocations import AllocationRow
from pro_service.tables import Table
from pro_service.vault.places import ALLOCATION

HEADS: Final = ("participant", "arm")
LONGEST_ARM: Final = 60
_PADDED: Final = 64
"""Bytes that are sealed, whatever the arm: so the length of what is stored tells nothing."""


class AllocationFileError(ProServiceError):
    """The file cannot be taken as it is; `problems` has one line for each mistake."""

    def __init__(self, problems: Sequence[str]) -> None:
        """Keep the mistakes."""
        super().__init__("\n".join(problems), mend="Nothing was kept; mend the file.")
        self.problems = problems


class NotHolderError(ProServiceError):
    """That member of staff does not hold the allocation of this study now."""


class Allocation(NamedTuple):
    """A row of a file that can be kept."""

    code: str
    participant_id: UUID
    arm: str


async def check_allocations(
    connection: Connection, study_id: UUID, table: Table, holder: str
) -> list[Allocation]:
    """Every row of a file, if all can be kept. Raises NotHolderError, AllocationFileError."""
    if not await store.is_holder(connection, study_id, holder):
        raise NotHolderError(
            f"{holder} does not hold the allocation of this study.",
            mend="Name somebody with the role allocation_holder: pro-service staff list.",
        )
    rows = _rows_of(table)
    known = await store.list_codes_to_allocate(connection, study_id, [code for _, code, _ in rows])
    often = Counter(code for _, code, _ in rows)
    problems, found = [], []
    for number, code, arm in rows:
        wrong = None
        if code not in known:
            wrong = f"there is no participant {code or '(empty)'}"
        elif often[code] > 1:
            wrong = f"{code} stands in the file {often[code]} times"
        elif known[code].allocated:
            wrong = f"the arm of {code} is kept already, and is never replaced"
        elif not arm:
            wrong = f"the arm of {code} is empty"
        elif len(arm.encode()) > LONGEST_ARM:
            wrong = f"the arm of {code} is longer than {LONGEST_ARM} bytes"
        else:
            found.append(Allocation(code, known[code].participant_id, arm))
        if wrong is not None:
            problems.append(f"row {number}: {wrong}")
    if problems or not rows:
        raise AllocationFileError(problems or [f"{table.name} has no rows"])
    return found


async def load_allocations(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    rows: Sequence[Allocation],
    *,
    holder: str,
    actor: str,
    reason: str,
) -> None:
    """Keep checked rows, sealed under the study's key. Raises DuplicateError."""
    key = await context.keys.study_key(connection, study_id)
    kept = []
    for one in rows:
        row_id = new_id()
        padded = one.arm.encode().ljust(_PADDED).decode()
        sealed = ALLOCATION.seal(context.keys.vault, padded, data_key=key, row_id=row_id)
        kept.append(
            AllocationRow(
                id=row_id,
                participant_id=one.participant_id,
                arm_sealed=sealed.ciphertext.hex(),
                arm_key=sealed.key,
            )
        )
    await store.insert_allocations(
        connection, study_id, kept, held_by=holder, actor=actor, reason=reason
    )


def open_arm(context: ServiceContext, row_id: UUID, sealed: bytes, key: str) -> str:
    """The arm of a row, for whoever may see it; the study's key must be open.

    Raises SealBrokenError, DataKeyMissingError.
    """
    return ALLOCATION.open(context.keys.vault, sealed, key=key, row_id=row_id).rstrip()


def _rows_of(table: Table) -> list[tuple[int, str, str]]:
    """Number, code and arm of each row. Raises AllocationFileError for other columns."""
    heads = [visible(one).lower() for one in table.heads]
    if sorted(heads) != sorted(HEADS):
        raise AllocationFileError([f"{table.name} needs the columns {' and '.join(HEADS)}, alone"])
    at, arm_at = heads.index(HEADS[0]), heads.index(HEADS[1])
    return [
        (row.number, visible(row.cells[at]), visible(row.cells[arm_at]))
        for row in table.rows
        if any(visible(cell) for cell in row.cells)
    ]
