"""Tables of what else happened, was asked and was signed."""

from __future__ import annotations

from typing import Final

from pro_service.services.exports.columns.model import Column, Table
from pro_service.services.exports.columns.shared import PERSON

OWN_EVENTS: Final = Table(
    "own_events",
    "event of the protocol's own kinds (what else happened): days, knee, dose, whether it is"
    " flagged for the analysis",
    (
        *PERSON,
        Column(
            *("event", "text", "EVENTID", "Event"),
            "Id of the event, the same through its corrections",
        ),
        Column(
            *("kind", "text", "KIND", "Kind", "Id of the protocol's own kind"), source="protocol"
        ),
        Column(
            *("label_en", "text", "LABELEN", "Name of the kind", "The protocol's name for it"),
            source="protocol",
        ),
        Column(
            *("label_zh_CN", "text", "LABELZH", "Name of the kind in Chinese"),
            "The same in Chinese",
            source="protocol",
        ),
        Column(
            *("target", "text", "TARGET", "Knee", "Which knee it concerns, if it does"),
            "left_knee; right_knee",
            "collected",
        ),
        Column(
            *("began_on", "date", "STDT", "First day"),
            "Its day, or its first day, of the participant's own calendar",
            source="collected",
        ),
        Column(
            *("ended_on", "date", "ENDT", "Last day"),
            "The last day of what lasts; empty: it goes on, or had one day",
            source="collected",
        ),
        Column(
            *("study_day", "integer", "STDY", "Study day of the first day"),
            "First day; day of the knee's first injection is 1; no 0",
            source="derived",
            unit="d",
        ),
        Column("dose", "decimal", "DOSE", "Dose", "Its dose", source="collected"),
        Column(
            *("dose_unit", "text", "DOSEU", "Unit of the dose", "The unit of the dose"),
            source="protocol",
        ),
        Column(
            *("flagged", "yes/no", "FLAGGED", "Flagged for the analysis"),
            "The protocol flags this kind for the analysis, or the analysis plan names it",
            source="derived",
        ),
        Column(
            *("missing_reason", "text", "REASND", "Why days and dose are left out"),
            "Why its days and dose are left out",
            "withdrew_data_use",
            "derived",
        ),
        Column(
            *("corrections", "integer", "NCORR", "Earlier revisions"),
            "Earlier revisions of it; all are kept",
        ),
        Column(*("recorded_at", "instant", "RECDTM", "Entered at"), "When what stands was entered"),
        Column("recorded_by", "text", "RECBY", "Entered by", "Who entered it"),
    ),
)

DATA_QUERIES: Final = Table(
    "data_queries",
    "data query about a participant: what it is about, who raised, answered and closed it, and"
    " when; no words",
    (
        *PERSON,
        Column("query", "text", "QUERYID", "Data query", "Id of the data query"),
        Column(
            *("visit", "text", "VISIT", "Visit"),
            "Id of the visit it is about; empty: the participant as a whole",
            source="protocol",
        ),
        Column(
            *("occurrence", "integer", "OCCUR", "Which visit of this kind"),
            "Which of a visit that comes more than once",
        ),
        Column(
            *("instrument", "text", "INSTR", "Instrument"),
            "Id of the instrument it is about, if it is about one",
            source="protocol",
        ),
        Column(
            *("target", "text", "TARGET", "Knee or person", "Which knee, or the person"),
            "left_knee; right_knee; person",
        ),
        Column(
            *("item", "text", "ITEM", "Item"),
            "Code of the item it is about, if it is about one",
            source="protocol",
        ),
        Column(
            *("rule", "text", "RULE", "Rule that raised it"),
            "The rule that raised it; empty: a person did",
        ),
        Column(
            *("state", "text", "STATE", "Where it stands", "Where it stands"),
            "open; answered; closed",
            "derived",
        ),
        Column("raised_at", "instant", "RAISDTM", "Raised at", "When it was raised"),
        Column("raised_by", "text", "RAISBY", "Raised by", "Who raised it"),
        Column(
            *("answered_at", "instant", "ANSDTM", "First answered at"), "When it was first answered"
        ),
        Column("answered_by", "text", "ANSBY", "First answered by", "Who answered first"),
        Column("closed_at", "instant", "CLOSDTM", "Last closed at", "When it was last closed"),
        Column("closed_by", "text", "CLOSBY", "Last closed by", "Who closed it last"),
        Column(
            *("steps", "integer", "NSTEPS", "Steps taken"),
            "Answers, closings and re-openings; what was said stays in the record",
        ),
    ),
)

SIGNATURES: Final = Table(
    "signatures",
    "signature about a participant's record: whose, what it is of, and whether it stands",
    (
        *PERSON,
        Column(
            *("visit", "text", "VISIT", "Visit signed"),
            "Visit that was signed; empty: every one that had closed by then",
            source="protocol",
        ),
        Column(
            *("occurrence", "integer", "OCCUR", "Which visit of this kind"),
            "Which visit of this kind, from 1",
        ),
        Column(
            *("signed_by", "text", "SIGNBY", "Signed by"), "Who signed, as the record names them"
        ),
        Column(
            *("printed_name", "text", "SIGNNAME", "Printed name"),
            "Their name as it is printed (21 CFR 11.50)",
        ),
        Column(
            *("signed_at", "instant", "SIGNDTM", "Signed at"),
            "When; the record as it stood then is what was signed",
        ),
        Column(
            *("meaning", "text", "SIGNMEAN", "Meaning", "What the signature means"),
            "reviewed; reviewed_with_gaps",
        ),
        Column(*("format", "integer", "FORMAT", "Format"), "Number of the format the hash is over"),
        Column(
            *("content_sha256", "text", "CONTSHA", "Hash of what was signed"),
            "SHA-256 of what was signed, in that format",
            source="derived",
        ),
        Column(
            *("stands", "yes/no", "STANDS", "Stands"),
            "Nothing of it had changed by the instant of the export",
            source="derived",
        ),
        Column(
            *("changed_since", "integer", "NCHANGED", "Parts changed since"),
            "Parts of it that had changed by then",
            source="derived",
        ),
    ),
)
