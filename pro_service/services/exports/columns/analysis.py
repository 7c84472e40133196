"""Tables of measures, and of everything that is analysed stacked: `adpro`."""

from __future__ import annotations

from typing import Final

from pro_service.services.exports.columns.model import Column, Table
from pro_service.services.exports.columns.shared import PERSON, TARGET, VISIT

_MEASURED: Final = (
    Column("measure", "text", "MEASURE", "Measure", "Id of the measure", source="protocol"),
    Column(
        *("measure_version", "text", "MEASVER", "Version of the measure"),
        "Version of the measure",
        source="protocol",
    ),
    Column(
        *("label_en", "text", "LABELEN", "Name of the measure", "Neutral name of the measure"),
        source="protocol",
    ),
    Column(
        *("region", "text", "REGION", "Region", "Code of the region it was taken of"),
        source="collected",
    ),
    Column(
        *("layer", "text", "LAYER", "Layer", "Code of the layer it was taken of"),
        source="collected",
    ),
)
MEASURES: Final = Table(
    "measures",
    "value of a measure as it stood, of every reader and every read, or why there is none",
    (
        *PERSON,
        TARGET,
        *VISIT,
        *_MEASURED,
        Column(
            *("measured_on", "date", "MEASDT", "Measured on"),
            "Day of the examination, of the participant's own calendar",
            source="collected",
        ),
        Column(
            *("study_day", "integer", "ADY", "Study day"),
            "Day of the knee's injection is 1, the day before -1; no 0",
            source="derived",
            unit="d",
        ),
        Column("value", "decimal", "VALUE", "Value", "The value", source="collected"),
        Column("unit", "text", "UNIT", "Unit", "Its unit, in UCUM's words", source="protocol"),
        Column(
            *("missing_reason", "text", "REASND", "Why there is no value"),
            "Why there is no value",
            "not_done; refused; unreadable; not_applicable; withdrew_data_use",
            "collected",
        ),
        Column("reader", "text", "READER", "Reader", "Who read it", source="collected"),
        Column(
            *("read_number", "integer", "READNO", "Read"),
            "1: the read; higher: a hidden repeat of it; 0: settled by adjudication",
        ),
        Column("scanner", "text", "SCANNER", "Scanner", "Which scanner", source="collected"),
        Column(
            *("field_strength", "decimal", "FIELDSTR", "Field strength"),
            "Field strength of the scanner",
            source="collected",
            unit="T",
        ),
        Column(
            *("study_uid", "text", "STUDYUID", "Study Instance UID"),
            "DICOM's name for the images, which stay in the archive",
            source="collected",
        ),
        Column("file", "text", "SRCFILE", "File", "File that brought it; empty: it was typed"),
        Column("file_row", "integer", "SRCROW", "Row of the file", "Row of that file"),
        Column("entry", "text", "ENTRYID", "Value", "Id of the value, through its corrections"),
        Column(
            *("corrections", "integer", "NCORR", "Earlier revisions"),
            "Earlier revisions of it; all are kept",
        ),
        Column("recorded_at", "instant", "RECDTM", "Recorded at", "When what stands was recorded"),
        Column("recorded_by", "text", "RECBY", "Recorded by", "Who recorded it"),
        Column(
            *("definition_sha256", "text", "MEASSHA", "Hash of the measure"),
            "Hash of the measure's definition when it was recorded",
        ),
    ),
)

ADPRO: Final = Table(
    "adpro",
    "value to analyse, of scores and measures alike (in the manner of ADaM's BDS)",
    (
        *PERSON,
        TARGET,
        Column(
            *("parameter_code", "text", "PARAMCD", "Parameter code"),
            "Code of the scale, or of the measure with its region and layer; the parameter says it",
            source="derived",
        ),
        Column("parameter", "text", "PARAM", "Parameter", "What AVAL is of", source="derived"),
        Column(
            *("category", "text", "PARCAT1", "Category", "Where it comes from"),
            "PRO; imaging; clinic",
            "derived",
        ),
        Column(
            *("analysis_visit", "text", "AVISIT", "Analysis visit"),
            "Visit it stands for; baseline: before the knee's injection",
            source="derived",
        ),
        Column(
            *("analysis_visit_number", "integer", "AVISITN", "Analysis visit (N)"),
            "Nominal day after the injection, a month as 30 days; 0 for baseline",
            source="derived",
        ),
        Column(
            *("analysis_date", "date", "ADT", "Analysis date"),
            "Day of the sitting's last answer, or of the examination",
            source="derived",
        ),
        Column(
            *("study_day", "integer", "ADY", "Analysis relative day"),
            "Day of the knee's injection is 1, the day before -1; no 0",
            source="derived",
            unit="d",
        ),
        Column(
            *("value", "decimal", "AVAL", "Analysis value"),
            "The score on 0-100 where the scale has one, else raw; the measure's value",
            source="derived",
        ),
        Column("unit", "text", "AVALU", "Unit", "The measure's unit, in UCUM's words"),
        Column(
            *("baseline", "decimal", "BASE", "Baseline value"),
            "Value at baseline",
            source="derived",
        ),
        Column(
            *("change", "decimal", "CHG", "Change from baseline"),
            "Value less baseline; after the injection alone",
            source="derived",
        ),
        Column(
            *("percent_change", "decimal", "PCHG", "Percent change from baseline"),
            "Change in percent of baseline; empty if that is 0",
            source="derived",
            unit="%",
        ),
        Column(
            *("is_baseline", "yes/no", "ABLFL", "Baseline record"),
            "It is the baseline",
            source="derived",
        ),
        Column(
            *("analysis_record", "yes/no", "ANL01FL", "Analysis record"),
            "It stands for its analysis visit: one for each knee, parameter and visit",
            source="derived",
        ),
        Column(
            *("derivation", "text", "DTYPE", "Derivation type", "How it was derived, if it was"),
            "partial; unsent; mean of readers",
            "derived",
        ),
        Column(
            *("pair_gap_days", "integer", "PAIRGAP", "Days to the nearest sitting"),
            "Of a measure: its day less that of the nearest sitting about the same knee",
            source="derived",
            unit="d",
        ),
        Column(
            *("visit", "text", "VISIT", "Visit that asked"),
            "Visit of the protocol that asked or measured",
            source="protocol",
        ),
        VISIT[1],
        Column(
            *("instrument", "text", "INSTR", "Instrument or measure"),
            "Id of the instrument or measure",
            source="protocol",
        ),
        Column(
            *("scale", "text", "SCALE", "Scale", "Code of the scale; empty: a measure"),
            source="protocol",
        ),
        Column(
            *("source_key", "text", "SRCKEY", "Source"),
            "Table, and the sitting there by visit, occurrence and number, or the value's id",
        ),
        Column(
            *("informed", "yes/no", "INFORMED", "Saw their own trend"),
            "Whether participants see their own scores over time from the start, by the plan",
            source="protocol",
        ),
    ),
)
