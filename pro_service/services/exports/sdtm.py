"""SDTM, minimal: DM, SV and QS of the rows every format has; Dataset-JSON and XPT write them.

One mapping for both. What is not collected here (sex, age, arm, country) is no variable. Visits are
numbered as they come in the schedules; the second of a kind is n.01, the third n.02. In QS
stands what was asked and is over: what is not yet due, or may still be answered, is no record.
Sources: CDISC SDTM 1.7, SDTMIG 3.3 (names, labels and their lengths).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from pro_service.domain.instruments.model import Instrument
from pro_service.services.exports.columns import TABLES, Cell, Column, Row, Table
from pro_service.services.exports.columns.model import Type
from pro_service.services.exports.formats import Writer
from pro_service.services.exports.formats.csv import instant_text

OPEN_STATES: Final = frozenset({"not_yet_due", "due", "started", "unsent"})
"""Of an item without an answer: it may still get one."""
_SIDES: Final = {"left_knee": "LEFT", "right_knee": "RIGHT"}


def _table(name: str, one_row: str, *columns: tuple[str, Type, str]) -> Table:
    own: Sequence[tuple[str, Type, str]] = (
        ("STUDYID", "text", "Study Identifier"),
        ("DOMAIN", "text", "Domain Abbreviation"),
        ("USUBJID", "text", "Unique Subject Identifier"),
    )
    made = (Column(short, kind, short, label, label) for short, kind, label in (*own, *columns))
    return Table(name, one_row, tuple(made))


DM: Final = _table(
    "dm",
    "Demographics",
    ("SUBJID", "text", "Subject Identifier for the Study"),
    ("RFSTDTC", "text", "Subject Reference Start Date/Time"),
    ("RFICDTC", "text", "Date/Time of Informed Consent"),
    ("SITEID", "text", "Study Site Identifier"),
)
SV: Final = _table(
    "sv",
    "Subject Visits",
    ("VISITNUM", "decimal", "Visit Number"),
    ("VISIT", "text", "Visit Name"),
    ("SVSTDTC", "text", "Start Date/Time of Visit"),
    ("SVENDTC", "text", "End Date/Time of Visit"),
)
QS: Final = _table(
    "qs",
    "Questionnaires",
    ("QSSEQ", "integer", "Sequence Number"),
    ("QSTESTCD", "text", "Question Short Name"),
    ("QSTEST", "text", "Question Name"),
    ("QSCAT", "text", "Category of Question"),
    ("QSORRES", "text", "Finding in Original Units"),
    ("QSSTRESC", "text", "Character Result/Finding in Std Format"),
    ("QSSTRESN", "decimal", "Numeric Finding in Standard Units"),
    ("QSSTAT", "text", "Completion Status"),
    ("QSREASND", "text", "Reason Not Performed"),
    ("QSLAT", "text", "Laterality"),
    ("VISITNUM", "decimal", "Visit Number"),
    ("VISIT", "text", "Visit Name"),
    ("QSDTC", "text", "Date/Time of Finding"),
    ("QSDY", "integer", "Study Day of Finding"),
)
DOMAINS: Final = {"participants": DM, "visits": SV, "items": QS}
"""By the table whose rows they are made of."""


class WithSdtm:
    """A format that also gets the domains of the tables it is given."""

    def __init__(self, writer: Writer, instruments: Mapping[str, Instrument]) -> None:
        """`instruments` name the questions."""
        self._writer, self._instruments = writer, instruments
        self._numbers: dict[str, int] = {}
        self._last = ("", 0)

    def open(self, folder: Path, tables: Sequence[Table], about: Mapping[str, object]) -> None:
        """Begin the tables and their domains."""
        domains = [DOMAINS[one.name] for one in tables if one.name in DOMAINS]
        self._writer.open(folder, [*tables, *domains], about)

    def add(self, table: str, row: Row) -> None:
        """Write a row, and the record that it is in a domain."""
        self._writer.add(table, row)
        if table not in DOMAINS:
            return
        record = self._record(table, TABLES[table].named(row))
        if record is not None:
            self._writer.add(DOMAINS[table].name, DOMAINS[table].row(record))

    def close(self) -> None:
        """Finish the format."""
        self._writer.close()

    def _record(self, table: str, cells: Mapping[str, Cell]) -> dict[str, Cell] | None:
        if table == "participants":
            return _dm(cells)
        number = self._visit_number(cells)
        return self._sv(cells, number) if table == "visits" else self._qs(cells, number)

    def _visit_number(self, cells: Mapping[str, Cell]) -> Decimal:
        number = self._numbers.setdefault(str(cells["visit"]), len(self._numbers) + 1)
        return Decimal(number) + (Decimal(str(cells["occurrence"])) - 1) / 100

    def _sv(self, cells: Mapping[str, Cell], number: Decimal) -> dict[str, Cell] | None:
        """The visit, if it took place or something of it was answered."""
        days = [
            cells[each]
            for each in ("attended_on", "first_answered_on", "last_answered_on")
            if cells[each] is not None
        ]
        if not days:
            return None
        told = sorted(str(_dtc(day)) for day in days)
        return _head("SV", cells) | {
            "VISITNUM": number,
            "VISIT": cells["visit"],
            "SVSTDTC": told[0],
            "SVENDTC": told[-1],
        }

    def _qs(self, cells: Mapping[str, Cell], number: Decimal) -> dict[str, Cell] | None:
        value, reason = cells["value"], cells["missing_reason"]
        if value is None and (reason in OPEN_STATES or cells["state"] in OPEN_STATES):
            return None
        code = str(cells["participant"])
        self._last = (code, self._last[1] + 1 if self._last[0] == code else 1)
        instrument = self._instruments[str(cells["instrument"])]
        item = instrument.item(str(cells["item"]))
        result = None if value is None else f"{value}"
        return _head("QS", cells) | {
            "QSSEQ": self._last[1],
            "QSTESTCD": short_code(instrument, item.code),
            "QSTEST": item.label["en"][:40],
            "QSCAT": instrument.id.upper(),
            "QSORRES": result,
            "QSSTRESC": result,
            "QSSTRESN": value,
            "QSSTAT": None if value is not None else "NOT DONE",
            "QSREASND": None if value is not None else reason,
            "QSLAT": _SIDES.get(str(cells["target"])),
            "VISITNUM": number,
            "VISIT": cells["visit"],
            "QSDTC": _dtc(cells["answered_at"]),
            "QSDY": cells["study_day"],
        }


def short_code(instrument: Instrument, item: str) -> str:
    """QSTESTCD of an item: the sponsor's own code, else the item's in 8 letters and digits: of a
    longer one the first 6 letters and its place in the instrument.
    """
    own = instrument.codes.get(f"sponsor_{item}")
    if own is not None and len(own) <= 8:
        return own
    letters = item.replace("_", "").upper()
    place = 1 + [each.code for each in instrument.items].index(item)
    return letters if len(letters) <= 8 else f"{letters[:6]}{place:02}"


def _dm(cells: Mapping[str, Cell]) -> dict[str, Cell]:
    injected = [
        str(_dtc(cells[each]))
        for each in ("left_injected_on", "right_injected_on")
        if cells[each] is not None
    ]
    return _head("DM", cells) | {
        "SUBJID": cells["participant"],
        "RFSTDTC": min(injected, default=None),
        "RFICDTC": _dtc(cells["consented_on"]),
        "SITEID": cells["site"],
    }


def _head(domain: str, cells: Mapping[str, Cell]) -> dict[str, Cell]:
    study = cells["study"]
    return {
        "STUDYID": study,
        "DOMAIN": domain,
        "USUBJID": f"{study}-{cells['participant']}",
    }


def _dtc(cell: Cell) -> str | None:
    """A day or an instant (UTC) in ISO 8601."""
    if isinstance(cell, datetime):
        return instant_text(cell)
    return cell.isoformat() if isinstance(cell, date) else None
