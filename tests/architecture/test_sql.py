"""SQL keeps its shape: statements and functions that fit a screen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pro_service.store.applying import CONTRACTS
from pro_service.store.sql_files import all_queries

MIGRATIONS = Path(__file__).parents[2] / "sql" / "migrations"
LONGEST, LONGEST_CHAIN = 60, 120
MEASURED_FROM = "0023"
"""Migrations that were applied before there was a limit are never edited."""

FUNCTION = re.compile(
    r"^CREATE (?:OR REPLACE )?(?:FUNCTION|PROCEDURE) (\S+?)\(.*?(\$\w*\$).*?\2;?$",
    re.MULTILINE | re.DOTALL,
)
VIEW = re.compile(
    r"^CREATE (?:OR REPLACE )?(?:MATERIALIZED )?VIEW (\S+) .*?;$", re.MULTILINE | re.DOTALL
)

CONTRACTS_NAMED_FROM = "0336"
TAKES_AWAY = re.compile(
    r"\bDROP (?:TABLE|VIEW|FUNCTION|COLUMN)\b|\bRENAME (?:COLUMN|TO)\b|\bSET NOT NULL\b"
)

_INSIDE = r"(?:[^()]|\((?:[^()]|\([^()]*\))*\))*?"
FOR_THE_TRANSACTION = re.compile(rf"set_config\({_INSIDE}, *true\)")
STAYS = re.compile(
    r"(?:(?:\A|;|\$\$|\b(?:BEGIN|THEN|ELSE|LOOP))\s*|')(?:RE)?SET\s+(?!LOCAL\b|TRANSACTION\b)"
    r"|\bLISTEN\b|\bTEMP(?:ORARY)?\b|\bpg_(?:try_)?advisory_lock(?:_shared)?\("
)
"""A setting that is a statement of its own, no clause of another; and what else a session keeps."""


def is_chain_of_writes(sql: str) -> bool:
    """Whether it is a write of chained steps, guarded by a revision or by a key of its own."""
    takes_turn = sql.startswith("WITH turn AS (\n    UPDATE pro.participant_revisions")
    last = sql[sql.rindex("\n)") :] if "\n)" in sql else ""
    return takes_turn or ("INSERT INTO" in sql and last.rstrip().endswith(" AS stored"))


def made_in_migrations() -> Iterator[tuple[str, str]]:
    """The functions and views of the migrations that count, by name."""
    for path in sorted(MIGRATIONS.glob("*.sql")):
        if path.name >= MEASURED_FROM:
            text = path.read_text(encoding="utf-8")
            for found in (*FUNCTION.finditer(text), *VIEW.finditer(text)):
                yield f"{path.name}: {found[1]}", found[0]


def test_no_statement_is_longer_than_a_screen() -> None:
    long = {
        f"{query.place}.{query.name}": length
        for query in all_queries()
        if (length := len(query.sql.splitlines()))
        > (LONGEST_CHAIN if is_chain_of_writes(query.sql) else LONGEST)
    }
    assert long == {}


def test_only_writes_of_many_steps_have_the_longer_limit() -> None:
    longer = {query.name for query in all_queries() if len(query.sql.splitlines()) > LONGEST}
    assert longer <= {
        *("record_answers", "record_inbound", "rest_number", "write_schedule"),
        "insert_participants",
    }


def test_functions_and_views_count_too() -> None:
    made = dict(made_in_migrations())
    long = {
        name: length for name, sql in made.items() if (length := len(sql.splitlines())) > LONGEST
    }
    assert long == {}
    written = "".join(
        path.read_text(encoding="utf-8")
        for path in MIGRATIONS.glob("*.sql")
        if path.name >= MEASURED_FROM
    )
    assert len(made) == len(re.findall(r"^CREATE .*?\b(?:FUNCTION|VIEW)\b", written, re.MULTILINE))


def test_each_rule_stands_once() -> None:
    once = {
        "which score stands": r"INSERT INTO pro\.scores \(|FROM pro\.scores AS later",
        "what is wished now": r"FROM pro\.preferences",
        "which site is seen": r"ORDER BY \(ps\.valid_to IS NULL\)",
        "what counts as a sent text": r"state NOT IN",
        "the rows of lines, links, messages and calls": (
            r"INSERT INTO pro\.(?:lines|invitations|messages|conversations) \("
        ),
    }
    again = [
        f"{query.place}.{query.name}: {rule}"
        for query in all_queries()
        for rule, pattern in once.items()
        if re.search(pattern, query.sql)
    ]
    assert again == []


def outlives_its_transaction(sql: str) -> bool:
    """Whether what is done to the session is still there after the transaction's end."""
    code = "\n".join(line.partition("--")[0] for line in sql.splitlines())
    set_so = code.count("set_config(") - len(FOR_THE_TRANSACTION.findall(code))
    return set_so > 0 or STAYS.search(code) is not None


