"""Reading a screen's form, and the words of the pages."""

from __future__ import annotations

import re
from importlib.resources import files
from uuid import UUID

import pytest

from pro_service.catalog.instrument_files import load_instruments
from pro_service.domain.instruments.model import LANGUAGES
from pro_service.domain.study.respondents import RESPONDENTS
from pro_service.services.pages.screens import Question, Screen
from pro_service.texts.catalogue import load_texts, placeholders
from pro_service.web.middleware import origin_of
from pro_service.web.questionnaire.forms import (
    is_typed,
    read_key,
    read_left_open,
    read_place,
    read_screen,
)
from pro_service.web.refusals import UnreadableFormError

ID = UUID(int=5)


def screen(instrument_id: str, group: int = 0, *, may_not_apply: bool = False) -> Screen:
    """One untouched screen."""
    instrument = load_instruments()[instrument_id]
    questions = tuple(
        Question(instrument.item(code), number, may_not_apply=may_not_apply, settled=False)
        for number, code in enumerate(instrument.groups[group], start=1)
    )
    return Screen(1, ID, instrument, "left_knee", group, questions)


@pytest.mark.parametrize(("text", "value"), [("0", 0), ("10", 10), (" 7 ", 7), ("７", 7)])
def test_a_whole_number_in_the_range_is_an_answer(text: str, value: int) -> None:
    read = read_screen({"a.pain": text}, screen("pain-nrs"))
    assert [(one.item, one.value, one.gap, one.raw) for one in read.answers] == [
        ("pain", value, None, text)
    ]
    assert read.mistakes == {}


@pytest.mark.parametrize("text", ["11", "-1", "7.5", "3-4", "1e1", "seven", "not_applicable", "٣٣"])
def test_anything_else_is_a_mistake_and_stays_as_entered(text: str) -> None:
    read = read_screen({"a.pain": text}, screen("pain-nrs"))
    assert read.answers == ()
    assert read.mistakes == {"pain": "mistake.choose"}
    assert read.entered == {"a.pain": text}


def test_a_page_of_other_questions_is_not_read_as_this_screen() -> None:
    with pytest.raises(UnreadableFormError):
        read_screen({"was.pain": "", "a.pain": "7"}, screen("womac-nrs-3.1"))


def test_nothing_entered_is_neither_answer_nor_mistake() -> None:
    read = read_screen({"a.pain": "  "}, screen("pain-nrs"))
    assert (read.answers, read.mistakes) == ((), {})


@pytest.mark.parametrize("text", ["42", "42 mm", "42MM"])
def test_a_millimetre_scale_is_typed_with_or_without_its_unit(text: str) -> None:
    read = read_screen({"a.pain_1": text}, screen("womac-vas-3.1"))
    assert [one.value for one in read.answers] == [42]
    assert is_typed(screen("womac-vas-3.1").questions[0].item)


def test_a_number_and_does_not_apply_together_are_asked_again() -> None:
    asked = screen("womac-vas-3.1", may_not_apply=True)
    read = read_screen({"a.pain_1": "4", "x.pain_1": "1", "x.pain_2": "1"}, asked)
    assert read.mistakes == {"pain_1": "mistake.either"}
    assert [(one.item, one.gap) for one in read.answers] == [("pain_2", "not_applicable")]


def test_the_response_shown_comes_along_and_nonsense_in_its_place_is_none() -> None:
    fields = {"a.pain_1": "4", "was.pain_1": str(ID), "a.pain_2": "4", "was.pain_2": "x"}
    read = read_screen(fields, screen("womac-nrs-3.1"))
    assert [one.shown for one in read.answers] == [ID, None]


def test_a_form_without_key_or_place_is_not_ours() -> None:
    for fields in ({}, {"key": "short"}, {"key": "a b c d e f g h"}):
        with pytest.raises(UnreadableFormError):
            read_key(fields)
    for fields in ({}, {"assessment": str(ID)}, {"assessment": str(ID), "group": "-1"}):
        with pytest.raises(UnreadableFormError):
            read_place(fields)
    assert read_place({"assessment": str(ID), "group": "2"}) == (ID, 2)


def test_only_pairs_that_can_be_read_are_left_open() -> None:
    assert read_left_open([f"{ID}:pain", "x:pain", str(ID), ""]) == {(ID, "pain")}


def test_both_languages_have_the_same_page_texts_with_the_same_placeholders() -> None:
    texts = load_texts("pages")
    assert texts.keys("en") == texts.keys("zh_CN")
    for key in texts.keys("en"):
        sets = {placeholders(texts.pattern(key, language)) for language in LANGUAGES}
        assert len(sets) == 1, key


def test_every_page_text_is_used_and_every_used_one_exists() -> None:
    package = files("pro_service.web.questionnaire")
    entries = [
        entry
        for folder in (package, package.joinpath("templates"))
        for entry in folder.iterdir()
        if entry.name.endswith((".py", ".html"))
    ]
    # A card says the same words on paper, and at the desk.
    desk = files("pro_service.web.desk").joinpath("templates", "card.html").read_text("utf-8")
    entries.append(files("pro_service.services.cards").joinpath("pdf.py"))
    sources = [entry.read_text("utf-8") for entry in entries]
    written = "\n".join(sources)
    keys = {key.removeprefix("page.") for key in load_texts("pages").keys("en")}
    assert {key for key in keys if re.match(r"who\.(self|proxy)", key)} == {
        f"who.{one.word}" for one in RESPONDENTS
    }
    dynamic = (
        *("about.", "question.", "language.name_", "failure.", "set.", "way.", "letters."),
        *("who.self", "who.proxy.", "trend.scale.", "trend.range_"),
    )
    for key in keys:
        assert f'"{key}"' in written + desk.replace("'", '"') or key.startswith(dynamic), key
    assert set(re.findall(r'\bt\("([a-z_.]+[a-z])"', written)) <= keys


def test_no_page_text_shouts_or_names_the_illness() -> None:
    texts = load_texts("pages")
    for language in LANGUAGES:
        for key in texts.keys(language):
            words = texts.pattern(key, language)
            assert not re.search(r"[!！]|arthritis|injection|关节炎|注射|(?<!请)你", words), key


def test_an_origin_is_written_as_browsers_write_it() -> None:
    assert origin_of("https://Questions.example/") == "https://questions.example"
    assert origin_of("http://127.0.0.1:8080") == "http://127.0.0.1:8080"
