"""The commands of operators: what they say, and one line for everything that is wrong."""

from __future__ import annotations

import asyncio
import csv
import io
from pathlib import Path

import asyncpg
import pytest

from pro_service.catalog.protocol_files import example_protocol_file
from pro_service.services.base.notes import noted_in
from tests.support.command import SITE, Commands

PROTOCOL = str(example_protocol_file())
EXAMPLE = example_protocol_file().read_text(encoding="utf-8")


async def test_loading_a_protocol_again_changes_nothing(
    commands: Commands, owner: asyncpg.Connection
) -> None:
    before = await owner.fetchval("SELECT max(id) FROM pro.audit_entries")
    again = await commands.call("protocol", "load", PROTOCOL)
    assert (again.code, "nothing changed" in again.out) == (0, True)
    assert await owner.fetchval("SELECT count(*) FROM pro.protocol_versions") == 1
    assert await owner.fetchval("SELECT max(id) FROM pro.audit_entries") == before


async def test_a_changed_protocol_is_a_further_version(
    commands: Commands, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    changed = tmp_path / "changed.toml"
    text = EXAMPLE.replace('nudge_at = "18:30"', 'nudge_at = "19:00"')
    await asyncio.to_thread(changed.write_text, text, encoding="utf-8")
    done = await commands.call("protocol", "load", str(changed))
    assert (done.code, "is stored now" in done.out) == (0, True)
    assert await owner.fetchval("SELECT count(*) FROM pro.protocol_versions") == 2
    assert await owner.fetchval("SELECT count(*) FROM pro.studies") == 1


async def test_every_command_names_its_actor(commands: Commands, owner: asyncpg.Connection) -> None:
    words = ("staff", "add", "Ms.Li", "--site", "BJ01", "--role", "coordinator")
    assert (await commands.call(*words, "--actor", "dr.who")).code == 0
    actors = await owner.fetch(
        "SELECT DISTINCT actor FROM pro.audit_entries WHERE table_name LIKE 'staff%'"
    )
    assert [each["actor"] for each in actors] == ["cli:dr.who"]
    assert await owner.fetchval("SELECT login FROM pro.staff") == "ms.li"


async def test_staff_are_of_a_site_or_of_the_whole_study(
    commands: Commands, owner: asyncpg.Connection
) -> None:
    done = await commands.call("staff", "add", "mo", "--study-wide", "--role", "monitor")
    assert (done.code, "in the whole study" in done.out) == (0, True)
    held = await owner.fetchrow("SELECT site_id, role FROM pro.staff_assignments")
    assert held is not None
    assert tuple(held) == (None, "monitor")
    for words in ((), ("--site", "BJ01", "--study-wide")):
        done = await commands.call("staff", "add", "li", *words, "--role", "monitor")
        assert (done.code, "--study-wide" in done.err) == (2, True), words
    done = await commands.call("staff", "add", "li", "--site", "BJ01", "--role", "boss")
    assert (done.code, "allocation_holder" in done.err) == (2, True)


async def test_a_preview_shows_what_moves_and_writes_nothing(
    enrolled: Commands, owner: asyncpg.Connection
) -> None:
    before = await owner.fetchval("SELECT max(id) FROM pro.audit_entries")
    done = await enrolled.call(
        "event", "add", "K-001", "injection", "--at", "2026-01-14T10:00", "--preview"
    )
    assert done.code == 0, done.err
    assert "week_2" in done.out
    assert "2026-01-28" in done.out
    assert "nothing was written" in done.out
    assert await owner.fetchval("SELECT max(id) FROM pro.audit_entries") == before


async def test_an_event_is_written_after_yes_and_not_after_no(
    enrolled: Commands, owner: asyncpg.Connection
) -> None:
    words = ("event", "add", "K-001", "injection", "--at", "2026-01-14T10:00")
    refused = await enrolled.call(*words, stdin="n\n")
    assert refused.code == 1
    happened = (
        "SELECT count(*) FROM pro.events WHERE kind = 'injection' AND occurred_at IS NOT NULL"
    )
    assert await owner.fetchval(happened) == 0
    done = await enrolled.call(*words, "--yes")
    assert (done.code, "Recorded: injection 1 of K-001." in done.out) == (0, True)
    assert await owner.fetchval(happened) == 1
    assert (
        await owner.fetchval("SELECT status FROM pro.statuses ORDER BY id DESC LIMIT 1") == "active"
    )
    local = await owner.fetchval(
        "SELECT occurred_at AT TIME ZONE 'Asia/Shanghai' = '2026-01-14 10:00' FROM pro.events"
        " WHERE occurred_at IS NOT NULL AND kind = 'injection'"
    )
    assert local is True


async def test_a_status_needs_a_reason_and_keeps_it(
    enrolled: Commands, owner: asyncpg.Connection
) -> None:
    assert (await enrolled.call("participant", "status", "K-001", "paused")).code == 2
    done = await enrolled.call("participant", "status", "K-001", "paused", "--reason", "on holiday")
    assert done.code == 0, done.err
    last = await owner.fetchrow("SELECT status, reason FROM pro.statuses ORDER BY id DESC LIMIT 1")
    assert last is not None
    assert (last["status"], noted_in(last["reason"]) is not None) == ("paused", True)


async def test_an_opt_out_by_staff_holds_and_keeps_its_reason(
    enrolled: Commands, owner: asyncpg.Connection
) -> None:
    words = ("participant", "opt-out", "K-001", "--reason", "asked by telephone")
    assert (await enrolled.call(*words)).code == 0
    again = await enrolled.call(*words)
    assert again.code == 0, again.err
    assert [
        (noted_in(each["reason"]) is not None, each["ended_at"])
        for each in await owner.fetch("SELECT reason, ended_at FROM pro.opt_outs")
    ] == [(True, None)]


async def test_a_number_is_changed_confirmed_and_let_go_again_by_command(
    enrolled: Commands, owner: asyncpg.Connection
) -> None:
    why = ("--reason", "told by telephone")
    new = ("participant", "number", "K-001", "+12025550160")
    assert (await enrolled.call(*new)).code == 2
    done = await enrolled.call(*new, *why)
    code = await owner.fetchval("SELECT personal_code FROM pro.participants")
    assert (done.code, code in done.out) == (0, True), done.err
    for again in (new, ("participant", "number", "K-001", "12")):
        refused = await enrolled.call(*again, *why)
        assert refused.code == (1 if again[-1] == "12" else 0), refused.out
    confirm = ("participant", "confirm-number", "K-001", *why)
    assert (await enrolled.call(*confirm)).code == 0
    assert (await enrolled.call(*confirm)).code == 1
    assert (await enrolled.call(*new, *why)).code == 1  # the number they have
    kept = "SELECT reason FROM pro.audit_entries WHERE table_name = 'contact_points' ORDER BY id"
    reasons = [each["reason"] for each in await owner.fetch(kept)][1:]
    assert len(reasons) == 5
    assert all(noted_in(each) is not None for each in reasons)
    nothing = await enrolled.call("participant", "opt-in", "K-001", *why)
    assert (nothing.code, "nothing changed" in nothing.out) == (0, True)
    assert (await enrolled.call("participant", "opt-out", "K-001", *why)).code == 0
    assert (await enrolled.call("participant", "opt-in", "K-001", *why)).code == 0
    assert noted_in(await owner.fetchval("SELECT end_reason FROM pro.opt_outs")) is not None


async def test_a_senders_pace_is_set_shown_and_taken_back(
    commands: Commands, owner: asyncpg.Connection
) -> None:
    assert "no limit" in (await commands.call("sender", "list")).out
    done = await commands.call("sender", "pace", "+12025550199", "2.5", "--actor", "ops")
    assert (done.code, "2.5 texts a second" in done.out) == (0, True), done.err
    assert "2.5" in (await commands.call("sender", "list")).out
    kept = await owner.fetchrow("SELECT per_second, set_by FROM pro.sender_paces")
    assert (float(kept["per_second"]), kept["set_by"]) == (2.5, "cli:ops")
    assert (await commands.call("sender", "pace", "+12025550199")).code == 0
    assert "no limit" in (await commands.call("sender", "list")).out
    assert (await commands.call("sender", "pace", "+12025550199", "0")).code == 2
    stranger = await commands.call("sender", "pace", "+12025550111", "1")
    assert (stranger.code, "+12025550199" in stranger.err) == (1, True)


async def test_adherence_prints_both_figures_with_their_parts(
    enrolled: Commands, tmp_path: Path
) -> None:
    table = await enrolled.call("adherence")
    assert (table.code, "K-001" in table.out, "completed in window" in table.out) == (0, True, True)
    target = tmp_path / "figures.csv"
    plain = await enrolled.call("adherence", "--csv", "--figures", str(target))
    first = list(csv.DictReader(io.StringIO(plain.out)))
    assert len({len(row) for row in csv.reader(io.StringIO(plain.out))}) == 1
    alone = await enrolled.call("adherence", "--figures", str(target))
    assert (alone.code, alone.out) == (0, "")
    with target.open(newline="", encoding="utf-8") as file:
        second = list(csv.DictReader(file))
    nowhere = await enrolled.call("adherence", "--figures", str(tmp_path / "absent" / "x.csv"))
    assert (nowhere.code, "cannot be written" in nowhere.err) == (1, True)
    assert [each["participant"] for each in first] == ["K-001"]
    assert second[0] == {
        "visit": "baseline",
        "site": "BJ01",
        "completed_in_window": "0",
        "expected_and_closed": "0",
        "scorable": "0",
        "enrolled": "1",
        "unsent": "0",
        "by_themselves": "0",
        "with_help": "0",
    }


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("event", "add", "K-999", "injection", "--planned", "2030-01-01", "--yes"), "K-999"),
        (("event", "add", "K-001", "injection", "--at", "yesterday", "--yes"), "2027-03-01T10:30"),
        (("event", "add", "K-001", "injection", "--planned", "soon", "--yes"), "2027-03-01"),
        (("event", "add", "K-001", "injection", "--at", "2190-01-01", "--yes"), "future"),
        (
            ("event", "add", "K-001", "injection", "--ordinal", "2", "--planned", "2030-01-01"),
            "no event injection 2",
        ),
        (("event", "add", "K-001", "injection", "--yes"), "planned"),
        (("participant", "status", "K-999", "paused", "--reason", "x"), "K-999"),
        (("staff", "add", "li", "--site", "XX", "--role", "monitor"), "BJ01"),
        (SITE, "exists already"),
        (("adherence", "--study", "NOPE"), "NOPE"),
        (("enrol", "--csv", "/no/such/file.csv"), "cannot be read"),
    ],
)
async def test_what_is_wrong_is_one_line_and_exit_code_1(
    enrolled: Commands, words: tuple[str, ...], said: str
) -> None:
    done = await enrolled.call(*words)
    assert done.code == 1, done.out
    assert len(done.err.splitlines()) == 1, done.err
    assert done.err.startswith("error: ")
    assert said in done.err


