"""The desk's words, dates and states, without a database."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from pro_service.catalog.instrument_files import load_instruments
from pro_service.catalog.protocol_files import example_protocol_file, load_protocol_file
from pro_service.domain.conversation.commands import Command
from pro_service.domain.conversation.staff_replies import WordsProblem
from pro_service.domain.conversation.taking import NotOne
from pro_service.domain.conversation.warning import Sign
from pro_service.domain.delivery.addresses import KINDS
from pro_service.domain.delivery.contacts import RELATIONS, WhyNot
from pro_service.domain.delivery.senders import NoWay
from pro_service.domain.delivery.states import MessageState
from pro_service.domain.instruments.model import LANGUAGES, Language
from pro_service.domain.study.assessments import AssessmentState, taken_together
from pro_service.domain.study.calls import CallReason
from pro_service.domain.study.facts import EventKind, Status
from pro_service.domain.study.follow_up.call_keys import (
    ANOTHER_WAY,
    ASKED_BY_TEXT,
    BAD_NUMBER,
    CONFIRM_NUMBER,
    FIND_NUMBER,
    TEXT_HELD,
)
from pro_service.domain.study.follow_up.undoing import Undoable
from pro_service.domain.study.protocol import Safety, SafetyRule
from pro_service.domain.study.reaching.call_outcomes import READ_IN_TEXT, CallOutcome
from pro_service.domain.study.reaching.reachability import Unreached
from pro_service.domain.study.reminders import EndReason
from pro_service.domain.study.respondents import IMPORTED, RESPONDENTS, SELF
from pro_service.domain.tables.cells import (
    read_channel,
    read_knees,
    read_language,
    read_yes_no,
)
from pro_service.domain.tables.heads import ENROLMENT_HEADS, fold_head, known_heads
from pro_service.messaging.gateway import Effect
from pro_service.services.desk.listing.grid import FIGURES
from pro_service.services.desk.texts import NOTHING_REASONS, ReplyRefused, TakeRefused
from pro_service.services.exports import EVERY_TABLE, FORMATS
from pro_service.services.pages.preferences import REASON
from pro_service.texts.catalogue import load_texts, placeholders
from pro_service.web.desk.enrol.fields import REASON as REASON_FIELD
from pro_service.web.desk.enrol.fields import enrolment_fields
from pro_service.web.desk.words import SHAPES, Words

TEXTS = load_texts("desk")
INSTRUMENTS = load_instruments()
PROTOCOL = load_protocol_file(example_protocol_file()).protocol
FOLDER = Path(__file__).parents[3] / "pro_service" / "web" / "desk"


def words(language: Language = "en") -> Words:
    return Words(TEXTS, language, INSTRUMENTS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_may_be_written_in_the_words_of_the_form(language: Language) -> None:
    heads, said = known_heads(ENROLMENT_HEADS), words(language)
    reads = {
        "language": read_language,
        "channel": read_channel,
        "messaging_consent": read_yes_no,
        "treated_knees": read_knees,
    }
    for field in enrolment_fields(said, ()):
        if field.name != REASON_FIELD:
            assert heads.get(fold_head(field.label)) == field.name, field.label
        for value, label in field.options if field.name in reads else ():
            assert reads[field.name](label) == reads[field.name](value), label


def test_both_languages_have_the_same_keys_and_placeholders() -> None:
    assert TEXTS.keys("en") == TEXTS.keys("zh_CN")
    for key in TEXTS.keys("en"):
        assert placeholders(TEXTS.pattern(key, "en")) == placeholders(TEXTS.pattern(key, "zh_CN"))


def test_every_code_the_record_can_hold_has_a_word() -> None:
    kinds: dict[str, list[str]] = {
        "state": list(AssessmentState),
        "letter": list(AssessmentState),
        "status": list(Status),
        "event": list(EventKind),
        "message": list(MessageState),
        "command": list(Command),
        "call": [
            *(*CallReason, *NoWay, "not_understood", "too_long"),
            *(ASKED_BY_TEXT, BAD_NUMBER, TEXT_HELD, CONFIRM_NUMBER, ANOTHER_WAY, FIND_NUMBER),
        ],
        "end": [*EndReason, *NoWay, "sent", "not_delivered", "too_long"],
        "outcome": list(CallOutcome),
        "unreached": list(Unreached),
        "figure.rows": list(FIGURES),
        "disposition": ["answer", "command", "needs_reading", "reaction", "unknown"],
        "rule": [
            *(rule.id for rule in PROTOCOL.safety.rules),
            *(sign.rule for sign in Sign),
            READ_IN_TEXT,
        ],
        "settled": ["reply", "call", "alert", "answer", "nothing"],
        "nothing": list(NOTHING_REASONS),
        "undone": list(Undoable),
        "done": [f"undone_{one}" for one in Undoable],
        "message_kind": ["reminder", "reply", "notice", "staff"],
        "reply_refused": [*ReplyRefused, *WhyNot],
        "take_refused": [*TakeRefused, *NotOne],
        "own_words": ["forbidden", *(f"{one}.plain" for one in WordsProblem)],
        "mode": ["web", "text", "voice", "telephone", "paper", "tablet", IMPORTED],
        "tablet": ["waiting", "unused", "opened", "answering"],
        "tablet_end": ["sent", "given_back", "idle", "taken_back", "replaced"],
        "gap": ["skipped", "not_applicable", "not_reached", "refused", "unreadable"],
        "respondent": [one.word for one in RESPONDENTS if one != SELF],
        "reason": [REASON],
        "whose": list(RELATIONS),
        "export_table": list(EVERY_TABLE),
        "export_format": list(FORMATS),
        "address": list(KINDS),
    }
    keys = TEXTS.keys("en")
    missing = [
        f"{kind}.{code}"
        for kind, codes in kinds.items()
        for code in codes
        if f"desk.{kind}.{code}" not in keys
    ]
    assert missing == []
    scales = {scale.code for one in INSTRUMENTS.values() for scale in one.scales}
    assert {f"desk.scale.{code}" for code in scales} <= keys


def test_every_reason_a_message_can_have_is_said_in_words() -> None:
    """Staff see why: the reasons the code and the queries write are all in the catalogues."""
    package = FOLDER.parents[1]
    delivery = (package / "services" / "texting" / "delivery.py").read_text(encoding="utf-8")
    # Reasons are the only plain strings there of more than one word.
    found = set(re.findall(r'(?<!")"([a-z\']+(?: [a-z\']+)+)"(?!")', delivery))
    for path in (package.parent / "sql" / "queries").rglob("*.sql"):
        found |= set(re.findall(r"state_reason = '([a-z ]+)'", path.read_text(encoding="utf-8")))
    found |= set(get_args(Effect))
    assert len(found) >= 13, found
    unsaid = {reason for reason in found if words("zh_CN").why(reason).isascii()}
    assert unsaid == set()
    by_service = (
        "confirmed by text",
        "text read",
        "reached again",
        "wrong number",
        "another number given",
        "alert acted on",
    )
    for outcome in (*by_service, "window closed", "answered"):  # of calls
        assert not words("zh_CN").word("end", outcome).isascii()


def test_every_text_we_write_has_a_name_at_the_desk() -> None:
    named = {
        key.removeprefix("desk.template.")
        for key in TEXTS.keys("en")
        if key.startswith("desk.template.")
    }
    assert named <= load_texts().keys("en") | {
        "closing.thanks",
        "lost",
    }  # of a text a restore has no words


def test_every_key_a_template_names_has_words() -> None:
    found = set()
    for path in (FOLDER / "templates").glob("*.html"):
        source = path.read_text(encoding="utf-8")
        found |= set(re.findall(r"\bt\([\"']([a-z_0-9.]+[a-z_0-9])[\"'][,)]", source))
    assert len(found) > 90
    assert {key for key in found if f"desk.{key}" not in TEXTS.keys("en")} == set()


def test_every_key_the_code_names_has_words() -> None:
    found = set()
    for path in FOLDER.glob("*.py"):
        source = path.read_text(encoding="utf-8")
        found |= set(re.findall(r"\.text\(\s*\"([a-z_.]+)\"", source))
    assert len(found) > 20
    assert {key for key in found if f"desk.{key}" not in TEXTS.keys("en")} == set()


def test_no_two_states_look_alike() -> None:
    assert len(set(SHAPES.values())) == len(AssessmentState)
    for language in LANGUAGES:
        letters = [words(language).text(f"letter.{state}") for state in AssessmentState]
        assert len(set(letters)) == len(letters)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_words_shout(language: Language) -> None:
    for key in TEXTS.keys(language):
        assert not re.search("[!！]", TEXTS.pattern(key, language)), key


def test_times_are_said_in_the_zone_given() -> None:
    at = datetime(2026, 3, 2, 17, 30, tzinfo=UTC)
    shanghai = ZoneInfo("Asia/Shanghai")
    assert words().instant(at, shanghai) == "Tue 3 Mar 2026, 01:30"
    assert words("zh_CN").instant(at, shanghai) == "2026年3月3日周二 01:30"
    assert words().day(date(2026, 3, 2)) == "Mon 2 Mar 2026"


def test_a_window_that_closes_at_midnight_lasts_to_the_end_of_the_day_before() -> None:
    london = ZoneInfo("Europe/London")
    midnight = datetime(2026, 3, 3, tzinfo=UTC)
    assert words().until(midnight, london) == "until the end of Mon 2 Mar 2026"
    noon = datetime(2026, 3, 3, 12, tzinfo=UTC)
    assert words().until(noon, london) == "until Tue 3 Mar 2026, 12:00"
    assert words().until(None, london) == "with no closing day"


def test_a_rule_is_said_with_the_bounds_of_the_participants_protocol() -> None:
    assert words().rule(PROTOCOL, "warning_sign") == "Warning sign reported"
    assert words().rule(PROTOCOL, "severe_pain") == (
        "Severe pain: 7 or more, within 14 days after: Injection"
    )
    assert words().rule(PROTOCOL, "some_other_rule") == "some other rule"


def test_a_rule_about_a_change_names_its_scale_step_and_event() -> None:
    rule = SafetyRule(
        id="pain_rise",
        instruments=("koos",),
        scale="pain",
        below_baseline=20,
        within_days=3,
        after=EventKind.rescue_injection,
    )
    protocol = PROTOCOL.model_copy(update={"safety": Safety(rules=(rule,))})
    assert words().rule(protocol, "pain_rise") == (
        "Pain has risen: score of Pain, at least 20 below baseline, "
        "within 3 days after: Rescue injection"
    )
    assert words("zh_CN").rule(protocol, "pain_rise").endswith("补救注射后 3 天内")
    assert words().instruction(protocol, "pain_rise") is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_alert_says_what_the_protocol_tells_to_do(language: Language) -> None:
    told = PROTOCOL.safety.rules[0].instruction[language]
    said = words(language).instruction(PROTOCOL, "warning_sign")
    assert said is not None
    assert said.endswith(told)
    assert words(language).instruction(PROTOCOL, "symptom_in_words") is None


def test_numbers_are_rounded_for_reading_and_missing_ones_are_dashes() -> None:
    assert words().score("12.345000000000") == "12.35"
    assert words().score("7.000000000000") == "7"
    assert words().score(None) == "–"
    assert words().share(1, 3) == "33 %"
    assert words().share(0, 0) == "–"


@pytest.mark.parametrize(
    ("states", "together"),
    [
        (["completed", "completed"], "completed"),
        (["completed", "late"], "late"),
        (["completed", "due"], "started"),
        (["due", "due"], "due"),
        (["missed", "completed"], "partial"),
        (["missed", "partial"], "partial"),
        (["missed", "declined"], "missed"),
        (["not_yet_due"], "not_yet_due"),
    ],
)
def test_a_visit_is_as_far_as_what_is_still_open_at_it(states: list[str], together: str) -> None:
    assert taken_together([AssessmentState(one) for one in states]) == together