def test_nothing_is_set_for_longer_than_its_transaction() -> None:
    """Pools give a connection on as it is: what stayed on it would be the next one's."""
    for stays in (
        "SELECT set_config('pro.actor', $1, false);",
        "SELECT set_config(name, value, for_now) FROM t;",
        "SELECT set_config('a', $1, false), set_config('b', f($1), true);",
        "BEGIN\n    SET pro.actor = 'x';",
        "EXECUTE 'SET ROLE pro_owner';",
        "LISTEN pro_changes;",
        "CREATE TEMP TABLE t ();",
        "SELECT pg_advisory_lock(1);",
    ):
        assert outlives_its_transaction(stays), stays
    for goes in (
        "SELECT set_config('pro.reason', coalesce($1, f('a', 'b')), true) <> '';",
        "SET LOCAL lock_timeout = '1s';",
        "SET TRANSACTION SNAPSHOT 'x';",
        "UPDATE pro.t\nSET name = 'x';",
        "UPDATE pro.t AS t\n    SET role = n.role;",
        "CREATE FUNCTION f() RETURNS int\n    SET enable_seqscan = off AS $$",
        "SELECT pg_advisory_xact_lock(1);",
    ):
        assert not outlives_its_transaction(goes), goes
    queries = ((f"{query.place}.{query.name}", query.sql) for query in all_queries())
    made = (
        (f"{path.name}: {found[1]}", found[0])
        for path in sorted(MIGRATIONS.glob("*.sql"))
        for found in FUNCTION.finditer(path.read_text(encoding="utf-8"))
    )
    stays_there = {name for name, sql in (*queries, *made) if outlives_its_transaction(sql)}
    # How a session begins; and the operator's, who lends none.
    assert stays_there == {
        *("base/sessions.set_session", "base/sessions.mark_session"),
        *("answering/rescoring.give_reason", "record/words.hold_the_move"),
    }


def takes_away_unnamed(name: str, sql: str) -> bool:
    """Whether a file takes away what the release before may still use, and does not say so."""
    code = "\n".join(line.partition("--")[0] for line in sql.splitlines())
    return CONTRACTS not in name and TAKES_AWAY.search(code) is not None


def test_what_takes_away_from_the_release_before_says_so_in_its_name() -> None:
    assert takes_away_unnamed("0340_words", "ALTER TABLE pro.words DROP COLUMN old;")
    assert takes_away_unnamed("0340_words", "ALTER TABLE pro.words\n    RENAME TO said;")
    assert not takes_away_unnamed("0341_contract_words", "DROP TABLE pro.words;")
    assert not takes_away_unnamed("0340_words", "ALTER TABLE pro.words ADD COLUMN new text;")
    unnamed = [
        path.name
        for path in MIGRATIONS.glob("*.sql")
        if path.name >= CONTRACTS_NAMED_FROM
        and takes_away_unnamed(path.stem, path.read_text(encoding="utf-8"))
    ]
    assert unnamed == []
