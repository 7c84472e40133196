"""A study as large as is asked for, as its desk sees it: work in every list, and outlooks kept."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Final

import asyncpg

from pro_service.services.study.staff import make_staff
from pro_service.store.migrations import migrate
from pro_service.store.pools import connect
from pro_service.store.visits.outlooks import refresh_outlooks
from pro_service.vault.vault import Vault
from tests.benchmarks.measuring.kept import Filling
from tests.support.desk import PASSWORD
from tests.support.example import example_study
from tests.support.large import PARTICIPANTS, STUDIES, VERSIONS, load_large_study, row_id
from tests.support.seed import make_context

STUDY_ID: Final = row_id(STUDIES, 1)
ACTOR: Final = "cli:benchmark"
WORK: Final = Path(__file__).with_name("work.sql")
AT_ONCE: Final = 100
"""Participants the worker comes by in one statement."""


async def fill_desk_study(url: str, participants: int) -> float:
    """Fill the empty database at `url`; seconds the worker took to come by everybody."""
    superuser = await asyncpg.connect(url)
    try:
        await migrate(superuser, kind="validation")
        await load_large_study(superuser, participants=participants)
        loaded = example_study()
        async with superuser.transaction():
            await superuser.execute("SET LOCAL session_replication_role = replica")
            await superuser.execute(
                "UPDATE pro.protocol_versions SET document = $1::text::jsonb, source = $2,"
                " content_sha256 = $3 WHERE id = $4",
                loaded.protocol.model_dump_json(),
                loaded.text,
                loaded.content_sha256,
                row_id(VERSIONS, 1),
            )
            await superuser.execute(WORK.read_text(encoding="utf-8"))
        await _make_staff(url)
        seconds = await keep(url, participants)
        await superuser.execute("VACUUM ANALYZE")
    finally:
        await superuser.close()
    return seconds


async def _make_staff(url: str) -> None:
    """Who sees the whole study, who is at the second of its four sites, and who signs."""
    operator = await connect(url, role="pro_operator", actor=ACTOR)
    try:
        for login, site, role in (
            ("whole", None, "monitor"),
            ("one", "S2", "coordinator"),
            ("signs", None, "investigator"),
        ):
            await make_staff(
                operator,
                STUDY_ID,
                login=login,
                password=PASSWORD,
                site=site,
                role=role,
                actor=ACTOR,
            )
    finally:
        await operator.close()


async def keep(url: str, participants: int) -> float:
    """The worker comes by everybody; seconds."""
    items = {code: len(one.items) for code, one in make_context().catalogue.instruments.items()}
    worker = await connect(url, role="pro_worker", actor="service:worker")
    began = perf_counter()
    try:
        for first in range(1, participants + 1, AT_ONCE):
            last = min(first + AT_ONCE, participants + 1)
            batch = [row_id(PARTICIPANTS, number) for number in range(first, last)]
            await refresh_outlooks(worker, STUDY_ID, batch, items)
    finally:
        await worker.close()
    return perf_counter() - began


async def make_keys_true(url: str, vault: Vault) -> None:
    """Everybody's key is one that this run opens: whoever serves a copy has keys of its own."""
    superuser = await asyncpg.connect(url)
    try:
        known = await superuser.fetch("SELECT id FROM pro.data_keys")
        keys = [vault.new_data_key() for _ in known]
        async with superuser.transaction():
            await superuser.execute("SET LOCAL session_replication_role = replica")
            await superuser.execute(
                "UPDATE pro.data_keys AS k SET id = x.id, wrapped = x.wrapped,"
                " wrapping_key = x.master FROM unnest($1::uuid[], $2::uuid[], $3::bytea[],"
                " $4::text[]) AS x (was, id, wrapped, master)"
                " WHERE k.id = x.was",
                [one["id"] for one in known],
                [one.id for one in keys],
                [one.wrapped for one in keys],
                [one.wrapping_key for one in keys],
            )
        await superuser.execute("VACUUM ANALYZE pro.data_keys")
    finally:
        await superuser.close()


async def was_here_yesterday(url: str) -> None:
    """Every session there is was last used a day ago: something has changed since."""
    superuser = await asyncpg.connect(url)
    try:
        await superuser.execute(
            "UPDATE pro.staff_sessions SET seen_study_at = seen_study_at - interval '1 day',"
            " started_at = started_at - interval '1 day'"
        )
    finally:
        await superuser.close()


async def forget_kept(url: str) -> None:
    """As it is after an upgrade: the worker has kept nothing yet."""
    superuser = await asyncpg.connect(url)
    try:
        kept = (
            "pro.visit_outlooks, pro.participant_outlooks, pro.figure_counts,"
            " pro.closed_visits, pro.closed_counts"
        )
        await superuser.execute(f"TRUNCATE {kept}")
        await superuser.execute("ANALYZE pro.visit_outlooks, pro.participant_outlooks")
    finally:
        await superuser.close()


DESK_STUDY: Final = Filling("desk", fill_desk_study, (Path(__file__), WORK))
