"""The lived study of an older release, brought to the present schema (see make.py)."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import lzma
import re
import tarfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg

from pro_service.catalog.channel_files import load_channels
from pro_service.catalog.instrument_files import load_instruments
from pro_service.embedded.binaries import find_binaries
from pro_service.messaging.gateways import Gateways
from pro_service.services.base.context import ServiceContext
from pro_service.store.migrations import migrate
from pro_service.store.pools import connect
from pro_service.store.sql_files import sql_folder
from pro_service.texts.catalogue import load_texts
from pro_service.vault.keys import KeyRing
from pro_service.vault.vault import Vault
from tests.support.databases import bin_dir_for_tests, empty_database, run
from tests.support.study import Trial, serve_trial

FOLDER: Final = Path(__file__).parents[2] / "data" / "lived_study"
LATE: Final = ("L-001", "L-002", "L-003")
"""Enrolled shortly before the end: their baseline is open. L-004 has paused."""


def about() -> dict[str, Any]:
    """Keys, links and counts of the fixture."""
    kept: dict[str, Any] = json.loads((FOLDER / "about.json").read_text("utf-8"))
    return kept


def old_export() -> dict[str, bytes]:
    """What the old release exported, by file."""
    with tarfile.open(FOLDER / "export.tar.xz") as packed:
        files = {one.name: packed.extractfile(one) for one in packed.getmembers()}
        return {name: file.read() for name, file in files.items() if file is not None}


def exported_at() -> datetime:
    """The instant of that export, study time."""
    return datetime.fromisoformat(json.loads(old_export()["about.json"])["as_of"])


@contextmanager
def lived_database(server_url: str) -> Iterator[str]:
    """The URL of a database the old release left, migrated; study time is its last instant."""
    with empty_database(server_url) as url:
        run(_load(url))
        yield url


async def _load(url: str) -> None:
    await restore(url)
    connection = await connect(url, role=None, actor="test:upgrade")
    try:
        await migrate(connection)
        await migrate(connection, series="simulator")
        await connection.execute("UPDATE pro.study_clock SET ahead = $1 - now()", exported_at())
    finally:
        await connection.close()


async def restore(url: str) -> None:
    """Fill an empty database with what the old release left, as it left it."""
    roles = await asyncpg.connect(url)
    try:
        await roles.execute((sql_folder() / "roles.sql").read_text("utf-8"))
    finally:
        await roles.close()
    psql = find_binaries(bin_dir_for_tests(), major=None).bin_dir / "psql"
    load = await asyncio.create_subprocess_exec(
        *(psql, "--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--dbname", url),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
    )
    await load.communicate(lzma.decompress((FOLDER / "study.sql.xz").read_bytes()))
    assert load.returncode == 0


def old_context() -> ServiceContext:
    """A context with the keys the study was sealed with."""
    keys = about()["keys"]
    vault = Vault(*(KeyRing.parse(keys[name]) for name in ("vault", "index", "link")))
    parts = (vault, load_texts(), load_instruments(), load_channels())
    return ServiceContext.of(
        *parts, public_url="http://127.0.0.1", gateways=Gateways.named("simulator"), release="test"
    )


@asynccontextmanager
async def lived_trial(url: str) -> AsyncIterator[Trial]:
    """The study served by the present release."""

    async def find(operator: asyncpg.Connection[asyncpg.Record], context: ServiceContext) -> UUID:
        return (await context.reader.study(operator, None)).id

    async with serve_trial(url, old_context(), find) as trial:
        for row in await trial.operator.fetch("SELECT code, id FROM pro.participants"):
            trial.participants[row["code"]] = row["id"]
        yield trial


_INSTANT: Final = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{6})?\+00:00")
COLUMNS_SINCE: Final = frozenset(
    {
        *("card_shown_at", "entered_by", "interviewer", "not_for_analysis"),
        *("second_entry", "moved_from", "handover_id", "tablet", "handed_over_by"),
        "by_text",
    }
)
"""Columns that exports have gained since the lived study's release."""
ENDPOINTS_THEN: Final = 10
"""Columns of the responders' table then: what follows them says what they were decided from."""


INSTRUMENTS_SINCE = frozenset({"icoap-knee", "ikdc-2000", "koos-ps", "lysholm", "rand-36"})
"""What ships now and did not then; the table of instruments names all that ship."""


def as_exported_before(name: str, content: bytes) -> bytes:
    """A table as the release of the lived study would have written it.

    Without the mark before what is not ASCII, and without the columns it did not know; the rest is
    the same to the byte, but for instants, which it wrote as Python does (`in_milliseconds`).
    """
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    kept = [place for place, column in enumerate(rows[0]) if column not in COLUMNS_SINCE]
    if name == "endpoints.csv":
        kept = kept[:ENDPOINTS_THEN]
    if name == "instruments.csv":
        rows = [row for row in rows if row[0] not in INSTRUMENTS_SINCE]
    target = io.StringIO(newline="")
    csv.writer(target, lineterminator="\n").writerows([row[k] for k in kept] for row in rows)
    return target.getvalue().encode()


def in_milliseconds(content: bytes) -> bytes:
    """A table of the old release with its instants as they are written now."""
    return _INSTANT.sub(lambda found: found[1] + (found[2] or b".000")[:4] + b"Z", content)
