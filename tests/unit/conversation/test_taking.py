"""What staff may take as an answer: one number, in range, that nothing beside it changes (R7)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_service.catalog.instrument_files import load_instruments
from pro_service.domain.conversation.reply import understand
from pro_service.domain.conversation.taking import NotOne, one_value
from pro_service.domain.instruments.model import Item
from pro_service.domain.instruments.values import is_permitted

INSTRUMENTS = load_instruments()
PAIN = INSTRUMENTS["pain-nrs"].items[0]
ITEMS = [item for each in INSTRUMENTS.values() for item in each.items]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("my knee is a 4 today, thank you nurse", 4),
        ("I think it is 7 walking", 7),
        ("the pain is four while walking", 4),
        ("doctor says hello, 4/10", 4),
        ("膝盖今天走路6分", 6),
        ("疼得很厉害，9分", 9),
        ("今天走路是4分，谢谢护士", 4),
        ("4", 4),
    ],
)
def test_one_number_among_harmless_words_is_read(text: str, value: int) -> None:
    assert one_value(PAIN, text) == (value, None)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("walking hurts, nurse", NotOne.no_number),
        ("no pain at night", NotOne.no_number),
        ("nurse, 4 or 5", NotOne.several),
        ("4 in the morning nurse and 6 at night", NotOne.several),
        ("7.5 today nurse", NotOne.several),
        ("room 12 nurse", NotOne.out_of_range),
        ("nurse it is not 4", NotOne.changed),
        ("less than 4 nurse", NotOne.changed),
        ("4 but walking is worse", NotOne.changed),
        ("yesterday nurse 4", NotOne.changed),
        ("今天大概4分吧走路", NotOne.changed),
        ("护士，不是4分", NotOne.changed),
        ("昨天走路4分", NotOne.changed),
        ("I took 2 pills", NotOne.counted),
        ("walking 3 times a day", NotOne.counted),
        ("nurse at 4 o'clock", NotOne.counted),
        ("吃了2片药", NotOne.counted),
        ("走了4分钟", NotOne.counted),
        ("走路的时候四分", NotOne.counted),
    ],
)
def test_what_could_mean_something_else_is_not(text: str, why: NotOne) -> None:
    assert one_value(PAIN, text) == (None, why)


@pytest.mark.parametrize("item", ITEMS[:40], ids=lambda item: item.code)
def test_whatever_the_parser_reads_by_itself_is_the_same_here(item: Item) -> None:
    for text in ("0", "1", " 2 ", "3分", "4/10", "10", "-1", "99999"):
        known = understand(item, text).value
        if known is not None:
            assert one_value(item, text).value == known


@given(st.text(max_size=60))
def test_no_text_gives_a_value_outside_the_range(text: str) -> None:
    found = one_value(PAIN, text)
    assert (found.value is None) is (found.why_not is not None)
    assert found.value is None or is_permitted(PAIN, found.value)


@given(st.integers(0, 10), st.integers(0, 10))
def test_two_numbers_are_never_one(one: int, other: int) -> None:
    assert one_value(PAIN, f"nurse {one} walking {other} resting").value is None
