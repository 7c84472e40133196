"""Files of values of measures, and a trial's way of bringing them in."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Collection, Mapping, Sequence

from pro_service.services.measuring import (
    Bringer,
    BroughtFile,
    LookedFile,
    bring_values,
    look_at_file,
    measure_rows_of,
)
from pro_service.store.connection import transaction
from pro_service.store.measuring.keeping import MeasuredPerson, list_measured_people
from pro_service.tables import read_content
from tests.support.study import ACTOR, Trial

UTE = {
    "participant": "P-1",
    "measure": "ute_t2s",
    "knee": "left",
    "region": "cMFC",
    "layer": "deep",
    "exam_on": "2026-01-10",
    "value": "12.34",
}
"""A value that can be taken of somebody whose injection is planned for 12 January 2026."""


def csv_of(rows: Sequence[Mapping[str, str]]) -> bytes:
    """A file with a column for every cell any row has."""
    heads = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, heads, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def file_of(rows: Sequence[Mapping[str, str]], name: str = "values.csv") -> BroughtFile:
    """The file as it is read."""
    content = csv_of(rows)
    return BroughtFile(
        name, hashlib.sha256(content).hexdigest(), measure_rows_of(read_content(name, content))
    )


def bringer_of(trial: Trial) -> Bringer:
    """The operator, bringing values in."""

    async def find_people(codes: Collection[str]) -> Mapping[str, MeasuredPerson]:
        return await list_measured_people(trial.operator, trial.study_id, codes)

    return Bringer(
        context=trial.context,
        study_id=trial.study_id,
        actor=ACTOR,
        connection=trial.operator,
        find_people=find_people,
        begin=lambda: transaction(trial.operator),
    )


async def bring(trial: Trial, *rows: Mapping[str, str]) -> LookedFile:
    """Bring rows in; they must be in order."""
    return await bring_values(bringer_of(trial), file_of(rows), "read at the core laboratory")


async def refusals(trial: Trial, *rows: Mapping[str, str]) -> list[tuple[int, str, str]]:
    """What is refused of some rows: the row, the column, and the word for why."""
    looked = await look_at_file(bringer_of(trial), file_of(rows))
    return [
        (one.number, one.refused.column, one.refused.word)
        for one in looked.refused
        if one.refused is not None
    ]
