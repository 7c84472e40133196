"""Enrolment files as the field sends them, and their neighbours."""

from __future__ import annotations

import codecs
from collections.abc import AsyncIterator, Iterator
from datetime import date
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from pro_service.catalog.protocol_files import example_protocol_file
from pro_service.store.pools import connect
from tests.support.command import Commands, Finished
from tests.support.databases import Prepared, prepare
from tests.support.databases.lending import Stock
from tests.support.sheets import as_csv, as_workbook
from tests.support.study import row

PROTOCOL = example_protocol_file().read_text(encoding="utf-8")
HEADS = list(row("K-001"))
CHINESE = (
    *("编号", "中心", "手机号码", "语言", "时区", "渠道", "知情同意书版本", "知情同意日期"),
    *("同意接收短信", "治疗膝", "计划注射日期"),
)


def cells(code: str, **others: str) -> list[str]:
    """A row of the file, in the order of its heads."""
    return list(row(code, planned_injection_on="2030-01-12", **others).values())


@pytest.fixture(scope="module")
def prepared(server_url: str, template_database: str) -> Iterator[Prepared[Commands]]:
    """A study with a site in China and one in America, and a sender of its own."""

    async def make(url: str) -> Commands:
        ready = await Commands(url).do(("protocol", "load", str(example_protocol_file())))
        for code, zone, country in (
            ("BJ01", "Asia/Shanghai", "CN"),
            ("NY01", "America/New_York", "US"),
        ):
            await ready.do(
                (
                    *("site", "add", code, "--name", code, "--zone", zone, "--country", country),
                    *("--telephone", "+13125550198", "--emergency-number", "911"),
                    *(("--sender", "+12025550199") if code == "BJ01" else ()),
                )
            )
        return ready

    with prepare(server_url, template_database, make) as made:
        yield made


@pytest.fixture
async def study_url(stock: Stock, prepared: Prepared[Commands]) -> AsyncIterator[str]:
    """A copy of its database, this test's alone."""
    async with stock.lend(prepared.database) as url:
        yield url


@pytest.fixture
def commands(study_url: str, prepared: Prepared[Commands]) -> Commands:
    """Commands on the copy."""
    return prepared.made.on(study_url)


