"""How a simulated participant reads texts and pages."""

from __future__ import annotations

import pytest

from pro_service.catalog.instrument_files import load_instruments
from pro_service.demo.browser import PageForm, read_page
from pro_service.demo.reading import Reader
from pro_service.domain.conversation.dialogue import ItemReference, TextPart
from pro_service.domain.instruments.model import LANGUAGES, Language
from pro_service.texts.catalogue import TextContext, load_texts

TEXTS = load_texts()
IDS = ("womac-nrs-3.1", "pain-nrs", "pain-nrs-now", "pain-nrs-week", "pga", "safety")
INSTRUMENTS = [load_instruments()[one] for one in IDS]
CONTEXT = TextContext(
    sender="Study team",
    site_telephone="+12025550100",
    emergency_number="911",
    link="http://127.0.0.1:1/q/abc",
    instruments=load_instruments(),
)


def rendered(language: Language, *parts: TextPart) -> str:
    """One text as the service writes it."""
    return TEXTS.render(parts, language, CONTEXT)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_question_of_the_study_is_told_from_every_other(language: Language) -> None:
    reader = Reader(TEXTS, INSTRUMENTS, language)
    for instrument in INSTRUMENTS:
        target = "left_knee" if instrument.asks_about == "knee" else "person"
        for item in instrument.items:
            reference = ItemReference(instrument=instrument.id, item=item.code, target=target)
            key = "prompt.item.choices" if item.choices else "prompt.item"
            words = rendered(language, TextPart(key=key, parameters={"item": reference}))
            found = reader.question("Hello\n" + words)
            assert found is not None
            assert (found.instrument, found.target, found.item) == (instrument.id, target, item)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reply_that_asks_again_did_not_take_the_answer(language: Language) -> None:
    reader = Reader(TEXTS, INSTRUMENTS, language)
    bounds: dict[str, int | str | ItemReference | tuple[ItemReference, ...]]
    bounds = {"minimum": 0, "maximum": 10}
    assert not reader.took(rendered(language, TextPart(key="ask_again.range", parameters=bounds)))
    assert not reader.took(rendered(language, TextPart(key="reading.noted")))
    assert not reader.took(None)
    assert reader.took(rendered(language, TextPart(key="closing.thanks")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_links_and_codes_are_read(language: Language) -> None:
    reader = Reader(TEXTS, INSTRUMENTS, language)
    words = rendered(
        language,
        TextPart(key="reminder.for_code", parameters={"code": "A2B4"}),
        TextPart(key="reminder.link"),
    )
    assert reader.meant_for(words) == "A2B4"
    assert reader.link(words) == CONTEXT.link
    assert reader.meant_for(rendered(language, TextPart(key="reminder.text"))) is None
    assert reader.asks_code(rendered(language, TextPart(key="line.ask_code")))
    assert reader.says_too_late(rendered(language, TextPart(key="nothing_open")))


def test_a_form_sends_what_stands_in_it_and_shows_what_is_open() -> None:
    page = read_page(
        200,
        "/q/s/1",
        '<a class="second" href="/q">on</a><form action="/q/s/1">'
        '<input type="hidden" name="key" value="k"><input type="radio" name="a.x" value="1">'
        '<input type="radio" name="a.x" value="2"><input type="radio" name="a.y" value="3" checked>'
        '<button name="leave" value="1">leave</button></form>',
    )
    assert page.link("second") == "/q"
    form = page.form("/q/language")
    assert form == PageForm(
        "/q/s/1",
        [("key", "k"), ("a.y", "3")],
        {"a.x": ["1", "2"], "a.y": ["3"]},
        [],
        [("leave", "1")],
    )
    assert form.open_choices == {"a.x": ["1", "2"]}


def test_a_page_is_read_as_a_browser_reads_it() -> None:
    page = read_page(
        200,
        "/q",
        '<!-- <form action="/gone"><input name="n"> --><style>a > b {}</style>'
        '<script>"<form action=x>"</script><article name="none"></article>'
        "<FORM method=post action='/q?a=1&amp;b=2'><input name=plain value=7>"
        '<input name="said" value="5 &gt; 4 > &quot;3&quot;" required><input type=checkbox name=no>'
        '<input type="checkbox" name="yes" value="on" checked="checked"><br/></FORM>'
        '<a class="a second" title="1 > 0" href="/q/next">on</a><input name="outside">',
    )
    assert page.form() == PageForm(
        "/q?a=1&b=2",
        [("plain", "7"), ("said", '5 > 4 > "3"'), ("yes", "on")],
        entries=["plain", "said"],
    )
    assert (len(page.forms), page.link("second")) == (1, "/q/next")
