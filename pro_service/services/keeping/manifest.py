"""What a backup says of itself, and how a database is compared with that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from pro_service.domain.errors import ProServiceError
from pro_service.domain.record import Record
from pro_service.release import release
from pro_service.services.base.key_check import keys_in_use
from pro_service.store.connection import Connection
from pro_service.store.keeping import backups
from pro_service.store.keeping.backups import Origin, TableName

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is (0: not known)."""


class ManifestMismatchError(ProServiceError):
    """The database does not hold what the backup says it holds."""


class HiddenRowsError(ProServiceError):
    """The owner of the schema may not see every row."""


class TableCount(Record):
    """One table: how many rows it holds, and a digest of them whatever their order."""

    schema_name: str
    table_name: str
    rows: int
    digest: str

    @property
    def name(self) -> str:
        """As SQL writes it."""
        return f"{self.schema_name}.{self.table_name}"


class Manifest(Record):
    """What stands at the head of a backup."""

    release: str
    made_at: datetime
    """When the snapshot was taken (machine time)."""
    study_at: datetime
    """The same instant by study time."""
    kind: str
    server_major: int
    dump_major: int
    """The version of the pg_dump that wrote the dump."""
    migrations: tuple[str, ...]
    audit_head: str | None
    """SHA-256 of the newest seal."""
    vault_keys: tuple[str, ...]
    index_keys: tuple[str, ...]
    link_keys: tuple[str, ...]
    schemas: tuple[str, ...]
    tables: tuple[TableCount, ...]

    @property
    def rows(self) -> int:
        """How many rows there are in all tables together."""
        return sum(table.rows for table in self.tables)


async def read_manifest(
    connection: Connection, origin: Origin, dump_major: int, progress: Progress
) -> Manifest:
    """What the database holds in the snapshot of the connection's transaction.

    Raises HiddenRowsError where the owner might not see it all.
    """
    hidden = await backups.list_hidden_tables(connection)
    if hidden:
        raise HiddenRowsError(
            f"Rows of {', '.join(hidden)} may be hidden from pro_owner: a backup would lack them.",
            mend="Give pro_owner a policy on each that shows every row.",
        )
    keys = await keys_in_use(connection)
    return Manifest(
        release=release(),
        dump_major=dump_major,
        **origin._asdict(),
        **keys._asdict(),
        schemas=tuple(await backups.list_schemas(connection)),
        tables=tuple(await count_tables(connection, progress)),
    )


async def count_tables(connection: Connection, progress: Progress) -> list[TableCount]:
    """Count and hash every table of ours."""
    names: Sequence[TableName] = await backups.list_tables(connection)
    found: list[TableCount] = []
    for number, name in enumerate(names):
        progress("Counting tables", number, len(names))
        counted = await backups.digest_table(connection, name)
        found.append(TableCount(**name._asdict(), rows=counted.row_count, digest=counted.digest))
    progress("Counting tables", len(names), len(names))
    return found


async def compare(connection: Connection, manifest: Manifest, progress: Progress) -> None:
    """Raise ManifestMismatchError unless every table holds exactly the manifest's rows."""
    found = {table.name: table for table in await count_tables(connection, progress)}
    faults: list[str] = []
    for expected in manifest.tables:
        table = found.pop(expected.name, None)
        if table is None:
            faults.append(f"{expected.name} is missing")
        elif table.rows != expected.rows:
            faults.append(f"{expected.name} has {table.rows} rows instead of {expected.rows}")
        elif table.digest != expected.digest:
            faults.append(f"{expected.name} has other rows")
    faults += [f"{name} is not in the manifest" for name in found]
    if faults:
        raise ManifestMismatchError(f"The database differs from its backup: {'; '.join(faults)}.")
