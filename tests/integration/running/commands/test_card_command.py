"""`cards --pdf` and `participant new-card`: what is printed, for whom, and a new one."""

from __future__ import annotations

import base64
import re
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from pro_service.catalog.protocol_files import example_protocol_file
from pro_service.services.base.notes import noted_in
from pro_service.vault.codes import grouped
from tests.integration.running.conftest import planned, write_table
from tests.support.command import Commands
from tests.support.databases import Prepared, prepare

BORN = ("1950", "", "1949")
PUBLIC_URL = "https://questions.example/trial"


def pages_of(pdf: bytes) -> list[str]:
    """What is drawn on each page of a PDF, as its operators say it."""
    streams = re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL)
    drawn = [
        zlib.decompress(base64.a85decode(one.strip(), adobe=False))
        for one in (stream.strip().removesuffix(b"~>") for stream in streams)
    ]
    return [one.decode("latin-1") for one in drawn]


@pytest.fixture(scope="module")
def two_sites(
    server_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prepared[Commands]]:
    """Two sites, a participant at the first in English, two at the second in Chinese."""
    site = ("--zone", "Asia/Shanghai", "--country", "cn", "--emergency-number", "120")
    people = [
        planned("K-001"),
        planned("K-002", site="SH02", language="zh_CN"),
        planned("K-003", site="SH02", language="zh_CN"),
    ]
    # A column files may have.
    people = [one | {"year_of_birth": year} for one, year in zip(people, BORN, strict=True)]
    file = write_table(tmp_path_factory.mktemp("cards") / "people.csv", *people)

    async def make(url: str) -> Commands:
        return await Commands(url, public_url=PUBLIC_URL).do(
            ("protocol", "load", str(example_protocol_file())),
            ("site", "add", "BJ01", "--name", "One", *site, "--telephone", "+12025550198"),
            ("site", "add", "SH02", "--name", "Two", *site, "--telephone", "+12025550197"),
            ("enrol", "--csv", str(file)),
        )

    with prepare(server_url, template_database, make) as made:
        yield made


@pytest.fixture
def beginning(two_sites: Prepared[Commands]) -> str:
    """What a test's database is a copy of."""
    return two_sites.database


@pytest.fixture
def commands(database_url: str, two_sites: Prepared[Commands]) -> Commands:
    """Commands on the two sites."""
    return two_sites.made.on(database_url)


async def code_of(owner: asyncpg.Connection, participant: str) -> str:
    code = await owner.fetchval(
        "SELECT personal_code FROM pro.participants WHERE code = $1", participant
    )
    return grouped(code)


async def test_cards_of_everybody_of_a_site_or_of_some_are_a6_pages_only_their_maker_may_read(
    commands: Commands, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    file = tmp_path / "cards.pdf"
    for words, participants in (
        ((), ["K-001", "K-002", "K-003"]),
        (("--site", "SH02"), ["K-002", "K-003"]),
        (("K-003", "K-001"), ["K-001", "K-003"]),
    ):
        done = await commands.call("cards", "--pdf", str(file), *words)
        assert done.code == 0, done.err
        assert f"{len(participants)} card(s) written" in done.out
        pdf = file.read_bytes()
        boxes = re.findall(rb"/MediaBox \[ 0 0 297\.\d+ 419\.\d+ \]", pdf)
        drawn = pages_of(pdf)
        assert len(boxes) == len(drawn) == len(participants)
        for page, participant in zip(drawn, participants, strict=True):
            assert f"({await code_of(owner, participant)}) Tj" in page
            assert "(questions.example/trial/c) Tj" in page
            assert participant not in page
        for secret in ("knee", "K-00", "osteo"):
            assert secret.encode() not in pdf
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_a_new_card_has_a_new_code_and_the_reason_is_kept(
    commands: Commands, owner: asyncpg.Connection
) -> None:
    before = await code_of(owner, "K-001")
    done = await commands.call("participant", "new-card", "K-001", "--reason", "lost on the bus")
    assert (done.code, "has a new card" in done.out) == (0, True), done.err
    assert await code_of(owner, "K-001") != before
    assert before.replace("-", "") not in done.out
    kept = await owner.fetch(
        "SELECT reason, ended_at IS NULL AS present FROM pro.cards c"
        " JOIN pro.participants p ON p.id = c.participant_id WHERE p.code = 'K-001' ORDER BY c.id"
    )
    assert [one["present"] for one in kept] == [False, True]
    assert kept[0]["reason"] == "enrolled"
    assert noted_in(kept[1]["reason"]) is not None


async def test_first_cards_are_made_where_somebody_was_enrolled_before_there_were_any(
    commands: Commands, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    before = await code_of(owner, "K-001")
    await owner.execute("UPDATE pro.cards SET ended_at = pro.now()")
    done = await commands.call("cards", "--pdf", str(tmp_path / "cards.pdf"))
    assert (done.code, "3 of them are first cards" in done.out) == (0, True), done.err
    assert await code_of(owner, "K-001") == before


async def test_what_cannot_be_done_is_one_line(commands: Commands, tmp_path: Path) -> None:
    file = str(tmp_path / "cards.pdf")
    for words, said in (
        (("cards", "--pdf", file, "K-009"), "There is no participant K-009"),
        (("cards", "--pdf", str(tmp_path / "no" / "cards.pdf")), "cannot be written"),
        (("participant", "new-card", "K-009", "--reason", "x"), "There is no participant K-009"),
    ):
        done = await commands.call(*words)
        assert done.code == 1
        assert said in done.err
        assert len(done.err.strip().splitlines()) == 1
    done = await commands.call("cards", "--pdf", file, "--site", "NO")
    assert (done.code, "nobody" in done.out) == (1, True)
