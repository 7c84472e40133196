"""What a bystander sees: lock screens, titles, addresses, cards. Nothing says what it is about."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from pro_service.catalog.channel_files import load_channels
from pro_service.catalog.instrument_files import load_instruments
from pro_service.catalog.protocol_files import example_protocol_file, load_protocol_file
from pro_service.domain.delivery.templates import telling_words
from pro_service.domain.instruments.model import LANGUAGES, Language
from pro_service.domain.study.protocol import Messaging, Protocol
from pro_service.services.study.previews import Preview
from pro_service.texts.catalogue import load_texts
from pro_service.web.application import ROUTES

PAGES = load_texts("pages")
PROTOCOL = load_protocol_file(example_protocol_file()).protocol
SEEN_BY_ANYBODY = (
    "card.",
    "entrance.",
    "failure.",
    "language.",
    "neutral.",
    "site.title",
    "title.",
    "welcome.",
    "year.",
)
"""Words of titles and cards, and of pages shown before anybody said who they are."""
MORE = (
    "department",
    "orthop",
    "stem",
    "umbilical",
    "injury",
    "骨科",
    "医院",
    "脐带",
    "间充质",
    "门诊",
)


def told(text: str) -> list[str]:
    """What a text tells, by the house's list and by some more."""
    lower = text.lower()
    return [*telling_words(text), *(word for word in MORE if word in lower)]


def test_the_words_looked_for_are_found() -> None:
    assert told("Your knee after the stem cell injection") == ["cell", "injection", "knee", "stem"]
    assert told("骨科医院的膝关节研究") == ["关节", "膝", "骨科", "医院"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_titles_cards_and_pages_before_anybody_came_in_tell_nothing(language: Language) -> None:
    keys = [
        key for key in PAGES.keys(language) if key.removeprefix("page.").startswith(SEEN_BY_ANYBODY)
    ]
    assert len(keys) >= 50
    assert {
        key: told(PAGES.pattern(key, language))
        for key in keys
        if told(PAGES.pattern(key, language))
    } == {}
    assert told(PROTOCOL.study.sender[language]) == []


def test_a_title_is_the_neutral_one_on_every_page() -> None:
    folder = files("pro_service.web.questionnaire").joinpath("templates")
    titles = {
        entry.name: re.findall(r"{% block title %}(.*?){% endblock %}", entry.read_text("utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".html")
    }
    said = {
        word
        for found in titles.values()
        for one in found
        for word in re.findall(r't\("([a-z_.]+)"', one)
    }
    assert len(titles["base.html"]) == 1
    assert said == {"site.title", "title.error"}


def test_no_address_of_a_participants_page_tells_anything() -> None:
    paths = [route.path for route in ROUTES if route.path.startswith(("/q", "/c"))]
    assert len(paths) > 20
    assert [path for path in paths if told(path)] == []


def reminders_of(protocol: Protocol, country: str) -> list[str]:
    """Every reminder at its longest, in every language."""
    preview = Preview(
        load_texts(),
        load_instruments(),
        protocol,
        public_url="https://questions.example",
        rules=[load_channels().rule_for("sms", "twilio", one) for one in [country]],
    )
    return [shown.text for shown in preview.all() if shown.template.startswith("reminder.")]


@pytest.mark.parametrize("country", ["US", "CN"])
def test_the_first_line_of_every_reminder_tells_nothing(country: str) -> None:
    reminders = reminders_of(PROTOCOL, country)
    first_lines = {one.partition("\n")[0] for one in reminders}
    assert len(reminders) > 20
    assert {line: told(line) for line in first_lines if told(line)} == {}


def test_a_whole_reminder_tells_nothing_unless_the_protocol_lets_it_bring_a_question() -> None:
    neutral = PROTOCOL.messaging.model_copy(update={"question_in_reminder": False})
    without = PROTOCOL.model_copy(update={"messaging": neutral})
    assert any(told(text) for text in reminders_of(PROTOCOL, "US"))
    assert [text for text in reminders_of(without, "US") if told(text)] == []
    assert not Messaging().question_in_reminder
