"""The columns of every exported table with their meaning: the code book is made of these."""

from __future__ import annotations

from typing import Final, NamedTuple

Cell = str | int | None


class Column(NamedTuple):
    """A column; `type` is text, integer, decimal, date, instant (UTC) or yes/no."""

    name: str
    type: str
    meaning: str
    values: str = ""


_STATES = (
    "completed; late; declined; not_applicable; not_yet_due; due; started; unsent; missed; partial"
)
_WHERE: Final = (
    Column("database", "text", "What the database is for", "demo; validation; production"),
    Column("study", "text", "Code of the study"),
    Column("participant", "text", "Code of the participant"),
    Column("site", "text", "Code of the participant's site"),
    Column("target", "text", "What was asked about", "left_knee; right_knee; person"),
    Column("visit", "text", "Visit of the protocol that asked; a late answer stays with it"),
    Column("occurrence", "integer", "Which visit of this kind, from 1"),
)
_ASKED: Final = (
    Column("instrument", "text", "Id of the instrument"),
    Column("instrument_version", "text", "Version of the instrument"),
)
_STATE: Final = (Column("state", "text", "State of the assessment", _STATES),)
_WHEN: Final = (
    Column("answered_at", "instant", "When the sitting's last answer was given, as claimed"),
    Column("answered_on", "date", "The same as a day of the participant's own calendar"),
    Column("study_day", "integer", "Day of the knee's injection is 1, the day before -1; no 0"),
)
_HOW: Final = (
    Column("mode", "text", "How it was answered", "web; text; voice; telephone; paper; tablet"),
    Column("respondent", "text", "Who answered", "self; self_with_reader; proxy"),
    Column(
        "respondent_relation",
        "text",
        "What a proxy is to the participant",
        "spouse; child; relative; carer; other",
    ),
    Column("entered_by", "text", "Who typed it in, where it was told by telephone or on paper"),
    Column("interviewer", "text", "Who asked by telephone"),
    Column(
        "not_for_analysis",
        "text",
        "What of an entry the protocol does not name for analysis",
        "mode; respondent; both",
    ),
    Column(
        "second_entry",
        "text",
        "Of paper the protocol has typed twice: whether a second entry confirms it by now",
        "not verified; verified",
    ),
    Column(
        "authentication",
        "text",
        "How known",
        "link; link_and_factor; card; card_and_factor; known_number; staff; handover;"
        " handover_and_factor",
    ),
    Column(
        "card_shown_at",
        "instant",
        "When a card was shown at the desk where the sitting began, within the hour before",
    ),
    Column("language", "text", "Language asked in", "en; zh_CN"),
    Column("sitting", "integer", "Which sitting at the assessment stands, from 1; all are kept"),
    Column(
        "moved_from",
        "text",
        "Where the answers were recorded, where a correction moved them: the participant if it was"
        " another, visit, occurrence, target",
    ),
    Column("release", "text", "Release of the service that asked"),
    Column("instrument_sha256", "text", "Hash of the instrument's rules and neutral labels"),
    Column("wording_sha256", "text", "Hash of the wording shown; the above where no pack was used"),
    Column("protocol_sha256", "text", "Hash of the participant's protocol version"),
)

SCORES: Final = (
    *_WHERE,
    Column("visit_target_on", "date", "Day the visit was meant for"),
    Column("visit_opens_at", "instant", "First instant of the visit's window"),
    Column("visit_closes_at", "instant", "First instant after the window; empty: it never closes"),
    *_ASKED,
    Column("scale", "text", "Code of the scale"),
    *_STATE,
    Column("basis", "text", "Sittings sent in and others never mix", "complete; unsent; partial"),
    Column("raw", "decimal", "Raw score, 12 decimal places at most"),
    Column("score_0_100", "decimal", "Raw score's place in its range, on 0-100"),
    Column("lowest", "integer", "Lowest possible raw score"),
    Column("highest", "integer", "Highest possible raw score"),
    Column(
        "direction", "text", "What a higher score means", "higher is worse; higher is better; none"
    ),
    Column("answered", "integer", "Items answered"),
    Column("imputed", "integer", "Missing items the rule made up for"),
    Column(
        "missing_reason",
        "text",
        "Why there is no score",
        f"too_few_answered; scale_absent; not_scored; withdrew_data_use; {_STATES}",
    ),
    *_WHEN,
    Column("in_window", "yes/no", "Answered within the window of the visit that asked"),
    Column("analysis_visit", "text", "Visit whose target day is nearest to the answer's day"),
    Column("is_baseline", "yes/no", "The last scorable sitting before the knee's injection"),
    Column("baseline_raw", "decimal", "The baseline's raw score"),
    Column("change_raw", "decimal", "Raw score less that of the baseline"),
    Column("baseline_0_100", "decimal", "The baseline's score on 0-100"),
    Column("change_0_100", "decimal", "Score less baseline, on 0-100"),
    Column(
        "percent_improvement", "decimal", "Improvement in percent of baseline; empty if that is 0"
    ),
    Column("average_0_100", "decimal", "Area under the curve since baseline divided by its days"),
    Column("thresholds", "text", "Thresholds of this scale, reached or not", "name=yes; name=no"),
    *_HOW,
    Column("scoring_version", "text", "Version of the rules the score was computed by"),
    Column("score_revision", "integer", "Which revision of the score by these rules, from 1"),
)

