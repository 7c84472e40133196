"""A real standby: figures at the desk and exports are read from it, and say how old they may be."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import asyncpg
import pytest

from pro_service.app import reading_everything
from pro_service.services.exports.cuts import make_cut
from pro_service.services.exports.export import export
from pro_service.services.exports.instants import CopyBehindError, catch_up, is_copy_of
from pro_service.services.study.staff import make_staff
from pro_service.store.pools import open_pools
from pro_service.store.study.studies import list_studies
from pro_service.web.keys import POOLS
from tests.support.databases import migrate_everything
from tests.support.desk import PASSWORD, page, sign_in
from tests.support.killing.archived import BIN, IS_HERE, Cluster, archived_cluster
from tests.support.study import ACTOR, Trial, open_trial, row
from tests.support.web import browsing

SAID = re.compile(r"in the last (\d+) seconds may be missing")

pytestmark = pytest.mark.skipif(
    not IS_HERE, reason="needs Debian's pgbackrest and postgresql-15, which .ci/run installs"
)


def make_standby(cluster: Cluster) -> str:
    """Copy the running server into a standby of it, and start that; its address."""
    other = cluster.folder / "standby"
    words = (str(BIN / "pg_basebackup"), "-D", str(other), "-R", "-X", "stream", "-c", "fast")
    cluster.run(*words, "-h", "127.0.0.1", "-p", str(cluster.ports[cluster.data]), "-U", "postgres")
    return cluster.start(other)


async def read_figures(trial: Trial) -> str:
    """The page of figures, as somebody sees it who is signed in."""
    async with browsing(trial.server) as browser:
        await sign_in(browser, "dora")
        status, html = await page(browser, "/desk/figures")
        assert status == 200
        return html


async def test_figures_and_exports_are_read_from_a_standby_that_says_how_old_it_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with archived_cluster() as cluster:
        url = await asyncio.to_thread(cluster.start, cluster.data)
        await migrate_everything(url)
        async with open_trial(url) as trial:
            await trial.enrol(row("K-001"))
            await make_staff(
                *(trial.operator, trial.study_id),
                login="dora",
                password=PASSWORD,
                site="BJ01",
                role="data_manager",
                actor=ACTOR,
            )
            there = await asyncio.to_thread(make_standby, cluster)
            assert SAID.search(await read_figures(trial)) is None
            copies = await open_pools(there, roles=["desk"])
            async with copies:
                trial.server.app[POOLS].copy = copies.desk
                await trial.enrol(row("K-002"))
                said = SAID.search(await read_figures(trial))
                assert said is not None
                assert int(said[1]) < 60
                await _export_is_the_same(trial, url, there, tmp_path)
                await _a_fresh_cut_is_waited_for(trial, url, there, tmp_path)
                await _a_copy_that_stands_still_is_told(url, there)
                await _who_was_promoted_is_no_copy_any_more(trial, url, there, caplog)
                await asyncio.to_thread(cluster.stop_one, cluster.folder / "standby")
                assert SAID.search(await read_figures(trial)) is None  # From the server itself.


async def _export_is_the_same(trial: Trial, url: str, there: str, folder: Path) -> None:
    """What was enrolled a moment ago is in it, whichever of the two was read."""
    async with reading_everything(url) as ahead, reading_everything(there) as copy:
        study = (await list_studies(ahead))[0]
        assert await copy.fetchval("SELECT pg_is_in_recovery()")
        as_of = await trial.fetchval("SELECT pro.now()")
        for name, connection, server in (("one", ahead, None), ("other", copy, ahead)):
            await export(
                *(connection, trial.context, study, folder / name),
                as_of=as_of,
                ahead=server,
                keep=lambda _: asyncio.sleep(0),
            )
    both = [(folder / one / "participants.csv").read_text() for one in ("one", "other")]
    assert both[0] == both[1]
    assert "K-002" in both[0]


async def _a_fresh_cut_is_waited_for(trial: Trial, url: str, there: str, folder: Path) -> None:
    """The copy has not heard of the cut when the export of it begins."""
    standby = await asyncpg.connect(there)
    await standby.execute("SELECT pg_wal_replay_pause()")
    async with reading_everything(url) as ahead, reading_everything(there) as copy:
        study = (await list_studies(ahead))[0]
        whose = (trial.operator, trial.study_id, "interim-1")
        await make_cut(*whose, at=None, reason="interim", actor=ACTOR)
        exporting = asyncio.create_task(
            export(
                *(copy, trial.context, study, folder / "cut"),
                cut="interim-1",
                ahead=ahead,
                keep=lambda _: asyncio.sleep(0),
            )
        )
        await asyncio.wait([exporting], timeout=0.5)
        await standby.execute("SELECT pg_wal_replay_resume()")
        assert (await exporting)["participants"] == 2
    await standby.close()


async def _who_was_promoted_is_no_copy_any_more(
    trial: Trial, url: str, there: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Its data are old from then on, and no age says how old: nobody reads there."""
    async with reading_everything(url) as ahead, reading_everything(there) as copy:
        assert await is_copy_of(ahead, copy)
        standby = await asyncpg.connect(there)
        assert await standby.fetchval("SELECT pg_promote()")
        await standby.close()
        assert not await is_copy_of(ahead, copy)
        with pytest.raises(CopyBehindError):
            await catch_up(ahead, copy, patience=0.3)
    with caplog.at_level("WARNING", logger="pro_service.desk"):
        assert SAID.search(await read_figures(trial)) is None
    assert "copy_of_unknown_age" in caplog.messages


async def _a_copy_that_stands_still_is_told(url: str, there: str) -> None:
    standby = await asyncpg.connect(there)
    await standby.execute("SELECT pg_wal_replay_pause()")
    async with reading_everything(url) as ahead, reading_everything(there) as copy:
        await ahead.execute("SELECT 1")
        other = await asyncpg.connect(url)
        await other.execute("CREATE TABLE public.later ()")
        await other.close()
        with pytest.raises(CopyBehindError, match=r"\d s behind, and did not catch up"):
            await catch_up(ahead, copy, patience=0.3)
    await standby.execute("SELECT pg_wal_replay_resume()")
    await standby.close()
