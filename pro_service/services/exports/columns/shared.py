"""Columns that several tables have: where a row belongs, what was asked, when and how."""

from __future__ import annotations

from typing import Final

from pro_service.services.exports.columns.model import Column

STATES: Final = (
    "completed; late; declined; not_applicable; not_yet_due; due; started; unsent; missed; partial"
)
PERSON: Final = (
    Column(
        *("database", "text", "DBKIND", "Kind of database", "What the database is for"),
        "demo; validation; production",
    ),
    Column("study", "text", "STUDYID", "Study", "Code of the study", source="protocol"),
    Column("participant", "text", "SUBJID", "Participant", "Code of the participant"),
    Column("site", "text", "SITEID", "Site", "Code of the participant's site"),
)
"""Whose row it is."""
TARGET: Final = Column(
    *("target", "text", "TARGET", "Knee or person", "What was asked about"),
    "left_knee; right_knee; person",
)
VISIT: Final = (
    Column(
        *("visit", "text", "VISIT", "Visit that asked"),
        "Visit of the protocol that asked; a late answer stays with it",
        source="protocol",
    ),
    Column(
        *("occurrence", "integer", "OCCUR", "Which visit of this kind"),
        "Which visit of this kind, from 1",
    ),
)
WHERE: Final = (*PERSON, TARGET, *VISIT)
"""Whose, of what and at which visit."""
VISIT_WINDOW: Final = (
    Column(
        *("visit_target_on", "date", "TARGDT", "Day the visit was meant for"),
        "Day the visit was meant for",
        source="derived",
    ),
    Column(
        *("visit_opens_at", "instant", "OPENDTM", "Window opens"),
        "First instant of the visit's window",
        source="derived",
    ),
    Column(
        *("visit_closes_at", "instant", "CLOSEDTM", "Window closes"),
        "First instant after the window; empty: it never closes",
        source="derived",
    ),
)
ASKED: Final = (
    Column(
        *("instrument", "text", "INSTR", "Instrument", "Id of the instrument"), source="protocol"
    ),
    Column(
        *("instrument_version", "text", "INSTRVER", "Version of the instrument"),
        "Version of the instrument",
        source="protocol",
    ),
)
STATE: Final = (
    Column(
        *("state", "text", "STATE", "State of the assessment", "State of the assessment", STATES),
        source="derived",
    ),
)
WHEN: Final = (
    Column(
        *("answered_at", "instant", "ANSDTM", "Answered at"),
        "When the sitting's last answer was given, as claimed",
        source="collected",
    ),
    Column(
        *("answered_on", "date", "ANSDT", "Answered on"),
        "The same as a day of the participant's own calendar",
        source="derived",
    ),
    Column(
        *("study_day", "integer", "ADY", "Study day"),
        "Day of the knee's injection is 1, the day before -1; no 0",
        source="derived",
        unit="d",
    ),
)
HOW: Final = (
    Column(
        *("mode", "text", "MODE", "How it was answered", "How it was answered"),
        "web; text; voice; telephone; paper; tablet; imported: of an earlier study, from a file",
        "collected",
    ),
    Column(
        *("respondent", "text", "EVAL", "Who answered", "Who answered"),
        "self; self_with_reader; proxy",
        "collected",
    ),
    Column(
        *("respondent_relation", "text", "EVALREL", "Relation of a proxy"),
        "What a proxy is to the participant",
        "spouse; child; relative; carer; other",
        "collected",
    ),
    Column(
        *("entered_by", "text", "ENTBY", "Who typed it in"),
        "Who typed it in, where it was told by telephone or on paper",
    ),
    Column("interviewer", "text", "INTVWR", "Interviewer", "Who asked by telephone"),
    Column(
        *("not_for_analysis", "text", "NOTANL", "Not for analysis: why"),
        "What of an entry the protocol does not name for analysis",
        "mode; respondent; both",
        "derived",
    ),
    Column(
        *("second_entry", "text", "SECENT", "Second entry of paper"),
        "Of paper the protocol has typed twice: whether a second entry confirms it by now",
        "not verified; verified",
        "derived",
    ),
    Column(
        *("authentication", "text", "AUTHEN", "How the respondent was known", "How known"),
        "link; link_and_factor; card; card_and_factor; known_number; staff; handover;"
        " handover_and_factor",
    ),
    Column(
        *("card_shown_at", "instant", "CARDDTM", "Card shown at"),
        "When a card was shown at the desk where the sitting began, within the hour before",
    ),
    Column(
        *("language", "text", "LANG", "Language", "Language asked in", "en; zh_CN"),
    ),
    Column(
        *("sitting", "integer", "SITTING", "Sitting"),
        "Which sitting at the assessment stands, from 1; all are kept",
    ),
    Column(
        *("moved_from", "text", "MOVEDFR", "Recorded elsewhere first"),
        "Where the answers were recorded, where a correction moved them: the participant if it was"
        " another, visit, occurrence, target",
    ),
    Column(
        *("release", "text", "RELEASE", "Release of the service"),
        "Release of the service that asked",
    ),
    Column(
        *("instrument_sha256", "text", "INSTSHA", "Hash of the instrument"),
        "Hash of the instrument's rules and neutral labels",
    ),
    Column(
        *("wording_sha256", "text", "WORDSHA", "Hash of the wording"),
        "Hash of the wording shown; the above where no pack was used",
    ),
    Column(
        *("protocol_sha256", "text", "PROTSHA", "Hash of the protocol"),
        "Hash of the participant's protocol version",
    ),
)
