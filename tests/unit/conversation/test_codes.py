"""T7: a code at the head of a text says who answers, and what stands behind it is what they say."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_service.domain.conversation.codes import NamedCode, is_code, read_code
from pro_service.domain.conversation.commands import Command
from pro_service.domain.conversation.routing import LineUser, Route, route

HIS, HERS = "Y68-JH6R", "K3T-9WWA"
USERS = [
    LineUser(participant_id=UUID(int=1), personal_code=HIS),
    LineUser(participant_id=UUID(int=2), personal_code=HERS),
]


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Y68", ""),
        ("y 68", ""),
        (" Ｙ６８ ", ""),
        ("Y68.", ""),
        ("For Y68:", ""),
        ("代码Y68：", ""),
        ("Y68-J", ""),
        ("Y68 JH6", ""),
        ("Y68-JH6R", ""),
        ("y68jh6r", ""),
        ("Y68 4", "4"),
        ("Y68: 4", "4"),
        ("Y68,4", "4"),
        ("For Y68:\n4", "4"),
        ("代码Y68：4", "4"),
        ("Y68-JH6R 6", "6"),
        ("Y68JH6R: 10", "10"),
        ("y68 skip", "skip"),
        ("Y68 my knee is swollen", "my knee is swollen"),
        ("Y68 -4", "-4"),
        ("Y68 4 or 5", "4 or 5"),
    ],
)
def test_t7_a_code_is_read_however_it_is_typed(text: str, rest: str) -> None:
    """T7: `Y68`, `Y68 4`, `Y68-JH6R 6`, and their neighbours."""
    assert read_code([HIS, HERS], text) == NamedCode(0, rest)


@pytest.mark.parametrize(
    "text", ["", "4", "68", "Y6", "Y684", "Y68-4", "4 Y68", "yes Y68", "Y69 4", "my knee Y68"]
)
def test_what_does_not_open_with_a_code_names_nobody(text: str) -> None:
    assert read_code([HIS, HERS], text) is None


def test_a_start_that_several_have_asks_for_more_of_the_code() -> None:
    alike = [HIS, "Y68-K222"]
    assert read_code(alike, "Y68 4") == NamedCode(None, "")
    assert read_code(alike, "Y68-JH6R 4") == NamedCode(0, "4")
    assert read_code(alike, "Y68-K") == NamedCode(1, "")
    both = [
        one.model_copy(update={"personal_code": code})
        for one, code in zip(USERS, alike, strict=True)
    ]
    assert route(both, None, "Y68 4") == Route(kind="ask_code")


def test_a_start_of_digits_alone_may_be_an_answer() -> None:
    assert read_code(["468-JH6R"], "468") is None
    assert read_code(["468-JH6R"], "468-jh6r 4") == NamedCode(0, "4")


def test_a_digit_apart_is_an_answer_though_the_code_goes_on_with_it() -> None:
    assert read_code(["Y68-4H6R"], "Y68 4") == NamedCode(0, "4")
    assert read_code(["Y68-4H6R"], "Y684") == NamedCode(0, "")


def test_behind_a_code_stop_is_still_the_lines() -> None:
    assert route(USERS, None, "Y68 stop") == Route(kind="line", command=Command.stop)
    assert route(USERS, None, "Y68") == Route(
        kind="switch", participant_id=UUID(int=1), in_focus=True
    )
    assert route(USERS, UUID(int=1), "k3t 7") == Route(
        kind="owner", participant_id=UUID(int=2), in_focus=True, said="7"
    )


@given(st.text(max_size=12))
def test_a_whole_code_is_always_read_as_the_route_reads_it(text: str) -> None:
    for place, code in enumerate((HIS, HERS)):
        if is_code(code, text):
            assert read_code([HIS, HERS], text) == NamedCode(place, "")
