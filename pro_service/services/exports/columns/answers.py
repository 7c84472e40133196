"""Tables of what was answered: scores, items and the endpoints computed of them."""

from __future__ import annotations

from typing import Final

from pro_service.services.exports.columns.model import Column, Table
from pro_service.services.exports.columns.shared import (
    ASKED,
    HOW,
    PERSON,
    STATE,
    STATES,
    VISIT,
    VISIT_WINDOW,
    WHEN,
    WHERE,
)

_FIGURES: Final = (
    Column(
        *("basis", "text", "BASIS", "What the score is made of"),
        "Sittings sent in and others never mix",
        "complete; unsent; partial",
        "derived",
    ),
    Column(
        *("raw", "decimal", "RAW", "Raw score", "Raw score, 12 decimal places at most"),
        source="derived",
    ),
    Column(
        *("score_0_100", "decimal", "SCORE100", "Score on 0-100"),
        "Raw score's place in its range, on 0-100",
        source="derived",
    ),
    Column(
        *("lowest", "integer", "LOWEST", "Lowest possible raw score", "Lowest possible raw score"),
        source="protocol",
    ),
    Column(
        *("highest", "integer", "HIGHEST", "Highest possible raw score"),
        "Highest possible raw score",
        source="protocol",
    ),
    Column(
        *("direction", "text", "DIRECTN", "What a higher score means"),
        "What a higher score means",
        "higher is worse; higher is better; none",
        "protocol",
    ),
    Column(
        *("answered", "integer", "NANSWER", "Items answered", "Items answered"), source="derived"
    ),
    Column(
        *("imputed", "integer", "NIMPUT", "Items imputed"),
        "Missing items the rule made up for",
        source="derived",
    ),
    Column(
        *("missing_reason", "text", "REASND", "Why there is no score", "Why there is no score"),
        f"too_few_answered; scale_absent; not_scored; withdrew_data_use; {STATES}",
        "derived",
    ),
)
_DERIVED: Final = (
    Column(
        *("in_window", "yes/no", "INWINDOW", "Answered within the window"),
        "Answered within the window of the visit that asked",
        source="derived",
    ),
    Column(
        *("analysis_visit", "text", "AVISIT", "Analysis visit"),
        "Visit whose target day is nearest to the answer's day",
        source="derived",
    ),
    Column(
        *("is_baseline", "yes/no", "ISBASE", "Baseline"),
        "The last scorable sitting before the knee's injection",
        source="derived",
    ),
    Column(
        *("baseline_raw", "decimal", "BASERAW", "Raw score at baseline"),
        "The baseline's raw score",
        source="derived",
    ),
    Column(
        *("change_raw", "decimal", "CHGRAW", "Change of the raw score"),
        "Raw score less that of the baseline",
        source="derived",
    ),
    Column(
        *("baseline_0_100", "decimal", "BASE100", "Baseline on 0-100"),
        "The baseline's score on 0-100",
        source="derived",
    ),
    Column(
        *("change_0_100", "decimal", "CHG100", "Change on 0-100"),
        "Score less baseline, on 0-100",
        source="derived",
    ),
    Column(
        *("percent_improvement", "decimal", "PIMPROV", "Improvement in percent of baseline"),
        "Improvement in percent of baseline; empty if that is 0",
        source="derived",
        unit="%",
    ),
    Column(
        *("average_0_100", "decimal", "AVG100", "Average since baseline on 0-100"),
        "Area under the curve since baseline divided by its days",
        source="derived",
    ),
    Column(
        *("thresholds", "text", "THRESH", "Thresholds reached or not"),
        "Thresholds of this scale, reached or not",
        "name=yes; name=no",
        "derived",
    ),
)
SCORES: Final = Table(
    "scores",
    "participant, target, visit, instrument and scale asked, with the score or why there is none",
    (
        *WHERE,
        *VISIT_WINDOW,
        *ASKED,
        Column("scale", "text", "SCALE", "Scale", "Code of the scale", source="protocol"),
        *STATE,
        *_FIGURES,
        *WHEN,
        *_DERIVED,
        *HOW,
        Column(
            *("scoring_version", "text", "SCOREVER", "Version of the scoring rules"),
            "Version of the rules the score was computed by",
        ),
        Column(
            *("score_revision", "integer", "SCOREREV", "Revision of the score"),
            "Which revision of the score by these rules, from 1",
        ),
    ),
)

ITEMS: Final = Table(
    "items",
    "participant, target, visit, instrument and item asked, with the answer, the kind of gap or the"
    " assessment's state",
    (
        *WHERE,
        *ASKED,
        Column("item", "text", "ITEM", "Item", "Code of the item", source="protocol"),
        *STATE,
        Column("value", "decimal", "VALUE", "Answer", "The answer", source="collected"),
        Column(
            *("missing_reason", "text", "REASND", "Why there is no answer"),
            "Why there is no answer",
            "skipped; not_applicable; not_reached; refused; unreadable; withdrew_data_use; "
            "or the state",
            "collected",
        ),
        *WHEN,
        Column(
            *("received_at", "instant", "RECDTM", "Received at", "When the answer came in"),
        ),
        Column(
            *("by_text", "yes/no", "BYTEXT", "Answered by text"),
            "Whether this answer was said by text: a sitting begun by text may end on the page, "
            "and the other way round (mode is the sitting's)",
            source="collected",
        ),
        Column(
            *("corrections", "integer", "NCORR", "Earlier answers to the item"),
            "Earlier answers to the item in this sitting; all are kept",
        ),
        *HOW,
    ),
)

