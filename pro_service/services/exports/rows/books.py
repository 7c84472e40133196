"""Rows about the tables themselves: the catalogue's instruments, and the code book."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pro_service.domain.instruments.model import Instrument, Item, Scale, Total
from pro_service.services.exports.columns import Cell, Row, Table
from pro_service.services.exports.columns.books import INSTRUMENTS


def codebook_rows(tables: Iterable[Table]) -> Iterator[Row]:
    """A row for each column of these tables."""
    for table in tables:
        for one in table.columns:
            told = (one.type, one.meaning, one.values, one.short, one.label, one.unit, one.source)
            yield (f"{table.name}.csv", one.name, *told)


def instrument_rows(instruments: Iterable[Instrument]) -> Iterator[Row]:
    """A row for each item and scale, with its neutral label."""
    for instrument in instruments:
        for item in instrument.items:
            yield INSTRUMENTS.row(_item(instrument, item))
        for scored in instrument.results:
            yield INSTRUMENTS.row(_scale(instrument, scored))


def _item(instrument: Instrument, item: Item) -> dict[str, Cell]:
    meanings = [f"{choice.value}={choice.label['en']}" for choice in item.choices] or [
        f"{value}={words['en']}"
        for value, words in ((item.minimum, item.low_anchor), (item.maximum, item.high_anchor))
        if words
    ]
    return _row(instrument, "item", item.code) | {
        "label_en": item.label["en"],
        "label_zh_CN": item.label["zh_CN"],
        "lowest": item.minimum,
        "highest": item.maximum,
        "choices": "; ".join(meanings),
        "direction": instrument.direction,
    }


def _scale(instrument: Instrument, scored: Scale | Total) -> dict[str, Cell]:
    return _row(instrument, "scale", scored.code) | {
        "lowest": scored.minimum,
        "highest": scored.maximum,
        "rule": scored.rule,
        "made_of": "; ".join(scored.items if isinstance(scored, Scale) else scored.scales),
        "minimum_answered": scored.minimum_answered if isinstance(scored, Scale) else None,
        "direction": instrument.direction_of(scored),
        "scoring_version": instrument.scoring_version,
    }


def _row(instrument: Instrument, kind: str, code: str) -> dict[str, Cell]:
    systems = ("cdisc", "sponsor", "loinc") if kind == "item" else ("loinc",)
    codes = [
        f"{system}={instrument.codes[f'{system}_{code}']}"
        for system in systems
        if f"{system}_{code}" in instrument.codes
    ]
    if "cdisc_qscat" in instrument.codes:
        codes.append(f"cdisc_qscat={instrument.codes['cdisc_qscat']}")
    empty: dict[str, Cell] = dict.fromkeys(column.name for column in INSTRUMENTS.columns)
    return empty | {
        "instrument": instrument.id,
        "instrument_version": instrument.version,
        "kind": kind,
        "code": code,
        "codes": "; ".join(codes),
        "citation": instrument.citation,
    }