ITEMS: Final = (
    *_WHERE,
    *_ASKED,
    Column("item", "text", "Code of the item"),
    *_STATE,
    Column("value", "integer", "The answer"),
    Column(
        "missing_reason",
        "text",
        "Why there is no answer",
        "skipped; not_applicable; not_reached; refused; unreadable; withdrew_data_use; "
        "or the state",
    ),
    *_WHEN,
    Column("received_at", "instant", "When the answer came in"),
    Column("corrections", "integer", "Earlier answers to the item in this sitting; all are kept"),
    *_HOW,
)

ENDPOINTS: Final = (
    *_WHERE,
    Column(
        "responder",
        "text",
        "OMERACT-OARSI responder",
        "responder; non_responder; not_evaluable",
    ),
    Column("path", "text", "By which path", "A; B"),
    Column("reason", "text", "What is missing where it cannot be told"),
)

OWN_EVENTS: Final = (
    *_WHERE[:4],
    Column("event", "text", "Id of the event, the same through its corrections"),
    Column("kind", "text", "Id of the protocol's own kind"),
    Column("label_en", "text", "The protocol's name for it"),
    Column("label_zh_CN", "text", "The same in Chinese"),
    Column("target", "text", "Which knee it concerns, if it does", "left_knee; right_knee"),
    Column("began_on", "date", "Its day, or its first day, of the participant's own calendar"),
    Column("ended_on", "date", "The last day of what lasts; empty: it goes on, or had one day"),
    Column("study_day", "integer", "First day; day of the knee's first injection is 1; no 0"),
    Column("dose", "decimal", "Its dose"),
    Column("dose_unit", "text", "The unit of the dose"),
    Column(
        "flagged",
        "yes/no",
        "The protocol flags this kind for the analysis, or the analysis plan names it",
    ),
    Column("missing_reason", "text", "Why its days and dose are left out", "withdrew_data_use"),
    Column("corrections", "integer", "Earlier revisions of it; all are kept"),
    Column("recorded_at", "instant", "When what stands was entered"),
    Column("recorded_by", "text", "Who entered it"),
)

DATA_QUERIES: Final = (
    *_WHERE[:4],
    Column("query", "text", "Id of the data query"),
    Column("visit", "text", "Id of the visit it is about; empty: the participant as a whole"),
    Column("occurrence", "integer", "Which of a visit that comes more than once"),
    Column("instrument", "text", "Id of the instrument it is about, if it is about one"),
    Column("target", "text", "Which knee, or the person", "left_knee; right_knee; person"),
    Column("item", "text", "Code of the item it is about, if it is about one"),
    Column("rule", "text", "The rule that raised it; empty: a person did"),
    Column("state", "text", "Where it stands", "open; answered; closed"),
    Column("raised_at", "instant", "When it was raised"),
    Column("raised_by", "text", "Who raised it"),
    Column("answered_at", "instant", "When it was first answered"),
    Column("answered_by", "text", "Who answered first"),
    Column("closed_at", "instant", "When it was last closed"),
    Column("closed_by", "text", "Who closed it last"),
    Column(
        "steps", "integer", "Answers, closings and re-openings; what was said stays in the record"
    ),
)

SIGNATURES: Final = (
    *_WHERE[:4],
    Column("visit", "text", "Visit that was signed; empty: every one that had closed by then"),
    Column("occurrence", "integer", "Which visit of this kind, from 1"),
    Column("signed_by", "text", "Who signed, as the record names them"),
    Column("printed_name", "text", "Their name as it is printed (21 CFR 11.50)"),
    Column("signed_at", "instant", "When; the record as it stood then is what was signed"),
    Column("meaning", "text", "What the signature means", "reviewed; reviewed_with_gaps"),
    Column("format", "integer", "Number of the format the hash is over"),
    Column("content_sha256", "text", "SHA-256 of what was signed, in that format"),
    Column("stands", "yes/no", "Nothing of it had changed by the instant of the export"),
    Column("changed_since", "integer", "Parts of it that had changed by then"),
)

INSTRUMENTS: Final = (
    Column("instrument", "text", "Id of the instrument"),
    Column("instrument_version", "text", "Version of the instrument"),
    Column("kind", "text", "What this row describes", "item; scale"),
    Column("code", "text", "Code of the item or scale"),
    Column("label_en", "text", "Neutral label; never the licensed wording"),
    Column("label_zh_CN", "text", "The same in Chinese"),
    Column("lowest", "integer", "Lowest answer or raw score"),
    Column("highest", "integer", "Highest answer or raw score"),
    Column("choices", "text", "What each answer means, where answers are choices"),
    Column("rule", "text", "How the scale is computed"),
    Column("made_of", "text", "Items or scales it is computed from"),
    Column("minimum_answered", "integer", "Items that must be answered"),
    Column("direction", "text", "What a higher answer or score means"),
    Column("codes", "text", "CDISC, sponsor's and LOINC codes"),
    Column("scoring_version", "text", "Version of the rules"),
    Column("citation", "text", "Where the rules come from"),
)

CODEBOOK: Final = (
    Column("file", "text", "Name of the file"),
    Column("column", "text", "Name of the column"),
    Column("type", "text", "text, integer, decimal, date, instant (UTC) or yes/no"),
    Column("meaning", "text", "What it says"),
    Column("values", "text", "Values it may have, where they are few"),
)

FILES: Final = {
    "scores.csv": SCORES,
    "items.csv": ITEMS,
    "endpoints.csv": ENDPOINTS,
    "own_events.csv": OWN_EVENTS,
    "data_queries.csv": DATA_QUERIES,
    "signatures.csv": SIGNATURES,
    "instruments.csv": INSTRUMENTS,
    "codebook.csv": CODEBOOK,
}
