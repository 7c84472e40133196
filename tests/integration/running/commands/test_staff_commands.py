"""`pro-service staff`: what an operator does about people, and reads of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import asyncpg
import pytest

from pro_service.catalog.protocol_files import example_protocol_file
from tests.support.command import Commands
from tests.support.databases import Prepared, prepare

EXAMPLE = example_protocol_file().read_text(encoding="utf-8")
SITE = ("--zone", "Asia/Shanghai", "--country", "CN", "--telephone", "+12025550198")
COORDINATOR = ("--role", "coordinator", "--site", "BJ01", "--study", "KNEE-OA-UCMSC")
MONITOR = ("--role", "monitor", "--study-wide", "--study", "HIP-1")
WORDS = "four plain words here\n"


@pytest.fixture(scope="module")
def two_studies(
    server_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prepared[Commands]]:
    """Two studies, of which one has a site."""
    second = tmp_path_factory.mktemp("protocols") / "hip.toml"
    second.write_text(EXAMPLE.replace('code = "KNEE-OA-UCMSC"', 'code = "HIP-1"'), "utf-8")
    site = ("site", "add", "BJ01", "--name", "One", *SITE, "--emergency-number", "120")

    async def make(url: str) -> Commands:
        return await Commands(url).do(
            ("protocol", "load", str(example_protocol_file())),
            ("protocol", "load", str(second)),
            (*site, "--study", "KNEE-OA-UCMSC"),
        )

    with prepare(server_url, template_database, make) as made:
        yield made


@pytest.fixture
def beginning(two_studies: Prepared[Commands]) -> str:
    """What a test's database is a copy of."""
    return two_studies.database


@pytest.fixture
def commands(database_url: str, two_studies: Prepared[Commands]) -> Commands:
    """Commands on the two studies."""
    return two_studies.made.on(database_url)


async def test_one_person_has_one_password_in_both_studies(
    commands: Commands, owner: asyncpg.Connection
) -> None:
    said = await commands.call("staff", "add", "Anna", *COORDINATOR)
    assert "anna is new: give them a password" in said.out
    said = await commands.call("staff", "password", "anna", "--password-stdin", stdin=WORDS)
    assert (said.code, "signed out everywhere" in said.out) == (0, True)
    said = await commands.call("staff", "add", "anna", *MONITOR)
    assert "anna is known already; joined to study HIP-1, with the password they have." in said.out
    assert await owner.fetchval("SELECT count(*) FROM pro.person_passwords") == 1
    listed = await commands.call("staff", "list")
    days = r"\d{4}-\d\d-\d\d - "
    for line in (
        r"^anna: last sign-in never$",
        rf"^  KNEE-OA-UCMSC  {days}$",
        rf"^    coordinator BJ01  {days}$",
        rf"^    monitor whole study  {days}$",
    ):
        assert re.search(line, listed.out, re.MULTILINE), listed.out
    assert "KNEE" not in (await commands.call("staff", "list", "--study", "HIP-1")).out


async def test_what_ends_and_who_is_stopped_is_said_with_its_reason(
    commands: Commands, owner: asyncpg.Connection
) -> None:
    for given in (COORDINATOR, MONITOR):
        await commands.call("staff", "add", "anna", *given)
    said = await commands.call("staff", "end", "anna", "--reason", "left")
    assert (said.code, "Name one with --study" in said.err) == (1, True)
    ended = ("staff", "end", "anna", "--study", "HIP-1", "--reason", "left")
    said = await commands.call(*ended, "--actor", "dr.who")
    assert "works in study HIP-1 no more" in said.out
    assert "anna is no member of this study." in (await commands.call(*ended)).err
    said = await commands.call("staff", "disable", "anna", "--reason", "key lost")
    assert "stopped everywhere" in said.out
    listed = await commands.call("staff", "list")
    assert re.search(r"anna: .*STOPPED since \d{4}-\d\d-\d\d: key lost", listed.out)
    assert re.search(r"monitor whole study  \S+ - \d{4}-\d\d-\d\d$", listed.out, re.MULTILINE)
    enable = ("staff", "enable", "anna", "--reason", "key found")
    assert "may sign in again" in (await commands.call(*enable)).out
    assert "nothing changed" in (await commands.call(*enable)).out
    said = await commands.call("staff", "add", "anna", *MONITOR)
    assert "joined to study HIP-1 again" in said.out
    entries = await owner.fetch(
        "SELECT actor, reason FROM pro.audit_entries WHERE operation = 'UPDATE'"
        " AND table_name IN ('people', 'staff') ORDER BY id"
    )
    assert [tuple(one) for one in entries] == [
        ("cli:dr.who", "left"),
        ("cli:test", "key lost"),
        ("cli:test", "key found"),
        ("cli:test", "added to the study again"),
    ]


async def test_two_logins_are_joined_and_the_list_says_so(commands: Commands) -> None:
    await commands.call("staff", "add", "li", *COORDINATOR)
    await commands.call("staff", "add", "mli", *MONITOR)
    said = await commands.call("staff", "join", "li", "mli", "--reason", "one person")
    assert (said.code, "mli is li from now on" in said.out) == (0, True)
    listed = (await commands.call("staff", "list")).out
    assert re.search(r"^mli: .*; is li since \S+: one person$", listed, re.MULTILINE)
    assert re.search(r"^  HIP-1 as mli  ", listed, re.MULTILINE)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("password", "nobody", "--password-stdin"), "There is nobody called nobody."),
        (("sign-out", "nobody"), "There is nobody called nobody."),
        (("disable", "nobody", "--reason", "x"), "There is nobody called nobody."),
        (("join", "nobody", "none", "--reason", "x"), "There is nobody called nobody."),
        (("add", "a b", *COORDINATOR), "a b cannot be a login name."),
        (("add", "hip-1/li", *COORDINATOR), "hip-1/li cannot be a login name."),
    ],
)
async def test_a_name_nobody_has_or_may_have_is_said(
    commands: Commands, words: tuple[str, ...], said: str
) -> None:
    done = await commands.call("staff", *words, stdin=WORDS)
    assert (done.code, said in done.err) == (1, True)
    assert done.err.count("\n") == 1