async def test_a_site_whose_number_is_taken_or_zone_unknown_is_refused_whole(
    commands: Commands, owner: asyncpg.Connection
) -> None:
    for replaced in (("Asia/Shanghai", "Mars/Base"), ("+12025550199", "12")):
        words = [replaced[1] if word == replaced[0] else word for word in SITE]
        words[2] = "NEW1"
        done = await commands.call(*words)
        assert (done.code, len(done.err.splitlines())) == (1, 1), done.err
    assert await owner.fetchval("SELECT count(*) FROM pro.sites") == 1


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"PRO_DATABASE_URL": None}, "PRO_DATABASE_URL"),
        ({"PRO_VAULT_KEYS": None}, "PRO_VAULT_KEYS"),
        ({"PRO_VAULT_KEYS": "nonsense"}, "Key 1"),
        ({"PRO_PORT": "many"}, "PRO_PORT"),
        ({"PRO_PUBLIC_URL": "ftp://here"}, "PRO_PUBLIC_URL"),
        ({"PRO_DATABASE_URL": "postgresql://x@127.0.0.1:1/x"}, "cannot be reached"),
        ({"PRO_DATABASE_URL": "nonsense"}, "PRO_DATABASE_URL"),
        ({"PRO_DATABASE_URL": "postgresql://x@127.0.0.1:port/x"}, "PRO_DATABASE_URL"),
    ],
)
async def test_a_wrong_setting_is_one_line_that_names_it(
    database_url: str, settings: dict[str, str | None], said: str
) -> None:
    done = await Commands(database_url).call("adherence", environment=settings)
    assert done.code == 1
    assert len(done.err.splitlines()) == 1, done.err
    assert said in done.err
    assert "nonsense" not in done.err


