"""A backup holds every row, is read back, and is restored whole or not at all."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from pro_service.services.base.key_check import KeysDoNotFitError
from pro_service.services.keeping import Place, make_backup, restore_backup
from pro_service.services.keeping.backup import BackupFile, FileInTheWayError
from pro_service.services.keeping.manifest import HiddenRowsError, ManifestMismatchError, compare
from pro_service.services.keeping.restore import NotEmptyError, OldServerError
from pro_service.store.keeping import backups, holds
from pro_service.store.migrations import NewerSchemaError, schema_state
from pro_service.store.pools import connect
from pro_service.vault.keys import KeyRing, VaultKeyError
from pro_service.vault.stream import StreamBrokenError, StreamKeyError, StreamWriter
from pro_service.vault.vault import Vault
from tests.integration.keeping.restored import FOLDERS, names_in, quiet
from tests.support.databases import empty_database
from tests.support.study import Trial, open_trial, row

RING = KeyRing.generate("b1")


@pytest.fixture
async def trial(database_url: str) -> AsyncIterator[Trial]:
    """A study with three participants and a few texts."""
    async with open_trial(database_url) as opened:
        await opened.enrol(row("K-001"), row("K-002", language="zh_CN"), row("K-003"))
        await opened.ask()
        yield opened


@pytest.fixture
async def service_user(server_url: str) -> AsyncIterator[str]:
    """A login that is no superuser, with the rights the README asks for."""
    name = f"pro_service_{uuid.uuid4().hex[:12]}"
    admin = await asyncpg.connect(server_url)
    await admin.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'keeper' CREATEROLE NOBYPASSRLS")
    for role in ("owner", "participant", "provider", "worker", "operator", "desk", "clerk"):
        await admin.execute(f"GRANT pro_{role} TO {name}")
    yield name
    await admin.execute(f"DROP ROLE {name}")
    await admin.close()


@pytest.fixture
def other_url(server_url: str) -> Iterator[str]:
    """An empty database to restore into."""
    with empty_database(server_url) as url:
        yield url


def as_user(url: str, name: str) -> str:
    """The same database, another login."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{name}:keeper@{host}"))


def vault_of(trial: Trial) -> Vault:
    return trial.context.keys.vault


async def back_up(trial: Trial, file: Path, ring: KeyRing | None = None) -> None:
    await make_backup(Place(trial.url, "cli:test", FOLDERS), file, ring, quiet)


async def is_empty(url: str) -> bool:
    connection = await asyncpg.connect(url)
    try:
        found = await connection.fetchval(
            "SELECT count(*) FROM pg_namespace WHERE nspname IN"
            " ('pro', 'pro_meta', 'pro_restoring', 'simulator')"
        )
    finally:
        await connection.close()
    return bool(found == 0)


async def test_no_table_may_hide_rows_from_the_owner(owner: asyncpg.Connection) -> None:
    assert await backups.list_hidden_tables(owner) == []
    await owner.execute("DROP POLICY program ON pro.identities")
    assert await backups.list_hidden_tables(owner) == ["pro.identities"]


async def test_a_backup_that_would_lack_rows_is_not_made(trial: Trial, tmp_path: Path) -> None:
    await trial.owner_does("DROP POLICY program ON pro.identities")
    with pytest.raises(HiddenRowsError, match=r"pro\.identities"):
        await back_up(trial, tmp_path / "backup.pro")
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("ring", [pytest.param(None, marks=pytest.mark.thorough), RING])
async def test_a_user_without_special_rights_backs_up_and_restores(
    trial: Trial, service_user: str, other_url: str, tmp_path: Path, ring: KeyRing | None
) -> None:
    admin = await asyncpg.connect(other_url)
    await admin.execute(f'ALTER DATABASE "{urlsplit(other_url).path[1:]}" OWNER TO {service_user}')
    file = tmp_path / "backup.pro"
    made = await make_backup(
        Place(as_user(trial.url, service_user), "cli:test", FOLDERS), file, ring, quiet
    )
    assert names_in(tmp_path) == ["backup.pro"]
    assert file.stat().st_mode & 0o777 == 0o600
    counts = {table.name: table.rows for table in made.tables}
    assert counts["pro.participants"] == 3
    assert counts["pro.messages"] >= 1
    target = as_user(other_url, service_user)
    restored = await restore_backup(
        Place(target, "cli:test", FOLDERS), file, ring, vault_of(trial), quiet
    )
    assert restored == made
    owner = await connect(target, role="pro_owner", actor="test")
    state = await schema_state(owner)
    assert state.current
    assert not state.restoring
    hold = await holds.get_open_hold(owner)
    assert hold is not None
    assert hold.backup_at == made.made_at
    assert await owner.fetch("SELECT generation FROM pro.audit_generations ORDER BY 1") == [
        (1,),
        (2,),
    ]
    await owner.close()
    await admin.execute(f'ALTER DATABASE "{urlsplit(other_url).path[1:]}" OWNER TO CURRENT_USER')
    await admin.execute(f"REASSIGN OWNED BY {service_user} TO CURRENT_USER")
    await admin.close()


async def test_a_file_that_is_there_is_not_replaced(trial: Trial, tmp_path: Path) -> None:
    file = tmp_path / "backup.pro"
    file.write_text("something of somebody's")
    with pytest.raises(FileInTheWayError):
        await back_up(trial, file)
    assert file.read_text() == "something of somebody's"


