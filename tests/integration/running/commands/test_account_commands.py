"""`pro-service staff invite|reset|take-back|second-factor|sessions` and `site correct`."""

from __future__ import annotations

import asyncpg

from tests.support.command import Commands

INVITED = ("staff", "invite", "ben", "--role", "monitor", "--site", "BJ01", "--name", "Ben Li")


async def test_accounts_are_kept_by_commands_and_no_password_is_typed_there(
    commands: Commands, owner: asyncpg.Connection
) -> None:
    said = await commands.call(*INVITED)
    assert (said.code, "works once, until" in said.out) == (0, True)
    token = said.out.rpartition("/desk/link/")[2].strip()
    assert await owner.fetchval(
        "SELECT token_sha256 = sha256(convert_to($1, 'UTF8')) FROM pro.account_links", token
    )
    said = await commands.call("staff", "reset", "ben", "--reason", "never used it")
    assert "/desk/link/" in said.out
    ends = await owner.fetch("SELECT why, actor FROM pro.account_link_ends")
    assert [tuple(one) for one in ends] == [("renewed", "cli:test")]
    assert "ben (Ben Li)" in (await commands.call("staff", "list")).out
    said = await commands.call("staff", "sessions", "ben")
    assert (said.code, said.out) == (0, "")
    said = await commands.call("staff", "second-factor", "reset", "ben", "--reason", "lost")
    assert (said.code, "ben has no second factor." in said.err) == (1, True)
    take = ("staff", "take-back", "ben", "--role", "monitor", "--site", "BJ01", "--reason", "left")
    assert "ben is monitor at BJ01 no more." in (await commands.call(*take)).out
    said = await commands.call(*take)
    assert (said.code, "ben is no monitor at BJ01." in said.err) == (1, True)


async def test_a_site_is_corrected_by_name_and_what_it_said_is_kept(
    commands: Commands, owner: asyncpg.Connection
) -> None:
    correct = ("site", "correct", "BJ01", "--reason", "misprinted", "--telephone")
    said = await commands.call(*correct, "+86 10 5555 0177")
    assert (said.code, "Site BJ01 is corrected." in said.out) == (0, True)
    assert "nothing changed" in (await commands.call(*correct, "+86 10 5555 0177")).out
    said = await commands.call(*correct, "ask the ward")
    assert (said.code, "is no telephone number" in said.err) == (1, True)
    said = await commands.call("site", "correct", "XX", "--reason", "x", "--name", "Y")
    assert (said.code, "Known: BJ01." in said.err) == (1, True)
    correct_sender = ("sender", "correct", "+12025550199", "--reason", "another contract")
    said = await commands.call(*correct_sender, "+12025550177")
    assert (said.code, "come from +12025550177 from now on" in said.out) == (0, True)
    said = await commands.call(*correct_sender, "+12025550177")
    assert (said.code, "Known: +12025550177." in said.err) == (1, True)
    moves = await owner.fetch("SELECT actor, reason FROM pro.sender_moves")
    assert [tuple(one) for one in moves] == [("cli:test", "another contract")]
    rows = await owner.fetch("SELECT telephone, actor, reason FROM pro.site_corrections")
    assert [tuple(one) for one in rows] == [("+12025550198", "cli:test", "misprinted")]
