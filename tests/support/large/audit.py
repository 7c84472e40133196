"""A large audit, made by the database itself: what a study of years leaves, without the years.

Entries of machines are many and those of people few; kinds that every text writes are many, and
the others seldom. Each is about one participant, in turn.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import asyncpg

from pro_service.store.record.reading import AuditSought, Cursor
from pro_service.store.sql_files import load_queries
from tests.support.large.plans import explain, pages_touched

STUDY = UUID(int=7)
AUDIT = ("audit_entries", "audit_participants")


class LargeAudit(NamedTuple):
    """What was made."""

    study_id: UUID
    entries: int
    site_id: UUID
    """One of the sites, at which no entry of a seldom kind is."""
    participant_id: UUID
    """One of its participants."""


def _id(kind: int, number: int) -> UUID:
    return UUID(f"{number:08x}-0000-7000-8000-{kind:012x}")


async def load_large_audit(
    superuser: asyncpg.Connection, *, entries: int, participants: int = 2_000, sites: int = 40
) -> LargeAudit:
    """Fill an empty database of ours; a superuser's connection, for no trigger writes beside it."""
    made = LargeAudit(STUDY, entries, _id(1, 3), _id(2, 2))
    async with superuser.transaction():
        await superuser.execute("SET LOCAL session_replication_role = replica")
        await superuser.execute(
            "INSERT INTO pro.studies (id, code, name, sender, actor)"
            " VALUES ($1, 'LARGE', 'Large', 'Large', 'test')",
            STUDY,
        )
        await superuser.execute(
            "INSERT INTO pro.sites (study_id, id, code, name, zone, country, telephone,"
            " emergency_number, actor)"
            " SELECT $1, (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000001')::uuid,"
            " 'S' || n, 'Site', 'UTC', 'CN', '1', '120', 'test' FROM generate_series(1, $2) AS n",
            STUDY,
            sites,
        )
        await superuser.execute(
            "INSERT INTO pro.participants (study_id, id, code, personal_code, protocol_version_id,"
            " language, zone, channel, treated_knees, actor)"
            " SELECT $1, (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000002')::uuid,"
            " 'P-' || n, 'C' || n, $1, 'en', 'UTC', 'text', ARRAY['left_knee'], 'test'"
            " FROM generate_series(1, $2) AS n",
            STUDY,
            participants,
        )
        await superuser.execute(
            "INSERT INTO pro.participant_sites (study_id, id, participant_id, site_id, valid_from,"
            " actor)"
            " SELECT $1, p.id, p.id,"
            " (lpad(to_hex(substr(p.code, 3)::integer % $2 + 1), 8, '0')"
            " || '-0000-7000-8000-000000000001')::uuid, '2020-01-01', 'test'"
            " FROM pro.participants AS p",
            STUDY,
            sites,
        )
        await _write_entries(superuser, entries, participants)
    for table in (*AUDIT, "participants", "participant_sites", "reminders"):
        await superuser.execute(f"VACUUM ANALYZE pro.{table}")
    return made


NUMBERED = (
    "(SELECT n, CASE WHEN n % 20 IN (7, 8, 9) THEN n - (n % 20 - 4) ELSE n END AS of,"
    " n % 20 IN (7, 8, 9) AS changes FROM generate_series(1, {entries}) AS n) AS x"
)
"""Entries by number, and by which the row was written that they are about: three in twenty change
one that another wrote shortly before."""
ROW = "(lpad(to_hex({of}), 8, '0') || '-0000-7000-8000-000000000003')::uuid"


async def _write_entries(superuser: asyncpg.Connection, entries: int, participants: int) -> None:
    """Entries a second apart; one in fifty by a person, one in sixteen of a seldom kind."""
    row = ROW.format(of="x.of")
    await superuser.execute(
        "INSERT INTO pro.audit_entries (at, study_id, table_name, operation, row_count, row_ids,"
        " digest, actor, format, list_version, row_digests, changes)"
        " SELECT '2024-01-01'::timestamptz + n * interval '1 second', $1,"
        " CASE WHEN changes THEN 'reminders'"
        "      WHEN n % 16 = 0 THEN (ARRAY['statuses', 'consents', 'events'])[n / 16 % 3 + 1]"
        "      WHEN n % 5003 = 0 THEN 'sites'"
        "      ELSE (ARRAY['responses', 'scores', 'attempts', 'messages', 'reminders'])[n % 5 + 1]"
        " END, CASE WHEN changes THEN 'UPDATE' ELSE 'INSERT' END, 1,"
        f" jsonb_build_array({row}),"
        " sha256(n::text::bytea), CASE WHEN n % 50 = 0 THEN 'staff:s' || n / 50 % 200"
        " WHEN n % 3 = 0 THEN 'service:worker' ELSE 'participant:P-' || n % $2 + 1 END,"
        " 2, 1, ARRAY[sha256(n::text::bytea)],"
        " CASE WHEN changes THEN jsonb_build_object("
        f" {row}, jsonb_build_object('old', jsonb_build_object('end_reason', 'was ' || n),"
        " 'new', jsonb_build_object('end_reason', 'is ' || n))) END"
        f" FROM {NUMBERED.format(entries=entries)}",
        STUDY,
        participants,
    )
    await superuser.execute(
        "INSERT INTO pro.audit_participants (study_id, participant_id, entry_id, at)"
        " SELECT e.study_id, (lpad(to_hex((x.of % $1 + 1)::integer), 8, '0')"
        " || '-0000-7000-8000-000000000002')::uuid, e.id, e.at"
        f" FROM {NUMBERED.format(entries=entries)}"
        " JOIN pro.audit_entries AS e ON e.id = x.n WHERE e.table_name <> 'sites'",
        participants,
    )
    # Rows of the newest entries and of those in the middle, so that pages there have some to tell.
    await superuser.execute(
        "INSERT INTO pro.reminders (study_id, id, participant_id, visit_id, schedule_revision,"
        f" ordinal, due_at, actor) SELECT $1, {ROW.format(of='n')}, (lpad(to_hex((n % $2 + 1)), 8,"
        f" '0') || '-0000-7000-8000-000000000002')::uuid, {ROW.format(of='n')}, 1, 1, '2024-01-01',"
        " 'test' FROM generate_series(1, $3) AS n"
        " WHERE n % 5 = 4 AND (n > $3 - 20000 OR n BETWEEN $3 / 2 - 20000 AND $3 / 2)",
        STUDY,
        participants,
        entries,
    )


