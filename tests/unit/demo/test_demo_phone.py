"""The words of the demo's pages, and how texts, addresses and days become what they show."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from uuid import UUID

import pytest

from pro_service.catalog.protocol_files import example_protocol_file, load_protocol_file
from pro_service.demo.history import FIRST_INJECTION, shifted
from pro_service.demo.moves import evenings
from pro_service.demo.personas import cast
from pro_service.demo.phone.pages import KINDS, bubbles, counted, detail, instant_of
from pro_service.demo.phone.phones import Person
from pro_service.demo.protocol import demo_protocol
from pro_service.domain.instruments.model import LANGUAGES, Language
from pro_service.domain.study.times import zone
from pro_service.store.demo.phone import Happening, PhoneText
from pro_service.texts.catalogue import MissingTextError, load_texts, placeholders
from pro_service.web.desk.words import Words

TEXTS = load_texts("demo")
AT = datetime(2026, 6, 1, 10, 30, tzinfo=UTC)
PERSON = Person(
    UUID(int=1),
    "K-0001",
    "en",
    zone("Asia/Shanghai"),
    "BJ01",
    "text",
    "+12025550101",
    "+12025550199",
    load_protocol_file(example_protocol_file())[0],
    "Y68-J2K",
    by_card=False,
)
WORDS = Words(load_texts("desk"), "en", MappingProxyType({}))


def test_every_key_has_words_with_the_same_placeholders_in_both_languages() -> None:
    assert TEXTS.keys("en") == TEXTS.keys("zh_CN")
    for key in TEXTS.keys("en"):
        assert placeholders(TEXTS.pattern(key, "en")) == placeholders(TEXTS.pattern(key, "zh_CN"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_of_the_demo_shouts(language: Language) -> None:
    for key in TEXTS.keys(language):
        assert not re.search("[!！]", TEXTS.pattern(key, language)), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_may_happen_has_words(language: Language) -> None:
    for kind in KINDS:
        assert TEXTS.text(f"demo.counted.{kind}", language)
        assert TEXTS.text(f"demo.counted_one.{kind}", language)
        assert TEXTS.text(f"demo.happened.{kind}", language)
    with pytest.raises(MissingTextError):
        TEXTS.text("demo.counted.wonder", language)


def test_a_link_leads_to_where_the_demo_serves_now_whatever_its_port_was() -> None:
    body = "Please open\nhttp://127.0.0.1:8080/q/abc123xyz\nThank you <b>"
    text = PhoneText(UUID(int=2), False, body, AT)
    (shown,) = bubbles(PERSON, WORDS, [text], "http://127.0.0.1:9999")
    assert shown.pieces == (
        ("Please open\n", None),
        ("http://127.0.0.1:9999/q/abc123xyz", "/q/abc123xyz"),
        ("\nThank you <b>", None),
    )
    assert shown.at == "Mon 1 Jun 2026, 18:30"


def test_an_address_of_somebody_else_is_no_link() -> None:
    text = PhoneText(UUID(int=2), True, "see https://example.org/page", AT)
    (shown,) = bubbles(PERSON, WORDS, [text], "http://127.0.0.1:9999")
    assert shown.pieces == (("see https://example.org/page", None),)


def test_what_did_not_happen_is_counted_as_none() -> None:
    happened = [Happening(AT, "call", "K-0001", "nudges_unanswered", 3)]
    assert {one.kind: one.total for one in counted(happened)} == {
        **dict.fromkeys(KINDS, 0),
        "call": 3,
    }
    assert detail(WORDS, PERSON, happened[0]) == "The reminders stayed unanswered"


@pytest.mark.parametrize("text", [None, "", "yesterday", "2026-06-01T10:30:00"])
def test_only_an_aware_instant_is_one(text: str | None) -> None:
    assert instant_of(text) is None
    assert instant_of(AT.isoformat()) == AT


def test_a_trial_of_another_day_keeps_its_people_and_their_distances() -> None:
    fixed = cast(1, 12)
    moved = shifted(fixed, datetime(2030, 2, 27, 23, 0, tzinfo=UTC))
    distances = {m.planned_on - f.planned_on for m, f in zip(moved, fixed, strict=True)}
    assert len(distances) == 1
    assert min(one.planned_on for one in moved) >= date(2030, 2, 27) + FIRST_INJECTION
    assert [one.phone for one in moved] == [one.phone for one in fixed]


def test_every_evening_on_the_way_is_a_stop_in_its_zone() -> None:
    found = evenings("America/New_York", AT, AT + timedelta(days=3))
    assert [one.astimezone(zone("America/New_York")).hour for one in found] == [19, 19, 19]
    assert found == sorted(found)
    assert evenings("America/New_York", AT, AT + timedelta(hours=1)) == []


def test_the_demos_study_is_the_example_with_free_text_let_out_by_one_role() -> None:
    example = load_protocol_file(example_protocol_file()).protocol
    study = demo_protocol().protocol.study
    assert study.free_text_visible_to == ("data_manager",)
    assert study == example.study.model_copy(
        update={"free_text_visible_to": study.free_text_visible_to}
    )
