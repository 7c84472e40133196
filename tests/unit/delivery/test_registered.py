"""Templates: one for each combination, checked as they come in, filled with plain values."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_service.catalog.registration_files import RegistrationFileError, load_registrations
from pro_service.domain.delivery.registered import (
    KEYS,
    RegisteredValueError,
    Registration,
    Template,
    fill,
    registered_key,
    template_problems,
    wrong_value,
)
from pro_service.domain.delivery.segments import segments

ADDRESS = "https://study.example.org/c"
RIGHT = Template(
    key="card.for",
    language="zh_CN",
    code="SMS_1",
    signature="健康随访",
    words="代码以{start}开头的随访卡：您的随访时间已到。",
    variables=("start",),
    approved_on=date(2026, 12, 1),
)
STORED = Registration(id=UUID(int=1), **RIGHT.model_dump(exclude={"approved_on", "retired_on"}))
FILE = """
[[template]]
key = "card"
language = "zh_CN"
code = "SMS_1"
signature = "健康随访"
words = "您的随访时间已到，请登录 https://study.example.org/c 。"
variables = []
approved_on = 2026-12-01
"""


def test_there_is_a_key_for_every_combination() -> None:
    made = {
        registered_key(base, shared=shared, first=first)
        for base in ("card", "unsent")
        for shared in (False, True)
        for first in (False, True)
    }
    assert made == set(KEYS)
    assert len(KEYS) == 8


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"key": "card.late"}, "key: card.late is none"),
        ({"words": "{name}，您的随访时间已到。"}, "may leave open only start"),
        ({"words": "您的随访时间已到。"}, "must say whose card is meant"),
        ({"key": "card"}, "is for keys with `.for` alone"),
        ({"variables": ()}, "variables: must name exactly"),
        ({"words": RIGHT.words + "https://bit.ly/x"}, f"may hold no link but {ADDRESS}"),
        ({"words": RIGHT.words + "【复诊】"}, "hold a bracket"),
        ({"words": RIGHT.words + "长" * 500}, "have not 1 to 500 characters"),
        ({"words": RIGHT.words + "长" * 200}, "segments with the signature"),
        ({"signature": "【健康随访】"}, "signature: has not"),
        ({"signature": "8613800138000"}, "signature: has not"),
        ({"code": " "}, "code: is empty"),
        ({"retired_on": date(2026, 11, 1)}, "retired_on: lies before"),
    ],
)
def test_what_is_wrong_with_a_template_is_said(changed: dict[str, object], said: str) -> None:
    assert template_problems(RIGHT, address=ADDRESS) == []
    found = template_problems(RIGHT.model_copy(update=changed), address=ADDRESS)
    assert said in "; ".join(found)


def test_the_signature_counts() -> None:
    body, parameters = fill(STORED, {"start": "K7P"})
    assert body == "【健康随访】代码以K7P开头的随访卡：您的随访时间已到。"
    assert parameters == (("start", "K7P"),)
    assert segments(body).characters == len(body)


@given(st.text(alphabet=st.sampled_from("K7P长1386+0 .:/htpsw【】[]{}\n"), max_size=40))
def test_what_passes_holds_no_link_bracket_or_mobile_number(value: str) -> None:
    if wrong_value(value) is not None:
        with pytest.raises(RegisteredValueError):
            fill(STORED, {"start": value})
        return
    body, _ = fill(STORED, {"start": value})
    assert len(value) <= 35
    assert not re.search(r"https?:|www\.", value, re.IGNORECASE)
    assert not set(value) & set("【】[]{}\n")
    assert not re.search(r"(?<!\d)1[3-9]\d{9}(?!\d)", value)
    assert segments(body).segments <= 2


def test_a_file_is_read_whole_or_refused_with_every_place(tmp_path: Path) -> None:
    file = tmp_path / "templates.toml"
    file.write_text(FILE, "utf-8")
    (one,) = load_registrations(file, address=ADDRESS)
    assert (one.key, one.code, one.approved_on) == ("card", "SMS_1", date(2026, 12, 1))
    file.write_text(FILE + FILE.replace('code = "SMS_1"', 'code = ""'), "utf-8")
    with pytest.raises(RegistrationFileError) as refused:
        load_registrations(file, address=ADDRESS)
    assert "template.1 (card, zh_CN): code: is empty" in str(refused.value)
    assert "stands twice" in str(refused.value)
    file.write_text(FILE.replace("approved_on = 2026-12-01", ""), "utf-8")
    with pytest.raises(RegistrationFileError, match=r"template\.0\.approved_on: Field required"):
        load_registrations(file, address=ADDRESS)
