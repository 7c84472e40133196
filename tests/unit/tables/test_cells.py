"""What cells mean: days, codes, words, heads; and files by their bytes."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pro_service.domain.tables.cells import CellError, read_knees, read_language, read_yes_no
from pro_service.domain.tables.characters import has_control, without_controls
from pro_service.domain.tables.codes import fold_code
from pro_service.domain.tables.days import read_day
from pro_service.domain.tables.heads import ENROLMENT_HEADS, fold_head, known_heads
from pro_service.services.base.phones import PhoneError, example_of, parse_phone, short_of
from pro_service.tables import TableFileError, read_table
from tests.support.sheets import as_workbook

FIRST = date(2026, 12, 1)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "2026-12-01",
            "2026/12/1",
            "2026.12.1",
            "20261201",
            "2026年12月1日",
            "2026 年 12 月 1 日",
        ),
        *("２０２６／１２／１", "二〇二六年十二月一日", "2026-12-01 00:00:00", "2026-12-01T00:00"),
        *("1 Dec 2026", "Dec 1, 2026", "01-Dec-2026", "2026-Dec-01", "2026年12月1日 星期二"),
        *("2026–12–01", "Tuesday, December 1, 2026", "\u00a02026-12-01\u3000", '="2026-12-01"'),
    ],
)
def test_a_day_is_read_in_every_spelling_that_means_one_day(text: str) -> None:
    assert read_day(text) == FIRST


@pytest.mark.parametrize(
    "text",
    [
        *("12/1/2026", "13/1/2026", "12.01.2026", "26/12/1", "1 Dec 26", "2026/12-1", "46000"),
        *("2026-12-01 14:30", "2026-13-01", "2026-02-30", "8.6E+12", "", "tomorrow", "二〇二六年"),
    ],
)
def test_what_could_be_two_days_or_none_is_refused(text: str) -> None:
    with pytest.raises(CellError):
        read_day(text)


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)), st.sampled_from("-/."))
def test_every_day_is_read_back(day: date, between: str) -> None:
    assert read_day(f"{day.year}{between}{day.month}{between}{day.day}") == day
    assert read_day(f"{day:%Y%m%d}") == read_day(f"{day.year}年{day.month}月{day.day}日") == day


@given(st.text())
@example("A\u00b4")
def test_no_text_breaks_a_reader(text: str) -> None:
    for read in (read_day, read_knees, read_language, read_yes_no):
        with suppress(CellError):
            read(text)
    assert not has_control(without_controls(text))
    assert fold_code(fold_code(text)) == fold_code(text)


def test_words_in_both_languages() -> None:
    assert [read_yes_no(one) for one in ("是", "YES", "1.0", "同意", "否", "n", "0")] == [
        *(True, True, True, True, False, False, False)
    ]
    for both in ("both", "双膝", "左、右", "left and right", "左膝和右膝", "bilateral"):
        assert read_knees(both) == ("left_knee", "right_knee"), both
    assert [read_language(one) for one in ("zh-CN", "简体中文", "EN", "英语")] == [
        *("zh_CN", "zh_CN", "en", "en")
    ]
    with pytest.raises(CellError):
        read_language("zh_TW")


def test_no_head_means_two_columns() -> None:
    known = known_heads(ENROLMENT_HEADS)
    for column, others in ENROLMENT_HEADS.items():
        for name in (column, *others):
            assert known[fold_head(name)] == column


def test_numbers_as_spreadsheets_leave_them() -> None:
    assert parse_phone("12025550101", "CN") == parse_phone("0012025550101") == "+12025550101"
    for bad in ("0202 555", "+12025550101 ext 5", "", "2025550101"):
        with pytest.raises(PhoneError):
            parse_phone(bad, "CN")


def test_a_mobile_number_of_the_country_at_hand_needs_no_code_where_it_can_be_nothing_else() -> (
    None
):
    for typed in ("13800000000", "138 0000 0000", " 138-0000-0000"):
        assert parse_phone(typed, "CN") == "+8613800000000"
    assert parse_phone("(202) 555-0143", "US") == "+12025550143"
    assert parse_phone("07400000000", "GB") == parse_phone("7400000000", "GB") == "+447400000000"
    for typed, country, said in (
        ("13800000000", None, "with its country code. Write it as +12025550143."),
        ("13800000000", "US", "with its country code. Write it as +12025550143."),
        (
            "15012000000",
            "CN",
            "of two countries; write +86 or +1 before it. Write it as +861310000",
        ),
        ("2025550101", "CN", "lacks its country code; write +86 before it."),
        ("1380000000x", "CN", "Write it as +8613100000000."),
        ("12", "KE", "Write it as +254712000000."),
    ):
        with pytest.raises(PhoneError) as refused:
            parse_phone(typed, country)
        assert said in str(refused.value), typed
    assert short_of("+8613800000012") == "+86 ··· ··12"


@pytest.mark.parametrize("country", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_an_example_of_a_country_is_one_of_its_own_and_is_read_as_written(country: str) -> None:
    example = example_of(country)
    assert parse_phone(example, country) == example
    code = phonenumbers.country_code_for_region(country)
    assert example.startswith(f"+{code}")


def test_western_europe_is_no_chinese_and_old_workbooks_are_named(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    for content, said in (
        ("a,b\n1,Müller\n".encode("latin-1"), "is not UTF-8, UTF-16 or GB18030"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"x", "of the old kind"),
        (b"PK\x03\x04 nothing", "damaged"),
        (b"a,b\n1,\x002\n", "row 2, column 2: holds a control character"),
        ("a,b\n1,\x1b\n".encode("utf-16"), "row 2, column 2: holds a control character"),
    ):
        path.write_bytes(content)
        with pytest.raises(TableFileError, match=said):
            read_table(path)


def test_a_workbook_whose_numbers_were_rounded_is_refused(tmp_path: Path) -> None:
    path = as_workbook(tmp_path / "x.xlsx", [["a"], [8612345678901234567]])
    with pytest.raises(TableFileError, match="row 2, column 1 was shortened"):
        read_table(path)


def test_a_workbook_packed_by_rules_of_another_day_is_refused_like_a_damaged_one(
    tmp_path: Path,
) -> None:
    packed = bytearray(as_workbook(tmp_path / "x.xlsx", [["a"], [1]]).read_bytes())
    needed = packed.rindex(b"PK\x01\x02") + 6  # the version it takes to unpack the last part
    packed[needed] = 150
    (tmp_path / "x.xlsx").write_bytes(packed)
    with pytest.raises(TableFileError, match="damaged"):
        read_table(tmp_path / "x.xlsx")
