"""Enrolling from a file: all of it or nothing, and the same file twice is once."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from pro_service.catalog.protocol_files import example_protocol_file
from pro_service.services.visits.enrolment_rows import COLUMNS, EnrolmentRefusedError
from pro_service.store.pools import connect
from tests.support import generate_participants
from tests.support.command import Commands
from tests.support.study import Trial, open_trial, phone, row

FILE = Path(__file__).parents[2] / "data" / "participants_200.csv"


async def prepared(url: str) -> Commands:
    """A study with the three sites of the file."""
    commands = Commands(url)
    assert (await commands.call("protocol", "load", str(example_protocol_file()))).code == 0
    for code, zone in zip(generate_participants.SITES, generate_participants.ZONES, strict=True):
        done = await commands.call(
            *("site", "add", code, "--name", code, "--zone", zone, "--country", "US"),
            *("--telephone", "+13125550198", "--emergency-number", "911"),
        )
        assert done.code == 0, done.err
    return commands


def written(path: Path, rows: list[dict[str, str]]) -> str:
    """A file of these rows."""
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


async def counted(owner: asyncpg.Connection) -> tuple[int, ...]:
    """Rows of what enrolling writes, and of audit."""
    tables = ("participants", "contact_points", "visits", "reminders", "audit_entries")
    return tuple([await owner.fetchval(f"SELECT count(*) FROM pro.{name}") for name in tables])


def test_the_file_of_200_is_what_its_generator_writes() -> None:
    assert FILE.read_text(encoding="utf-8") == generate_participants.text()
    rows = generate_participants.rows()
    assert len(rows) == 200
    assert {each["language"] for each in rows} == {"en", "zh_CN"}
    assert len({each["zone"] for each in rows}) == 3


async def test_200_participants_enrol_and_the_same_file_again_changes_nothing(
    database_url: str, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    commands = await prepared(database_url)
    refused = await commands.call("enrol", "--csv", str(FILE))
    assert (refused.code, "passed over a month ago" in refused.err) == (1, True)
    assert (await counted(owner))[0] == 0
    first = commands.run(
        *("enrol", "--csv", str(FILE), "--reason", "entered after the fact"),
        environment={"FORCE_COLOR": "1"},
    )
    assert first.code == 0, first.err
    assert "200 enrolled" in first.out
    assert "Enrolling" in first.err
    before = await counted(owner)
    assert before[0] == 200
    again = await commands.call("enrol", "--csv", str(FILE))
    assert (again.code, "0 enrolled, 200 stood already" in again.out) == (0, True)
    assert await counted(owner) == before
    changed = generate_participants.rows()
    changed[41]["zone"] = "Europe/Paris"
    changed[57]["phone"] = "+12125550198"
    refused = await commands.call("enrol", "--csv", written(tmp_path / "changed.csv", changed))
    assert refused.code == 1
    assert "row 43, zone:" in refused.err
    assert "row 59, phone:" in refused.err
    assert "+1212555" not in refused.err + refused.out
    assert await counted(owner) == before
    await no_number_is_in_clear(database_url)


async def no_number_is_in_clear(url: str) -> None:
    """Search every text, json and bytea column of the schema for every number of the file."""
    connection = await connect(url, role="pro_owner", actor="test:owner")
    try:
        columns = await connection.fetch(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'pro' AND data_type IN ('text', 'jsonb', 'bytea', 'ARRAY')"
        )
        assert len(columns) > 100
        rows = generate_participants.rows()
        clear = [each["phone"] for each in rows] + [each["phone"][2:] for each in rows]
        patterns = clear + [number.encode().hex() for number in clear]
        for table, column in columns:
            found = await connection.fetchval(
                f"SELECT count(*) FROM pro.{table} WHERE {column}::text ~ $1",
                "|".join(number.replace("+", "\\+") for number in patterns),
            )
            assert found == 0, f"{table}.{column}"
    finally:
        await connection.close()


async def test_all_mistakes_are_said_at_once_and_nothing_is_written(
    database_url: str, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    commands = await prepared(database_url)
    before = await counted(owner)
    good = generate_participants.rows()[:6]
    mistakes = {
        "site": "XX99",
        "phone": "0202 555",
        "language": "fr",
        "zone": "Mars/Base",
        "channel": "pigeon",
        "consent_version": "",
        "consent_on": "2999-01-01",
        "messaging_consent": "perhaps",
        "treated_knees": "third",
        "planned_injection_on": "12.01.2026",
    }
    good[2] |= mistakes
    good[4]["code"] = good[1]["code"]
    refused = await commands.call(
        *("enrol", "--csv", written(tmp_path / "bad.csv", good), "--reason", "late entry")
    )
    assert refused.code == 1
    lines = refused.err.splitlines()
    assert sorted(line.split(":")[0] for line in lines[:-1]) == sorted(
        [f"row 4, {column}" for column in mistakes] + ["row 6, code"]
    )
    assert "Nobody was enrolled: 11 mistake(s)." in lines[-1]
    assert "0202" not in refused.err
    assert await counted(owner) == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("code,site\nP-1,BJ01\n", "lacks the column(s)"),
        (",".join([*COLUMNS, "mood"]) + "\n", "unknown column(s) mood"),
        (",".join(COLUMNS) + "\nP-1,BJ01\n", "row 2: has 2 cells where the header has 11"),
    ],
)
async def test_a_file_that_is_no_such_table_is_one_line(
    database_url: str, tmp_path: Path, text: str, said: str
) -> None:
    commands = Commands(database_url)
    assert (await commands.call("protocol", "load", str(example_protocol_file()))).code == 0
    (tmp_path / "odd.csv").write_text(text, encoding="utf-8")
    refused = await commands.call("enrol", "--csv", str(tmp_path / "odd.csv"))
    assert (refused.code, len(refused.err.splitlines())) == (1, 1)
    assert said in refused.err


async def refused_columns(trial: Trial, **cells: str) -> list[str]:
    """The columns a row is refused for."""
    try:
        await trial.enrol(row("K-001", **cells))
    except EnrolmentRefusedError as refused:
        return [problem.column for problem in refused.problems]
    return []


async def test_consent_signed_today_where_the_participant_lives_is_not_in_the_future(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await trial.move(datetime(2026, 1, 5, 23, tzinfo=UTC))
        assert await refused_columns(trial, consent_on="2026-01-06") == []


async def test_consent_of_a_day_that_has_not_begun_there_is_refused(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.move(datetime(2026, 1, 6, 2, tzinfo=UTC))
        west = {"zone": "America/New_York", "consent_on": "2026-01-06"}
        assert await refused_columns(trial, **west) == ["consent_on"]


async def test_spouses_may_share_a_number(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        outcome = await trial.enrol(row("K-001"), row("K-002", phone=phone(1)))
        assert outcome.enrolled == 2
        for code in ("K-001", "K-002"):
            contact = (await trial.facts(code)).contact
            assert contact is not None
            assert contact.shared_with == 1


async def test_enrolment_works_before_an_injection_is_planned(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001", planned_injection_on=""))
        assert (await trial.facts("K-001")).visits == ()


async def test_every_participant_has_a_key_and_a_code_of_their_own(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(*(row(f"K-{n:03}") for n in range(5)))
        keys = await trial.fetchval(
            "SELECT count(DISTINCT id) FROM data_keys WHERE participant_id IS NOT NULL"
        )
        codes = await trial.fetchval("SELECT count(DISTINCT personal_code) FROM participants")
        assert (keys, codes) == (5, 5)
