"""Tables of the participants themselves: who, where they stand, what was planned."""

from __future__ import annotations

from typing import Final

from pro_service.services.exports.columns.model import Column, Table
from pro_service.services.exports.columns.shared import PERSON, VISIT_WINDOW

PARTICIPANTS: Final = Table(
    "participants",
    "participant: site, dates, knees, protocol version, where they stand",
    (
        *PERSON,
        Column("enrolled_at", "instant", "ENRDTM", "Enrolled at", "When they were entered"),
        Column("zone", "text", "TZONE", "Time zone", "Time zone of their calendar"),
        Column(
            "treated_knees",
            "text",
            "KNEES",
            "Treated knees",
            "Knees that are treated in the trial",
            values="left_knee; right_knee; both, with a semicolon",
            source="collected",
        ),
        Column(
            "status",
            "text",
            "STATUS",
            "Status",
            "Status in force; a death counts without one",
            source="derived",
        ),
        Column(
            "status_since",
            "instant",
            "STATDTM",
            "In force since",
            "Since when that status is in force",
            source="derived",
        ),
        Column(
            "asking_ended_at",
            "instant",
            "ENDDTM",
            "Asking ended at",
            "Since when nothing is asked of them any more",
            source="derived",
        ),
        Column(
            "left_injected_on",
            "date",
            "LINJDT",
            "Left knee injected on",
            "Day of the first injection of the left knee",
            source="collected",
        ),
        Column(
            "right_injected_on",
            "date",
            "RINJDT",
            "Right knee injected on",
            "Day of the first injection of the right knee",
            source="collected",
        ),
        Column(
            "consent_version",
            "text",
            "CONSVER",
            "Version consented to",
            "Version of the consent that was signed last",
            source="collected",
        ),
        Column(
            "consented_on",
            "date",
            "CONSDT",
            "Consented on",
            "Day on which it was signed",
            source="collected",
        ),
        Column(
            "restricted",
            "yes/no",
            "RESTRICT",
            "Processing restricted",
            "Their data are kept and not processed further",
        ),
        Column(
            "withdrew_data_use",
            "yes/no",
            "WITHDREW",
            "Withdrew the use of the data",
            "Answers and scores are left out of every table",
            source="derived",
        ),
        Column(
            "protocol_sha256",
            "text",
            "PROTSHA",
            "Hash of the protocol",
            "Hash of the protocol version they follow",
        ),
    ),
)

EVENTS: Final = Table(
    "events",
    "event of a participant: planned, and since when it has happened",
    (
        *PERSON,
        Column(
            "kind",
            "text",
            "KIND",
            "Kind",
            "What it is",
            values="consent; screening; randomisation; injection; rescue_injection;"
            " early_termination; death",
            source="collected",
        ),
        Column("ordinal", "integer", "ORDINAL", "Which of its kind", "Which of its kind, from 1"),
        Column(
            "target",
            "text",
            "TARGET",
            "Knee",
            "Which knee, if it concerns one",
            values="left_knee; right_knee; person",
            source="collected",
        ),
        Column(
            "planned_on",
            "date",
            "PLANDT",
            "Planned on",
            "Day for which it is planned",
            source="collected",
        ),
        Column(
            "occurred_at",
            "instant",
            "OCCDTM",
            "Happened at",
            "When it happened; empty: not yet",
            source="collected",
        ),
        Column(
            "occurred_on",
            "date",
            "OCCDT",
            "Happened on",
            "The same as a day of the participant's own calendar",
            source="derived",
        ),
        Column(
            "study_day",
            "integer",
            "STDY",
            "Study day",
            "Day of the first injection is 1, the day before -1; no 0",
            source="derived",
            unit="d",
        ),
        Column(
            "corrections",
            "integer",
            "NCORR",
            "Earlier entries",
            "Earlier words on it; all are kept",
        ),
        Column("recorded_at", "instant", "RECDTM", "Recorded at", "When it was recorded"),
        Column("recorded_by", "text", "RECBY", "Recorded by", "Who recorded it"),
    ),
)