async def test_a_database_without_the_schema_is_one_line_with_the_mend(
    empty_database_url: str,
) -> None:
    done = await Commands(empty_database_url).call("adherence")
    assert (done.code, len(done.err.splitlines())) == (1, 1), done.err
    assert "migrate" in done.err


async def test_migrate_sets_up_an_empty_database_and_again_changes_nothing(
    empty_database_url: str,
) -> None:
    commands = Commands(empty_database_url)
    first, second = await commands.call("migrate"), await commands.call("migrate")
    assert (first.code, "applied" in first.out) == (0, True), first.err
    assert (second.code, "current" in second.out) == (0, True)
    other = await commands.call("migrate", environment={"PRO_DATABASE_KIND": "production"})
    assert (other.code, len(other.err.splitlines())) == (1, 1), other.err
    assert "validation" in other.err


async def test_new_keys_are_settings_that_work(database_url: str) -> None:
    commands = Commands(database_url)
    printed = (await commands.call("keys", "new")).out
    settings = dict(line.split("=", 1) for line in printed.splitlines())
    rings = ("VAULT", "INDEX", "LINK", "SEAL", "BACKUP")
    assert set(settings) == {f"PRO_{name}_KEYS" for name in rings}
    done = await commands.call("protocol", "load", PROTOCOL, environment=settings)
    assert done.code == 0, done.err


async def test_an_extra_visit_says_what_is_asked_and_when(enrolled: Commands) -> None:
    words = ("visit", "add", "K-001", "--reason", "the knee locked")
    typo = await enrolled.call(*words, "--ask", "pain-nrs:left_nee")
    assert (typo.code, "left_knee" in typo.err) == (1, True)
    done = await enrolled.call(*words, "--ask", "pain-nrs", "--ask", "pga")
    assert done.code == 0, done.err
    assert "asked: pain-nrs (left_knee)" in done.out
    assert "asked: pga (person)" in done.out
    assert "Extra visit 1 of K-001: open now, first text" in done.out
