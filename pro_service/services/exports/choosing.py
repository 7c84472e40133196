"""Which formats and tables an export has, by the names people type."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from pro_service.domain.instruments.model import Instrument
from pro_service.services.exports.columns import FREE_TEXT, TABLES
from pro_service.services.exports.formats import CsvWriter, Writer
from pro_service.services.exports.formats.dataset_json import DatasetJsonWriter
from pro_service.services.exports.formats.errors import FormatError
from pro_service.services.exports.formats.fhir import FhirWriter
from pro_service.services.exports.formats.odm import OdmWriter
from pro_service.services.exports.formats.parquet import ParquetWriter
from pro_service.services.exports.formats.statistics import DtaWriter, SavWriter
from pro_service.services.exports.formats.xlsx import XlsxWriter
from pro_service.services.exports.formats.xpt import XptWriter
from pro_service.services.exports.free_text import FreeTextError
from pro_service.services.exports.sdtm import WithSdtm

Instruments = Mapping[str, Instrument]
"""The catalogue's, by id, with neutral labels: licensed wording goes nowhere."""

FORMATS: Final[Mapping[str, Callable[[Instruments], Writer]]] = {
    "csv": lambda _: CsvWriter(),
    "xlsx": lambda _: XlsxWriter(),
    "odm": OdmWriter,
    "dataset-json": lambda instruments: WithSdtm(DatasetJsonWriter(), instruments),
    "xpt": lambda instruments: WithSdtm(XptWriter(), instruments),
    "sav": lambda _: SavWriter(),
    "dta": lambda _: DtaWriter(),
    "parquet": lambda _: ParquetWriter(),
    "fhir": FhirWriter,
}
"""Every format by its name, made for one export."""
NEEDS: Final[Mapping[str, str]] = {"odm": "items", "fhir": "items"}
"""A table without which a format would say nothing."""


def choose_tables(typed: str | None, *, free_text: bool = False) -> frozenset[str]:
    """Tables by their names with commas between them; None: every one but that of free text, which
    is asked for apart. Unknown ones are refused by the export itself. Raises FreeTextError.
    """
    tables = frozenset(TABLES) if typed is None else frozenset(_listed(typed))
    if FREE_TEXT in tables and not free_text:
        raise FreeTextError(
            f"The table {FREE_TEXT} is free text, which is asked for apart.",
            mend="Add --free-text.",
        )
    return tables | {FREE_TEXT} if free_text else tables


def choose_formats(
    typed: str, tables: frozenset[str], instruments: Instruments
) -> Callable[[], tuple[Writer, ...]]:
    """Formats by their names with commas between them. Raises FormatError."""
    names = listed_formats(typed)
    unknown = [name for name in names if name not in FORMATS]
    if unknown or not names:
        raise FormatError(
            f"There is no format {unknown[0]}." if unknown else "No format is named.",
            mend=f"Known: {', '.join(FORMATS)}.",
        )
    for name in names:
        if name in NEEDS and NEEDS[name] not in tables:
            raise FormatError(
                f"The format {name} is made of the table {NEEDS[name]}, which is left out.",
                mend=f"Name {NEEDS[name]} among the --tables, or leave {name} out.",
            )
    made = tuple(FORMATS[name](instruments) for name in names)
    return lambda: made


def listed_formats(typed: str) -> tuple[str, ...]:
    """The names of formats with commas between them, each once."""
    return tuple(dict.fromkeys(_listed(typed)))


def formats_at_hand() -> frozenset[str]:
    """The formats whose libraries are installed here."""
    return frozenset(name for name in FORMATS if _is_at_hand(name))


def _is_at_hand(name: str) -> bool:
    try:
        FORMATS[name]({})
    except FormatError:
        return False
    return True


def _listed(typed: str) -> Iterable[str]:
    return [name for part in typed.split(",") if (name := part.strip())]
