"""What a reader hands in: pseudonyms and values, and nothing that would tell whose (R19)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from pro_service.domain.measures.checking import decimals_of
from pro_service.domain.measures.model import Measure
from pro_service.domain.measures.values import GAPS
from pro_service.domain.tables.cells import CellError, fold_word, read_yes_no

ALLOWED: Final = ("pseudonym", "sequence", "region", "layer", "value", "gap", "finding")
"""The columns a file of reads may have, and no others."""
NEEDED: Final = ("pseudonym", "sequence", "value")
_NUMBER: Final = re.compile(r"[+-]?\d{1,12}(?:[.,]\d{1,12})?")


class Read(NamedTuple):
    """One row of a reader's file."""

    row: int
    pseudonym: str
    sequence: int
    region: str | None
    layer: str | None
    value: Decimal | None
    gap: str | None
    finding: bool
    """The reader saw something that is a matter of the participant's safety."""

    @property
    def spot(self) -> tuple[str, str | None, str | None]:
        """What there may be one value of."""
        return (self.pseudonym, self.region, self.layer)


def read_row(row: int, cells: Mapping[str, str]) -> Read:
    """A row as its reader meant it. Raises CellError, whose message names the column."""
    text = {name: cells.get(name, "").strip() for name in ALLOWED}
    pseudonym = text["pseudonym"].upper()
    if not pseudonym:
        raise CellError("pseudonym: is empty.")
    if not text["sequence"].isdecimal():
        raise CellError("sequence: is no whole number.")
    value = None
    if text["value"]:
        if _NUMBER.fullmatch(text["value"]) is None:
            raise CellError("value: is no number.")
        value = Decimal(text["value"].replace(",", "."))
    gap = fold_word(text["gap"]).replace(" ", "_") or None
    if gap is not None and gap not in GAPS:
        raise CellError(f"gap: is not one of {', '.join(GAPS)}.")
    if (value is None) == (gap is None):
        raise CellError("needs a value, or a gap that says why there is none; not both.")
    return Read(
        row=row,
        pseudonym=pseudonym,
        sequence=int(text["sequence"]),
        region=text["region"] or None,
        layer=text["layer"] or None,
        value=value,
        gap=gap,
        finding=tells_finding(cells),
    )


def tells_finding(cells: Mapping[str, str]) -> bool:
    """Whether a row says that there is a finding. Raises CellError for a word it cannot read."""
    text = cells.get("finding", "").strip()
    try:
        return bool(text) and read_yes_no(text)
    except CellError as error:
        raise CellError(f"finding: {error.message}") from None


def misfit(read: Read, measure: Measure) -> str | None:
    """Say why a read is none of this measure's; None: it is one."""
    for name, code, places in (
        ("region", read.region, measure.regions),
        ("layer", read.layer, measure.layers),
    ):
        codes = [place.code for place in places]
        if code is None and codes:
            return f"{name}: is empty; it is one of {', '.join(codes)}."
        if code is not None and code not in codes:
            return f"{name}: {code[:40]} is no {name} of {measure.id}."
    if read.value is None:
        return None
    if not measure.lowest <= read.value <= measure.highest:
        return f"value: is outside {measure.lowest} to {measure.highest}."
    if decimals_of(read.value) > measure.decimals:
        return f"value: has more than {measure.decimals} decimals."
    if measure.grades and read.value not in [grade.value for grade in measure.grades]:
        return "value: is none of the grades."
    return None