class Look(NamedTuple):
    """A page somebody asks for: what is sought, from where, and the pages it may touch."""

    name: str
    sought: AuditSought
    sites: int
    """How many of the sites are the reader's."""
    pages: int
    nobodys: bool = False
    nothing: bool = False
    """Whether there is nothing to find, and a look that goes on to the end."""


def looks(study: LargeAudit) -> tuple[Look, ...]:
    """Every way to a page: by each filter, of the whole study and of one site in forty."""
    everywhere, here = 40, 1
    long_ago = Cursor(first_of(study.entries // 2), study.entries // 2)
    rare = AuditSought(kinds=("statuses", "consents"), rare=True)
    one = AuditSought(participant=study.participant_id)
    days = (first_of(study.entries // 3), first_of(study.entries // 2))
    return (
        Look("newest of the study", AuditSought(), everywhere, 3_000),
        Look("newest of a site", AuditSought(), here, 20_000),
        Look("of a participant", one, here, 3_000),
        Look("of a participant, by a machine", replace(one, person="service:worker"), here, 3_000),
        Look(
            "of a participant, of seldom kinds, in a span",
            replace(one, kinds=rare.kinds, rare=True, since=days[0], until=days[1]),
            here,
            3_000,
            nothing=True,
        ),
        Look("in a span", AuditSought(since=days[0], until=days[1]), everywhere, 3_000),
        Look(
            "by a person in a span",
            AuditSought(person="staff:s7", since=days[0], until=days[1]),
            everywhere,
            3_000,
        ),
        Look(
            "of seldom kinds in a span",
            replace(rare, since=days[0], until=days[1]),
            everywhere,
            3_000,
        ),
        Look("the last page", AuditSought(before=Cursor(first_of(60), 60)), everywhere, 3_000),
        Look("by a person", AuditSought(person="staff:s7"), everywhere, 3_000),
        Look(
            "by a person nobody is",
            AuditSought(person="staff:nobody"),
            everywhere,
            3_000,
            nothing=True,
        ),
        Look("of seldom kinds", rare, everywhere, 3_000),
        Look("of seldom kinds at a site", rare, here, 20_000, nothing=True),
        Look(
            "about nobody",
            AuditSought(kinds=("sites",), rare=True),
            here,
            3_000,
            nobodys=True,
        ),
        Look("of kinds written often", AuditSought(kinds=("scores",)), everywhere, 3_000),
        Look("by a machine", AuditSought(person="service:worker"), everywhere, 3_000),
        Look("by a machine there is not", AuditSought(person="service:no"), everywhere, 4_000),
        Look("far back", AuditSought(before=long_ago), everywhere, 3_000),
        Look("of seldom kinds far back", replace(rare, before=long_ago), everywhere, 3_000),
    )


async def time_look(
    desk: asyncpg.Connection, study: LargeAudit, look: Look, planning: str
) -> tuple[float, int, int]:
    """Milliseconds, pages touched and entries found; a page as the desk asks for it."""
    sites = ",".join(str(_id(1, number)) for number in range(3, 3 + look.sites))
    if look.sites > 1:
        sites = ",".join(str(_id(1, number)) for number in range(1, 1 + look.sites))
    await desk.execute("SELECT set_config('pro.site_ids', $1, false)", sites)
    sql = load_queries("record/reading")["find_audit_page_seen"]
    values = (study.study_id, _composite(look.sought), 51, look.nobodys)
    plan = await explain(desk, sql, values, planning)
    page, touched = plan["Execution Time"], pages_touched(plan["Plan"])
    found = await desk.fetch(sql, *values[:1], look.sought.as_row, *values[2:])
    hits = [one for one in found if one["hit"]][:50]
    if not hits:
        return page, touched, plan["Plan"]["Actual Rows"]
    # A page is found, and then what its entries say.
    told = load_queries("record/reading")["list_audit_told_seen"]
    shown = ([one["id"] for one in hits], [one["at"] for one in hits])
    says = await explain(desk, told, (study.study_id, *shown, look.nobodys), planning)
    page += says["Execution Time"]
    return page, touched + pages_touched(says["Plan"]), plan["Plan"]["Actual Rows"]


def _composite(sought: AuditSought) -> str:
    """The value of `pro.audit_sought`, as text."""

    def part(value: object) -> str:
        if value is None:
            return ""
        if isinstance(value, list):
            value = "{" + ",".join(value) + "}"
        return f'"{value}"'

    return "(" + ",".join(part(one) for one in sought.as_row) + ")"


def first_of(number: int) -> datetime:
    """The instant of an entry by its number."""
    return datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
