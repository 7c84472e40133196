"""Somebody of two studies chooses one, goes to the other, and is told when it ends."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from pro_service.services.study import staff
from pro_service.services.study.staff import make_staff
from pro_service.store.pools import connect, open_pools
from tests.browser.conftest import OpenWindow
from tests.browser.window import DESKTOP, PHONE, Window
from tests.support.databases import clone
from tests.support.desk import PASSWORD, other_study, seed_site, seed_staff
from tests.support.seed import ACTOR, SeededStudy, make_context, seed_study
from tests.support.web import serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

SAID = {
    "en": ("Choose a study", "Another study", "Investigator · B1", "has ended", "been stopped"),
    "zh_CN": ("请选择研究", "其他研究", "研究者 · B1", "已结束", "已被停用"),
}


@pytest.fixture(scope="module")
def own_database(server_url: str, template_database: str) -> Iterator[str]:
    """A migrated database of these tests alone."""
    with clone(server_url, template_database) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def two_studies(own_database: str) -> AsyncIterator[SeededStudy]:
    """Two served studies, and somebody a language who works in both."""
    context = make_context()
    owner = await connect(own_database, role="pro_owner", actor="test:owner")
    try:
        study = await seed_study(owner, context)
        await seed_site(study)
        other = await other_study(study)
        for language in SAID:
            login = f"both-{language.lower()}"
            await seed_staff(study, login, role="coordinator", language=language)
            await seed_staff(study, login, site="S2", role="data_manager")
            await make_staff(
                owner,
                other,
                login=login,
                password=PASSWORD,
                site="B1",
                role="investigator",
                actor=ACTOR,
            )
            await make_staff(
                owner, other, login=login, password=PASSWORD, site=None, role="monitor"
            )
        pools = await open_pools(own_database)
        async with pools, serving(pools, context) as server:
            context.public_url = str(server.make_url("/")).rstrip("/")
            yield study
    finally:
        await owner.close()


async def sign_in(desk: Window, language: str) -> None:
    await desk.go("/desk/sign-in")
    await desk.page.fill("#login", f"both-{language.lower()}")
    await desk.page.fill("#password", PASSWORD)
    await desk.press("button.main")


@pytest.mark.parametrize("language", list(SAID))
async def test_a_study_is_chosen_and_left_for_another_without_scripts(
    two_studies: SeededStudy, window: OpenWindow, language: str
) -> None:
    title, another, role, _, _ = SAID[language]
    base = two_studies.context.public_url
    async with window(base, java_script_enabled=False) as desk:
        await sign_in(desk, language)
        assert await desk.page.inner_text("h1") == title
        for width, height in (PHONE, DESKTOP):
            await desk.page.set_viewport_size({"width": width, "height": height})
            for button in await desk.page.locator("button.choice").all():
                box = await button.bounding_box()
                assert box is not None
                assert box["height"] >= 64
                assert box["x"] + box["width"] <= width
        assert role in await desk.page.inner_text("main")
        await desk.press("button.choice:has-text('Other trial')")
        assert "OTHER" in await desk.page.inner_text(".bar")
        await desk.press(f".bar a:has-text('{another}')")
        assert await desk.page.locator("button[aria-current]").count() == 1
        await desk.press("button.choice:has-text('Example')")
        assert "S1" in await desk.page.inner_html(".bar")
        assert desk.faults == []


@pytest.mark.thorough
@pytest.mark.parametrize("language", list(SAID))
async def test_every_page_of_choosing_and_ending_is_accessible(
    two_studies: SeededStudy, window: OpenWindow, language: str
) -> None:
    _, _, _, ended, stopped = SAID[language]
    owner, login = two_studies.owner, f"both-{language.lower()}"
    locale = language.replace("_", "-")
    async with window(two_studies.context.public_url, locale=locale) as desk:
        await sign_in(desk, language)
        await desk.look_over(f"{language}-desk-9-studies", "staff")
        await desk.press("button.choice")
        await desk.look_over(f"{language}-desk-9-first-page", "staff")
        await desk.go("/desk/studies")
        await desk.look_over(f"{language}-desk-9-another", "staff")
        for study in await owner.fetch("SELECT id, code FROM pro.studies ORDER BY code"):
            await staff.end_membership(owner, study["id"], login=login, reason="left")
            await desk.go("/desk")
            assert ended in await desk.page.get_by_role("status").inner_text()
            await desk.look_over(f"{language}-desk-9-ended-{study['code']}", "staff")
        await staff.disable_person(owner, login=login, reason="left for good", actor=ACTOR)
        await desk.go("/desk")
        assert stopped in await desk.page.get_by_role("status").inner_text()
        await desk.look_over(f"{language}-desk-9-stopped", "staff")
        assert not desk.faults, "\n".join(desk.faults)
