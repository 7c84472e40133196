"""The audit, data queries and unblinding as they are looked at: both languages, any width."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from pro_service.app import reading_everything
from pro_service.domain.study.facts import Status
from pro_service.services import rounds
from pro_service.services.desk import Exporting
from pro_service.services.study.staff import make_staff
from tests.browser.conftest import OpenWindow
from tests.browser.window import Window
from tests.support.desk import PASSWORD
from tests.support.study import ACTOR, Trial, row

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

CODE = "A-081"
PAGE = f"/desk/participants/{CODE}"


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def recorded(trial: Trial) -> AsyncIterator[Trial]:
    """Somebody with a history, and a monitor and an investigator in each language."""
    await trial.enrol(row(CODE))
    await trial.status(CODE, Status.active)
    await trial.status(CODE, Status.paused)
    for language in ("en", "zh_CN"):
        for role in ("monitor", "investigator"):
            await make_staff(
                trial.operator,
                trial.study_id,
                login=f"record-{role}-{language.lower()}",
                password=PASSWORD,
                site="BJ01",
                role=role,
                language="zh_CN" if language == "zh_CN" else "en",
                actor=ACTOR,
            )
    yield trial


async def sign_in(desk: Window, login: str) -> None:
    """Sign in through the page."""
    await desk.go("/desk/sign-in")
    await desk.page.fill("#login", login)
    await desk.page.fill("#password", PASSWORD)
    await desk.press("form button.main")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", f"The data query about {CODE} is raised."),
        ("zh_CN", f"关于 {CODE} 的数据质疑已提出。"),
    ],
)
async def test_the_rooms_of_the_record_read_well(
    recorded: Trial, window: OpenWindow, language: str, said: str
) -> None:
    async with window(recorded.context.public_url) as desk:
        page = desk.page
        await sign_in(desk, f"record-monitor-{language.lower()}")
        await desk.go(f"/desk/record?code={CODE}")
        assert await page.locator("#audit tbody tr").count() > 5
        await desk.look_over(f"desk-audit-{language}", "staff")
        await desk.go(f"{PAGE}/data-query")
        await desk.look_over(f"desk-query-form-{language}", "staff")
        await page.select_option("#f-about", "participant")
        await page.fill("#f-words", "Which date stands on the paper?")
        await desk.press("main form button.main")
        assert await page.inner_text(".said") == said
        await desk.go("/desk/record/queries")
        await desk.look_over(f"desk-queries-{language}", "staff")
        await desk.go(PAGE)
        await desk.look_over(f"desk-person-queries-{language}", "staff")
        await desk.go("/desk/exports")
        await desk.press("main form button.main")
        await desk.look_over(f"desk-exports-{language}", "staff")
        # The page that waits for its file shows it, without anybody touching it.
        link = page.locator('#made a[href$=".zip"]')
        assert await link.count() == 0
        exporting = Exporting(lambda: reading_everything(recorded.url), recorded.pools.desk)
        await rounds.export_round(recorded.pools.worker, recorded.context, exporting)
        await link.wait_for()
        await desk.look_over(f"desk-export-made-{language}", "staff")
        assert desk.faults == []
    async with window(recorded.context.public_url) as desk:
        await sign_in(desk, f"record-investigator-{language.lower()}")
        await desk.go(f"{PAGE}/unblind")
        await desk.look_over(f"desk-unblind-{language}", "staff")
        assert desk.faults == []