@pytest.fixture
async def study_owner(study_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to the copy, as the schema's owner."""
    connection = await connect(study_url, role="pro_owner", actor="test:owner")
    yield connection
    await connection.close()


def put(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


async def enrolled(commands: Commands, path: Path, content: bytes, *more: str) -> Finished:
    put(path, content)
    return await commands.call("enrol", "--csv", str(path), *more)


async def test_a_file_of_a_chinese_spreadsheet_is_read(
    commands: Commands, study_owner: asyncpg.Connection, tmp_path: Path
) -> None:
    rows = [
        CHINESE,
        [
            "K-001",
            "BJ01",
            "12025550101",
            "中文",
            "Asia/Shanghai",
            "短信",
            "1",
            "2026/1/4",
            "是",
            "左",
            "2030/12/1",
        ],
        [
            "K-002",
            "BJ01",
            "+86 138 1234 5678",
            "英语",
            "",
            "链接",
            "1",
            "2026年1月4日",
            "否",
            "双膝",
            "",
        ],
    ]
    done = await enrolled(commands, tmp_path / "people.csv", as_csv(rows).encode("gb18030"))
    assert done.code == 0, done.err
    assert "2 enrolled" in done.out
    kept = await study_owner.fetch(
        "SELECT p.code, p.zone, p.language, p.channel, p.treated_knees, c.signed_on, c.messages"
        " FROM pro.participants p JOIN pro.consents c ON c.participant_id = p.id ORDER BY p.code"
    )
    # A zone that is not said is the site's.
    assert [tuple(one) for one in kept] == [
        ("K-001", "Asia/Shanghai", "zh_CN", "text", ["left_knee"], date(2026, 1, 4), True),
        (
            *("K-002", "Asia/Shanghai", "en", "link"),
            *(["left_knee", "right_knee"], date(2026, 1, 4), False),
        ),
    ]
    again = [HEADS, cells("K-001", language="zh_CN", consent_version="1.0")]
    again[1][-1] = "2030-12-01"
    same = await enrolled(commands, tmp_path / "again.csv", as_csv(again).encode())
    assert "0 enrolled, 1 stood already" in same.out, same.err


@pytest.mark.parametrize(
    "form", ["semicolons", "tabs", "sep", "utf-16", "mark", "workbook", "heads"]
)
async def test_every_way_of_saving_a_table_is_read(
    commands: Commands, tmp_path: Path, form: str
) -> None:
    rows: list[list[object]] = [[*HEADS], [*cells("K-001")], [*cells("K-002")]]
    path = tmp_path / "people.csv"
    if form == "workbook":
        rows[1][7], rows[1][2], rows[1][6] = date(2026, 1, 4), 12025550101, 1.0
        done = await commands.call("enrol", "--csv", str(as_workbook(path, rows, "old", "草稿")))
        assert "only the first sheet, Sheet, was read; left out: old, 草稿" in done.err
    else:
        if form == "heads":
            rows[0] = [head.replace("_", " ").title() + " " for head in HEADS]
        wide = [[*each, "", ""] for each in rows] + [[""] * (len(HEADS) + 2)]
        content = {
            "semicolons": as_csv(wide, ";").encode(),
            "tabs": as_csv(wide, "\t").encode(),
            "sep": b"sep=;\r\n" + as_csv(wide, ";").encode(),
            "utf-16": as_csv(wide, "\t").encode("utf-16"),
            "mark": codecs.BOM_UTF8 + as_csv(wide).encode(),
            "heads": as_csv(wide).encode(),
        }[form]
        done = await enrolled(commands, path, content)
    assert done.code == 0, done.err
    assert "2 enrolled" in done.out


async def test_codes_that_look_alike_are_refused_with_the_other_named(
    commands: Commands, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    first = as_csv([HEADS, cells("K-001"), cells("0012"), cells("P200")]).encode()
    assert (await enrolled(commands, path, first)).code == 0
    for code, other in (
        *(("k-001", "K-001"), ("K-1", "K-001"), ("Ｋ－００１", "K-001"), ("K–001", "K-001")),
        *(("K 001", "K-001"), ("K001", "K-001"), ("12", "0012"), ("P-0200", "P200")),
        *(("P20", None), ("P2000", None)),
    ):
        done = await enrolled(commands, path, as_csv([HEADS, cells(code)]).encode())
        assert (done.code, f"differs from {other}" in done.err) == (
            (0, False) if other is None else (1, True)
        ), (code, done.err)
    both = as_csv([HEADS, cells("M-7"), cells("m-07")]).encode()
    done = await enrolled(commands, path, both)
    assert "row 3, code: differs from M-7 in row 2 only in" in done.err


async def test_who_shares_a_number_is_said_however_it_is_spelled(
    commands: Commands, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    first = await enrolled(commands, path, as_csv([HEADS, cells("K-001")]).encode())
    assert "shared" not in first.out
    rows = [
        HEADS,
        cells("K-002", phone="+1 (202) 555-0101"),
        cells("K-003", phone="0012025550103"),
        cells("K-004", phone="12025550103.0"),
    ]
    done = await enrolled(commands, path, as_csv(rows).encode())
    assert done.code == 0, done.err
    assert "row 2, K-002: number shared with K-001." in done.out
    assert "row 3, K-003: number shared with K-004." in done.out
    assert "row 4, K-004: number shared with K-003." in done.out


REFUSED: Final = (
    *[("code", code, "row 2, code:") for code in ("=A1", "-A28", "@x", "..", "K\n1", "a/b")],
    *[("code", code, "row 2, code:") for code in ("x" * 5000, "K\u202e1", "K\u200b1", "＝1")],
    *[("code", code, "row 2, code:") for code in ("12.0", "1.2E+05", "+1", "CON", "K\t1")],
    ("phone", "+12025550199", "a number of the service's own"),
    ("phone", "8.6E+12", "was shortened by a spreadsheet"),
    ("phone", "15012000000", "of two countries; write +86 or +1 before it"),
    ("phone", "2025550101", "lacks its country code; write +86 before it"),
    ("consent_on", "12/1/2026", "could be two days"),
    ("consent_on", "46000", "a spreadsheet's count of days"),
    ("consent_on", "1990-01-01", "lies before 2000"),
    ("consent_on", "2099-01-01", "lies in the future"),
    ("planned_injection_on", "2025-12-26", "lies before consent"),
    ("planned_injection_on", "2026-01-20", "with --reason"),
    ("planned_injection_on", "2099-01-20", "with --reason"),
    ("planned_injection_on", "2999-01-20", "not a day anybody means"),
    ("zone", "EST", "Asia/Shanghai, Asia/Urumqi"),
    ("zone", "UTC+8", "Asia/Shanghai, Asia/Urumqi"),
    ("zone", "CST", "Asia/Shanghai, Asia/Urumqi"),
    ("zone", "Etc/GMT-8", "Asia/Shanghai, Asia/Urumqi"),
    ("zone", "Asia/Shanghai\x00", "control character"),
    ("consent_version", "1\x00", "row 2, column 7: holds a control character"),
    ("consent_version", "1\x1b[31m", "row 2, column 7: holds a control character"),
)
"""A column, what stands in it, and what is said of it."""


async def test_what_cannot_be_is_refused_with_its_place(
    commands: Commands, study_owner: asyncpg.Connection, tmp_path: Path
) -> None:
    wrong = []
    for column, value, said in REFUSED:
        one = row("K-001", planned_injection_on="2026-12-12") | {column: value}
        content = as_csv([HEADS, list(one.values())])
        done = await enrolled(commands, tmp_path / "people.csv", content.encode())
        if done.code != 1 or said not in done.err or "failed" in done.err:
            wrong.append((column, value, done))
    assert wrong == []
    assert await study_owner.fetchval("SELECT count(*) FROM pro.participants") == 0


async def test_a_day_that_passed_is_taken_with_a_reason_that_is_kept(
    commands: Commands, study_owner: asyncpg.Connection, tmp_path: Path
) -> None:
    content = as_csv(
        [HEADS, list(row("K-001", planned_injection_on="2026-01-20").values())]
    ).encode()
    done = await enrolled(commands, tmp_path / "p.csv", content, "--reason", "entered late")
    assert done.code == 0, done.err
    kept = "SELECT count(*) FROM pro.events e JOIN pro.notes n ON e.reason = 'note:' || n.id"
    assert await study_owner.fetchval(kept) == 2
    assert await study_owner.fetchval("SELECT count(*) FROM pro.events WHERE reason ~ 'late'") == 0


async def test_heads_that_do_not_fit_are_named(commands: Commands, tmp_path: Path) -> None:
    wrong = []
    for heads, said in (
        ([*HEADS, "Phone Number"], "column phone stands 2 times"),
        ([*HEADS, "mood"], "unknown column(s) mood"),
        ([*HEADS, ""], "without a head (column 12)"),
        (HEADS[:-1], "lacks the column(s) planned_injection_on"),
    ):
        body = [*cells("K-001"), "x"][: len(heads)]
        path = as_workbook(tmp_path / "people.xlsx", [heads, body])
        done = await commands.call("enrol", "--csv", str(path))
        if done.code != 1 or said not in done.err:
            wrong.append((said, done))
    assert wrong == []


async def test_codes_follow_the_protocols_pattern(database_url: str, tmp_path: Path) -> None:
    commands = Commands(database_url)
    text = PROTOCOL
    patterned = tmp_path / "protocol.toml"
    put(patterned, text.replace("[study]\n", '[study]\ncode_pattern = "K-[0-9]{3}"\n', 1).encode())
    loaded = await commands.call("protocol", "load", str(patterned))
    assert loaded.code == 0, loaded.err
    await commands.call(
        *("site", "add", "BJ01", "--name", "B", "--zone", "asia/shanghai", "--country", "CN"),
        *("--telephone", "+13125550198", "--emergency-number", "120"),
    )
    done = await enrolled(
        commands, tmp_path / "p.csv", as_csv([HEADS, cells("K-1"), cells("K-002")]).encode()
    )
    assert "row 2, code: does not fit the protocol's pattern of codes, K-[0-9]{3}." in done.err
    assert "row 3" not in done.err
    bad = tmp_path / "bad.toml"
    put(bad, text.replace("[study]\n", '[study]\ncode_pattern = "K-["\n', 1).encode())
    refused = await commands.call("protocol", "check", str(bad))
    assert (refused.code, "study.code_pattern" in refused.out + refused.err) == (1, True)


async def test_a_site_has_a_place_for_its_zone(commands: Commands) -> None:
    done = await commands.call(
        *("site", "add", "XX01", "--name", "X", "--zone", "EST", "--country", "US"),
        *("--telephone", "+13125550198", "--emergency-number", "911"),
    )
    assert (done.code, "America/New_York" in done.err) == (1, True)