async def test_a_database_that_is_not_empty_is_not_touched(trial: Trial, tmp_path: Path) -> None:
    file = tmp_path / "backup.pro"
    await back_up(trial, file)
    before = await trial.count("participants")
    with pytest.raises(NotEmptyError, match="nothing was touched"):
        await restore_backup(
            Place(trial.url, "cli:test", FOLDERS), file, None, vault_of(trial), quiet
        )
    assert await trial.count("participants") == before
    assert await trial.count("sending_holds") == 0


async def test_a_damaged_file_is_found_before_anything_is_touched(
    trial: Trial, other_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "backup.pro"
    await back_up(trial, file, RING)
    whole = file.read_bytes()
    place, vault = Place(other_url, "cli:test", FOLDERS), vault_of(trial)

    async def refused(
        text: bytes, ring: KeyRing | None, error: type[Exception], words: str
    ) -> None:
        file.write_bytes(text)
        with pytest.raises(error, match=words):
            await restore_backup(place, file, ring, vault, quiet)
        assert await is_empty(other_url)

    await refused(whole[:-1], RING, StreamBrokenError, "cut")
    await refused(whole[:5000], RING, StreamBrokenError, "cut")
    await refused(whole + b"\0", RING, StreamBrokenError, "after its end")
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    await refused(bytes(flipped), RING, StreamBrokenError, "cannot be opened")
    await refused(whole, None, StreamKeyError, "encrypted under the key 'b1'")
    await refused(whole, KeyRing.generate("b1"), StreamBrokenError, "another one")
    await refused(whole, KeyRing.generate("b2"), VaultKeyError, "'b1'")
    await refused(b"PGDMP and so on", RING, StreamBrokenError, "no backup")


@pytest.mark.thorough
async def test_other_keys_are_refused_and_leave_nothing(
    trial: Trial, other_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "backup.pro"
    await back_up(trial, file)
    vault = vault_of(trial)
    another = Vault(vault._master, KeyRing.generate("i1"), vault._link)
    with pytest.raises(KeysDoNotFitError, match=r"PRO_INDEX_KEYS is not the one"):
        await restore_backup(Place(other_url, "cli:test", FOLDERS), file, None, another, quiet)
    assert await is_empty(other_url)
    lacking = Vault(vault._master, vault._index, KeyRing.generate("l2"))
    with pytest.raises(KeysDoNotFitError, match=r"PRO_LINK_KEYS lacks the key 'l1'"):
        await restore_backup(Place(other_url, "cli:test", FOLDERS), file, None, lacking, quiet)
    assert await is_empty(other_url)


async def test_a_row_more_fewer_or_other_is_found(trial: Trial, tmp_path: Path) -> None:
    file = tmp_path / "backup.pro"
    made = await make_backup(Place(trial.url, "cli:test", FOLDERS), file, None, quiet)
    owner = await connect(trial.url, role="pro_owner", actor="test")
    try:
        await compare(owner, made, quiet)
        await owner.execute("ALTER TABLE pro.consents DISABLE TRIGGER USER")
        await owner.execute("UPDATE pro.consents SET version = 'x' || version")
        with pytest.raises(ManifestMismatchError, match=r"pro\.consents has other rows"):
            await compare(owner, made, quiet)
        await owner.execute("DELETE FROM pro.consents")
        with pytest.raises(ManifestMismatchError, match=r"pro\.consents has 0 rows instead of 3"):
            await compare(owner, made, quiet)
    finally:
        await owner.close()


def with_manifest(file: Path, **changed: object) -> None:
    """The same dump under another manifest, whole by its own chunks."""
    with BackupFile(file, None) as backup:
        manifest = backup.manifest.model_copy(update=changed)
        dump = b"".join(backup.dump())
    with file.open("wb") as target:
        stream = StreamWriter(target, None)
        head = manifest.model_dump_json().encode()
        stream.write(len(head).to_bytes(8, "big") + head + dump)
        stream.finish()


async def test_a_dump_that_does_not_hold_what_its_manifest_says_is_refused(
    trial: Trial, other_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "backup.pro"
    place, vault = Place(other_url, "cli:test", FOLDERS), vault_of(trial)
    made = await make_backup(Place(trial.url, "cli:test", FOLDERS), file, None, quiet)
    # A row too many is seen when the dump is read; another digest once the rows are in place.
    for changed in ({"rows": 4}, {"digest": "0-0"}):
        tables = tuple(
            one.model_copy(update=changed) if one.table_name == "participants" else one
            for one in made.tables
        )
        with_manifest(file, tables=tables)
        with pytest.raises(ManifestMismatchError, match=r"pro\.participants has"):
            await restore_backup(place, file, None, vault, quiet)
        assert await is_empty(other_url)
    with_manifest(file, tables=made.tables, migrations=(*made.migrations, "migrations/9999_later"))
    with pytest.raises(NewerSchemaError, match="9999_later"):
        await restore_backup(place, file, None, vault, quiet)
    assert await is_empty(other_url)
    with_manifest(file, migrations=made.migrations, server_major=99)
    with pytest.raises(OldServerError, match="PostgreSQL 99"):
        await restore_backup(place, file, None, vault, quiet)
    with_manifest(file, server_major=made.server_major)
    assert await restore_backup(place, file, None, vault, quiet) == made
