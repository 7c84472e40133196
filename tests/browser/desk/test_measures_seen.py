"""Rooms of measures as they are looked at: typed in, handed out and read, in both languages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import FilePayload

from pro_service.domain.instruments.model import LANGUAGES
from pro_service.services.study.staff import make_staff
from tests.browser.conftest import OpenWindow
from tests.browser.window import DESKTOP, PHONE, Window
from tests.integration.reading.conftest import exams_table, image_knees
from tests.support.databases import Prepared, clone, prepare
from tests.support.desk import PASSWORD
from tests.support.study import ACTOR, Left, Trial, go_on_with

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

OUT: Final = "/desk/measures/hand-out"
SHEET: Final = "/desk/participants/K-001/measures?visit=screening:1"
STAFF: Final = {
    "mia": ("data_manager", None),
    "rex": ("reader", None),
    "cora": ("coordinator", "BJ01"),
}


@pytest.fixture(scope="module")
def imaged(server_url: str, template_database: str) -> Iterator[Prepared[Left]]:
    """Six knees, imaged an hour ago."""
    with prepare(server_url, template_database, image_knees) as made:
        yield made


@pytest.fixture(scope="module")
def imaged_url(server_url: str, imaged: Prepared[Left]) -> Iterator[str]:
    """A copy of its database."""
    with clone(server_url, imaged.database) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def lived(imaged_url: str, imaged: Prepared[Left]) -> AsyncIterator[Trial]:
    """It, with a data manager, a reader and a coordinator of each language."""
    async with go_on_with(imaged_url, imaged.made) as running:
        for language in LANGUAGES:
            for login, (role, site) in STAFF.items():
                await make_staff(
                    running.operator,
                    running.study_id,
                    login=f"{login}-{language.lower()}",
                    password=PASSWORD,
                    site=site,
                    role=role,
                    language=language,
                    actor=ACTOR,
                )
        yield running


async def look_at(desk: Window, address: str | None, name: str) -> None:
    """Look a page over on a telephone and on a screen."""
    if address is not None:
        await desk.go(address)
    for width, height in (PHONE, DESKTOP):
        await desk.page.set_viewport_size({"width": width, "height": height})
        wide = await desk.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{name} is {wide} wide on {width}"
    await desk.look_over(name, "staff")


async def sign_in(desk: Window, login: str) -> None:
    """Sign somebody in."""
    await desk.go("/desk/sign-in")
    await desk.page.fill("#login", login)
    await desk.page.fill("#password", PASSWORD)
    await desk.press("form button.main")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_lists_are_handed_out_and_read_and_measures_typed(
    lived: Trial, window: OpenWindow, language: str
) -> None:
    suffix = language.lower()
    async with window(lived.context.public_url) as desk:
        page = desk.page
        await sign_in(desk, f"mia-{suffix}")
        await desk.go(OUT)
        table = exams_table("K-001", "K-999").replace(b"2026-01-12", b"2026-01-11")
        file = FilePayload(name="exams.csv", mimeType="text/csv", buffer=table)
        await page.set_input_files("#file", files=file)
        await desk.press("#exams button.main")
        await look_at(desk, None, f"desk-exams-look-{language}")
        await desk.go(OUT)
        await page.select_option("#measure", "ute_t2s")
        await page.select_option("#reader", f"rex-{suffix}")
        await desk.press("#give button.main")
        await look_at(desk, None, f"desk-hand-out-{language}")
        assert f"rex-{suffix}" in await page.inner_text("#given")
        assert desk.faults == []
    async with window(lived.context.public_url) as desk:
        await sign_in(desk, f"rex-{suffix}")
        await look_at(desk, "/desk/measures/reads", f"desk-reads-{language}")
        assert await desk.page.locator("#lists a").count() == 1
        assert desk.faults == []
    async with window(lived.context.public_url) as desk:
        await sign_in(desk, f"cora-{suffix}")
        await look_at(desk, SHEET, f"desk-measures-{language}")
        assert desk.faults == []
