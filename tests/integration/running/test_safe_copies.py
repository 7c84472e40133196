"""What was found stored is acknowledged only once it is as safe as if it were stored now."""

from __future__ import annotations

import re
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from pro_service.embedded import EmbeddedPostgres
from pro_service.store.bounds import Bounds
from pro_service.store.pools import open_pools
from tests.support.databases import bin_dir_for_tests, folder_in_memory, migrate_everything
from tests.support.forms import form_to
from tests.support.study import Trial, open_trial, post_text, row
from tests.support.waiting import until
from tests.support.web import browsing, open_questions, serving


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder for a server of this test's own."""
    with tempfile.TemporaryDirectory(prefix="pro-test-", dir=folder_in_memory()) as name:
        Path(name).chmod(0o755)
        yield Path(name)


@asynccontextmanager
async def standing_alone(trial: Trial) -> AsyncIterator[None]:
    """Commits wait for a standby that is not there: nothing more can be made safe."""
    superuser = await asyncpg.connect(trial.url)

    async def wait_for(name: str) -> None:
        await superuser.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")
        await superuser.execute("SELECT pg_reload_conf()")

    async def waits() -> bool:
        try:
            await superuser.execute("SELECT pg_logical_emit_message(true, 'test', '')", timeout=0.5)
        except TimeoutError:
            return True
        return False

    await wait_for("nobody")
    await until(waits)  # Its processes hear of it one by one.
    try:
        yield
    finally:
        await wait_for("")
        await superuser.close()


async def test_a_second_copy_is_taken_only_where_it_could_be_stored_anew(memory: Path) -> None:
    """After a crash, rows can be read that no standby has: they may be gone in a moment."""
    async with EmbeddedPostgres(memory / "pg", bin_dir=bin_dir_for_tests()) as server:
        await migrate_everything(server.url)
        async with open_trial(server.url) as trial:
            await trial.enrol(row("K-001", channel="link"), row("K-002"))
            await trial.ask()
            async with (
                await open_pools(trial.url, bounds=Bounds(statement=1.0)) as pools,
                serving(pools, trial.context, gateway=trial.gateway) as web,
                browsing(web) as browser,
            ):
                trial.context.public_url = base = str(web.make_url("")).rstrip("/")
                link = re.search(r"/q/([A-Za-z0-9_-]+)", (await trial.texts("K-001"))[0])
                assert link is not None
                form = form_to(await open_questions(browser, link[1]), "/q/s/1")
                data = form.filled(**dict.fromkeys(form.items, "3"))

                async def answers() -> tuple[int, int]:
                    phone = trial.phones["K-002"]
                    text, _ = await post_text(base, phone, "4")
                    async with browser.post("/q/s/1", data=data, allow_redirects=False) as page:
                        return text, page.status

                assert await answers() == (200, 303)
                async with standing_alone(trial):
                    assert await answers() == (503, 503)
                assert await answers() == (200, 303)
            assert await trial.count("inbounds") == 1
            assert await trial.count("web_writes") == 1