STATUSES: Final = Table(
    "statuses",
    "status of a participant, in the order in which they were recorded",
    (
        *PERSON,
        Column("entry", "text", "ENTRYID", "Entry", "Id of the entry"),
        Column("status", "text", "STATUS", "Status", "The status", source="collected"),
        Column(
            "effective_at",
            "instant",
            "EFFDTM",
            "In force from",
            "From when it holds",
            source="collected",
        ),
        Column(
            "overruled",
            "yes/no",
            "OVERRUL",
            "Never in force",
            "A later one began before it: it never took effect",
            source="derived",
        ),
        Column("recorded_at", "instant", "RECDTM", "Recorded at", "When it was recorded"),
        Column("recorded_by", "text", "RECBY", "Recorded by", "Who recorded it"),
    ),
)

CONSENTS: Final = Table(
    "consents",
    "consent of a participant, or part of one given or taken back",
    (
        *PERSON,
        Column("entry", "text", "ENTRYID", "Entry", "Id of the entry"),
        Column(
            "version", "text", "CONSVER", "Version", "Version of the consent", source="collected"
        ),
        Column(
            "signed_on",
            "date",
            "CONSDT",
            "Signed on",
            "Day on which it was signed",
            source="collected",
        ),
        Column(
            "messages", "yes/no", "MESSAGES", "Messages", "Consents to messages", source="collected"
        ),
        Column(
            "cross_border",
            "yes/no",
            "CROSSBOR",
            "Across the border",
            "Consents to data leaving the country",
            source="collected",
        ),
        Column(
            "caregiver",
            "yes/no",
            "CAREGIVE",
            "Caregiver",
            "Consents to a caregiver who is told",
            source="collected",
        ),
        Column(
            "part",
            "text",
            "PART",
            "Part given or taken back",
            "Which part this entry alone is about; empty: the whole",
            values="messages; cross_border; caregiver",
            source="collected",
        ),
        Column(
            "said_on", "date", "SAIDDT", "Said on", "Day on which that was said", source="collected"
        ),
        Column("recorded_at", "instant", "RECDTM", "Recorded at", "When it was recorded"),
        Column("recorded_by", "text", "RECBY", "Recorded by", "Who recorded it"),
    ),
)

VISITS: Final = Table(
    "visits",
    "visit of a participant: planned, its window, what was asked and when it took place",
    (
        *PERSON,
        Column("visit", "text", "VISIT", "Visit", "Id of the visit", source="protocol"),
        Column(
            "occurrence",
            "integer",
            "OCCUR",
            "Which visit of this kind",
            "Which visit of this kind, from 1",
        ),
        Column(
            "kind",
            "text",
            "KIND",
            "Kind of visit",
            "Kind of visit",
            values="screening; treatment; scheduled; unscheduled; early_termination",
            source="protocol",
        ),
        Column(
            "is_provisional",
            "yes/no",
            "PROVIS",
            "Not yet dated for good",
            "It counts from an event that has not happened",
            source="derived",
        ),
        *VISIT_WINDOW,
        Column(
            "attended_on",
            "date",
            "ATTDT",
            "Took place on",
            "Of screening and treatment: the day of the event that it is for",
            source="collected",
        ),
        Column(
            "first_answered_on",
            "date",
            "FANSDT",
            "First answered on",
            "Day of the first last answer of what it asks",
            source="derived",
        ),
        Column(
            "last_answered_on",
            "date",
            "LANSDT",
            "Last answered on",
            "Day of the last answer of what it asks",
            source="derived",
        ),
        Column(
            "asked",
            "integer",
            "NASKED",
            "Assessments asked",
            "Assessments it asks, by instrument and target",
            source="derived",
        ),
        Column(
            "sent",
            "integer",
            "NSENT",
            "Assessments sent in",
            "Those of them that were sent in, in time or late",
            source="derived",
        ),
        Column(
            "schedule_revision",
            "integer",
            "SCHEDREV",
            "Revision of the schedule",
            "How often the schedule had been made by then",
        ),
        Column(
            "locked_at",
            "instant",
            "LOCKDTM",
            "Locked at",
            "What was recorded of it later is held apart",
        ),
    ),
)