_DOMAINS: Final = (
    ("pain", "PAIN", "pain"),
    ("function", "FUNC", "function"),
    ("patient_global", "GLOB", "global rating"),
)
_DECIDED_FROM: Final = tuple(
    column
    for domain, short, words in _DOMAINS
    for column in (
        Column(
            *(f"{domain}_baseline", "decimal", f"{short}BASE", f"Baseline of {words}"),
            f"What the {words} was at baseline, on 0-100 with 0 best",
            source="derived",
        ),
        Column(
            *(f"{domain}_value", "decimal", f"{short}VAL", f"Value of {words}"),
            f"What the {words} was at the visit, on 0-100 with 0 best",
            source="derived",
        ),
    )
)
"""The six values a responder is decided from."""
ENDPOINTS: Final = Table(
    "endpoints",
    "knee and visit after its injection: OMERACT-OARSI responder, its path, or what is missing",
    (
        *WHERE,
        Column(
            *("responder", "text", "RESPOND", "OMERACT-OARSI responder"),
            "OMERACT-OARSI responder",
            "responder; non_responder; not_evaluable",
            "derived",
        ),
        Column("path", "text", "PATH", "Path", "By which path", "A; B", "derived"),
        Column(
            *("reason", "text", "REASND", "What is missing"),
            "What is missing where it cannot be told",
            source="derived",
        ),
        *WHEN[1:],
        *VISIT_WINDOW,
        *_DERIVED[:2],
        Column(
            *("analysis_record", "yes/no", "ANL01FL", "Analysis record"),
            "The pain score it was decided from stands for its analysis visit",
            source="derived",
        ),
        *_DECIDED_FROM,
    ),
)

SITTINGS: Final = Table(
    "sittings",
    "sitting that was begun, the record or not: how, by whom, under which hashes, why it stands",
    (
        *WHERE,
        *ASKED,
        Column(
            *("is_record", "yes/no", "ISRECORD", "It is the record"),
            "It stands for the assessment; every other table has it alone",
            source="derived",
        ),
        Column(
            *("record_because", "text", "RECWHY", "Why it is the record"),
            "What told it from the next best",
            "only; sent; scorable; fuller; nearest; earlier; late",
            "derived",
        ),
        Column("started_at", "instant", "STRTDTM", "Begun at", "When it was begun"),
        Column(
            *("sent_at", "instant", "SENTDTM", "Sent in at"),
            "When it was sent in; empty: it was not",
            source="collected",
        ),
        Column(
            *("answered", "integer", "NANSWER", "Items answered"),
            "Items that have a value in it",
            source="derived",
        ),
        *WHEN,
        *HOW,
        Column(
            *("source_file_sha256", "text", "SRCSHA", "Hash of the file"),
            "Of an earlier study (mode imported): hash of the file that brought it",
        ),
        Column(
            *("source_row", "integer", "SRCROW", "Row of the file"),
            "Row of that file, as a table program counts",
        ),
        Column(
            *("handover_id", "text", "HANDOVER", "Hand-over of the tablet"),
            "Of a sitting on a tablet: the hand-over it belongs to",
        ),
        Column("tablet", "text", "TABLET", "Tablet", "The name of that tablet"),
        Column(
            *("handed_over_by", "text", "HANDBY", "Who handed the tablet over"),
            "Who handed that tablet over",
        ),
    ),
)

ADHERENCE: Final = Table(
    "adherence",
    "visit that is counted: the figures of adherence are the sums of its columns",
    (
        *PERSON,
        *VISIT,
        Column(
            *("visit_state", "text", "VSTATE", "State of the visit"),
            "All it asks as one word, as the desk and the command adherence say it: what is still"
            " open first; partial where some is answered and some missed",
            *(STATES, "derived"),
        ),
        Column(
            *("states", "text", "STATES", "States of what it asks", "States of what it asks"),
            STATES,
            "derived",
        ),
        Column(
            *("expected_and_closed", "yes/no", "EXPECTED", "Expected and closed"),
            "It was to be answered, and no longer can be in time",
            source="derived",
        ),
        Column(
            *("completed_in_window", "yes/no", "INTIME", "Completed in the window"),
            "Of those: everything was sent in before it closed",
            source="derived",
        ),
        Column(
            *("with_help", "yes/no", "WITHHELP", "Answered with help"),
            "Of the completed: something of it was answered with the help of somebody",
            source="derived",
        ),
        Column(
            *("answered_unsent", "yes/no", "UNSENT", "Answered, not sent"),
            "Of the expected and closed: everything is answered, some of it was not sent",
            source="derived",
        ),
        Column(
            *("scorable", "yes/no", "SCORABLE", "Scorable"),
            "Every score exists, whenever it was answered",
            source="derived",
        ),
    ),
)
