"""Licensed wording in a database: in force once loaded, shown, and its hash kept with attempts."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import pytest

from pro_service.services.study.wording import load_pack, show_stored_wording
from pro_service.store.pools import Pools
from tests.support.command import Commands
from tests.support.packs import load_nonsense, nonsense, write_pack
from tests.support.study import open_trial, row

NRS = "womac-nrs-3.1"


async def test_loading_a_pack_again_changes_nothing(database_url: str, tmp_path: Path) -> None:
    commands = Commands(database_url)
    path = str(write_pack(tmp_path, nonsense(NRS)))
    first = await commands.call("wording", "load", path)
    again = await commands.call("wording", "load", path)
    assert (first.code, again.code) == (0, 0), first.err
    assert "is in force; restart" in first.out
    assert "nothing changed" in again.out
    listed = await commands.call("wording", "list")
    assert "Nonsense licence 7 of 2026" in listed.out
    assert "neutral labels: no pack" in listed.out


async def test_the_last_pack_loaded_is_in_force_even_if_it_is_an_older_one(
    owner: asyncpg.Connection, tmp_path: Path
) -> None:
    old = load_nonsense(tmp_path, NRS)
    new = load_nonsense(tmp_path, NRS, licence="Another licence")
    assert [await load_pack(owner, pack, actor="test") for pack in (old, new, new, old)] == [
        True,
        True,
        False,
        True,
    ]


async def test_an_attempt_keeps_the_hash_of_the_words_it_was_asked_in(
    database_url: str, tmp_path: Path
) -> None:
    async with open_trial(database_url) as trial:
        pack = load_nonsense(tmp_path, NRS)
        await load_pack(trial.operator, pack, actor="test")
        await show_stored_wording(trial.pools.worker, trial.context)
        await trial.enrol(row("K-001"), row("K-002", language="zh_CN"))
        await trial.ask()
        assert "Does blorp 1 flurb?" in (await trial.texts("K-001"))[-1]
        await trial.says("K-001", "4")
        await trial.says("K-002", "4")
        found = await trial.fetch(
            "SELECT language, wording_sha256, instrument_sha256 FROM attempts ORDER BY language"
        )
        bare = trial.context.catalogue.instrument_sha256(NRS)
        assert found == [("en", pack.content_sha256, bare), ("zh_CN", bare, bare)]


@pytest.mark.parametrize("role", ["participant", "provider", "worker", "desk"])
async def test_every_part_of_the_service_may_read_packs_and_none_may_change_one(
    pools: Pools, owner: asyncpg.Connection, tmp_path: Path, role: str
) -> None:
    await load_pack(owner, load_nonsense(tmp_path), actor="test")
    pool: asyncpg.Pool = getattr(pools, role)
    assert await pool.fetchval("SELECT count(*) FROM pro.wording_packs") == 1
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute("DELETE FROM pro.wording_packs")
    with pytest.raises(asyncpg.PostgresError, match="never changed"):
        await owner.execute("UPDATE pro.wording_packs SET licence = 'none'")
