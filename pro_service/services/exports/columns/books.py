"""Tables about the tables: the catalogue's instruments, and the code book."""

from __future__ import annotations

from typing import Final

from pro_service.services.exports.columns.model import Column, Table

INSTRUMENTS: Final = Table(
    "instruments",
    "item and scale: neutral label, range, rule, CDISC, sponsor's and LOINC codes, citation",
    tuple(
        one._replace(source="protocol")
        for one in (
            Column("instrument", "text", "INSTR", "Instrument", "Id of the instrument"),
            Column(
                *("instrument_version", "text", "INSTRVER", "Version of the instrument"),
                "Version of the instrument",
            ),
            Column(
                *("kind", "text", "KIND", "Item or scale", "What this row describes"), "item; scale"
            ),
            Column("code", "text", "CODE", "Code", "Code of the item or scale"),
            Column(
                *("label_en", "text", "LABELEN", "Neutral label"),
                "Neutral label; never the licensed wording",
            ),
            Column(
                *("label_zh_CN", "text", "LABELZH", "Neutral label in Chinese"),
                "The same in Chinese",
            ),
            Column(*("lowest", "integer", "LOWEST", "Lowest value"), "Lowest answer or raw score"),
            Column(
                *("highest", "integer", "HIGHEST", "Highest value"), "Highest answer or raw score"
            ),
            Column(
                *("choices", "text", "CHOICES", "Choices"),
                "What each answer means, where answers are choices",
            ),
            Column("rule", "text", "RULE", "Rule", "How the scale is computed"),
            Column(
                *("made_of", "text", "MADEOF", "Made of"),
                "Items or scales it is computed from",
            ),
            Column(
                *("minimum_answered", "integer", "MINANS", "Items that must be answered"),
                "Items that must be answered",
            ),
            Column(
                *("direction", "text", "DIRECTN", "What a higher value means"),
                "What a higher answer or score means",
            ),
            Column(
                *("codes", "text", "CODES", "CDISC, sponsor's and LOINC codes"),
                "CDISC, sponsor's and LOINC codes",
            ),
            Column(
                *("scoring_version", "text", "SCOREVER", "Version of the scoring rules"),
                "Version of the rules",
            ),
            Column(*("citation", "text", "CITATION", "Citation"), "Where the rules come from"),
        )
    ),
)

CODEBOOK: Final = Table(
    "codebook",
    "column of every file: short name, label, type, unit, meaning, values, source",
    (
        Column("file", "text", "FILE", "File", "Name of the file"),
        Column("column", "text", "COLUMN", "Column", "Name of the column"),
        Column(
            *("type", "text", "TYPE", "Type"),
            "text, integer, decimal, date, instant (UTC) or yes/no",
        ),
        Column("meaning", "text", "MEANING", "Meaning", "What it says"),
        Column(*("values", "text", "VALUES", "Values"), "Values it may have, where they are few"),
        Column(
            *("short", "text", "SHORT", "Short name"),
            "Its name where names have 8 letters at most",
        ),
        Column("label", "text", "LABEL", "Label", "What it is called where labels are short"),
        Column("unit", "text", "UNIT", "Unit", "Its unit, in the words of UCUM"),
        Column(
            *("source", "text", "SOURCE", "Source", "Where its values come from"),
            "collected; derived; assigned; protocol",
        ),
    ),
)
