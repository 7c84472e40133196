"""What may stand in a registered text: no link, bracket or telephone number, and not too much."""

from __future__ import annotations

import re
import unicodedata
from uuid import UUID

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from pro_service.domain.delivery.registered import wrong_value
from pro_service.domain.delivery.segments import segments
from pro_service.messaging.gateway import OutboundText, Registered, RejectedError
from pro_service.messaging.registered import LONGEST_TEXT, registered_of

PIECES = (
    *("https://", "www.", "t.cn", ".com", "。com", "１３８", "138 0000", "-0000", "【", "]", "<"),
    *(
        "12月1日",
        "8:30",
        "上午",
        "左膝",
        "，",
        " ",
        "0",
        "6",
        "13800000000",
        "٣",
        "\u200b",
        "10.0.0.1",
    ),
)
values = st.one_of(st.lists(st.sampled_from(PIECES), max_size=6).map("".join), st.text(max_size=40))
AN_ADDRESS = re.compile(r"[a-z0-9-]+\.(?:com|cn|org|net|io)\b|https?:|www\.", re.IGNORECASE)


def text(value: str, body: str = "【康复随访】请于12月1日前登录") -> OutboundText:
    """A text whose one variable has this value."""
    return OutboundText(
        message_id=UUID("01890000-0000-7000-8000-000000000001"),
        our_address="康复随访",
        their_address="+8613800000000",
        body=body,
        registered=Registered(code="SMS_1", signature="康复随访", parameters=(("day", value),)),
        status_callback="",
    )


@given(values)
@example("138-0000-0000")
@example("１３８００００００００")
@example("ｗｗｗ．example．com")
def test_accepted_values_hold_no_link_bracket_or_mobile_number(value: str) -> None:
    assume(wrong_value(value) is None)
    shown = unicodedata.normalize("NFKC", value)
    digits = "".join(one for one in shown if one.isdecimal())
    assert 0 < len(value) <= 35
    assert AN_ADDRESS.search(shown) is None
    assert not set("【】[]<>{}") & set(shown)
    numbers = re.findall(r"\d[\d\s-]*", shown)
    for one in numbers:
        joined = re.sub(r"\D", "", one)
        assert not (len(joined) == 11 and joined.startswith("1") and joined[1] in "3456789")
    assert len(digits) <= 35


@given(values, st.text(alphabet="请于前登录ab ", max_size=600))
def test_an_accepted_text_fits_its_segments_with_the_signature(value: str, words: str) -> None:
    body = f"【康复随访】{words}{value}"
    if wrong_value(value) is None and len(body) <= LONGEST_TEXT:
        assert registered_of(text(value, body)).code == "SMS_1"
        assert segments(body).segments <= 8
    else:
        with pytest.raises(RejectedError):
            registered_of(text(value, body))


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("12月1日", None),
        ("2026-12-01", None),
        ("上午8:30", None),
        ("010-6552 9999", None),
        ("K-001", None),
        ("", "has not 1 to 35 characters"),
        ("  ", "has not 1 to 35 characters"),
        ("一" * 36, "has not 1 to 35 characters"),
        ("a\nb", "holds a bracket or a line's end"),
        ("a\u200bb", "holds what no telephone shows"),
        ("见 https://a.cn", "holds a link"),
        ("example.com", "holds a link"),
        ("医院.cn", "holds a link"),
        ("192.168.0.1", "holds a link"),
        ("【通知】", "holds a bracket or a line's end"),
        ("${name}", "holds a bracket or a line's end"),
        ("13800138000", "holds a mobile number"),
        ("138 0013 8000", "holds a mobile number"),
    ],
)
def test_a_value_is_refused_by_a_word_that_says_why(value: str, why: str | None) -> None:
    assert wrong_value(value) == why


def test_words_alone_are_refused_before_any_call() -> None:
    words = text("12月1日").model_copy(update={"registered": None})
    with pytest.raises(RejectedError) as refused:
        registered_of(words)
    assert (refused.value.code, refused.value.effect) == ("no_registration", "hold")
