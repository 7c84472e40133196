"""Somebody is invited, sets a password and a second step, and sees to their account."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Final

import pyotp
import pytest
import pytest_asyncio

from pro_service.domain.study.permissions import Role
from pro_service.services.desk.sign_in import Door
from pro_service.services.study.staff import make_staff
from pro_service.store.ids import new_id
from pro_service.store.pools import connect, open_pools
from tests.browser.conftest import OpenWindow
from tests.browser.window import Window
from tests.support.databases import clone
from tests.support.desk import PASSWORD
from tests.support.seed import ACTOR, SeededStudy, make_context, seed_study
from tests.support.web import serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

FRESH: Final = "another four plain words"
SAID: Final = {
    "en": ("Invite somebody", "This role un-blinds", "Your recovery codes", "What to do now"),
    "zh_CN": ("邀请新成员", "此角色会揭盲", "您的恢复码", "现在要做的事"),
}


@pytest.fixture(scope="module")
def own_database(server_url: str, template_database: str) -> Iterator[str]:
    """A migrated database of these tests alone."""
    with clone(server_url, template_database) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def kept(own_database: str) -> AsyncIterator[SeededStudy]:
    """A served study that demands a second step of coordinators; an administrator a language."""
    context = make_context()
    owner = await connect(own_database, role="pro_owner", actor="test:owner")
    try:
        study = await seed_study(owner, context)
        await owner.execute(
            "INSERT INTO pro.senders (study_id, id, channel, provider, address, site_id, actor)"
            " VALUES ($1, $2, 'sms', 'simulator', '+12025550199', $3, $4)",
            *(study.id, new_id(), study.site_id, ACTOR),
        )
        for language in SAID:
            await make_staff(
                owner,
                study.id,
                login=f"keeps-{language.lower()}",
                password=PASSWORD,
                site=None,
                role="administrator",
                language="zh_CN" if language == "zh_CN" else "en",
                actor=ACTOR,
            )
        door = Door(frozenset({Role.coordinator}))
        pools = await open_pools(own_database)
        async with pools, serving(pools, context, door=door) as server:
            context.public_url = str(server.make_url("/")).rstrip("/")
            yield study
    finally:
        await owner.close()


async def invited(desk: Window, language: str) -> str:
    """Invite a coordinator as the administrator; the link that is shown this once."""
    page = desk.page
    await desk.go("/desk/sign-in")
    await page.fill("#login", f"keeps-{language.lower()}")
    await page.fill("#password", PASSWORD)
    await desk.press("form button.main")
    await desk.look_over(f"staff-{language}", "staff")
    await desk.press(".head a.main")
    assert SAID[language][0] in await page.inner_text("h1")
    await page.fill("#f-login", f"new-{language.lower()}")
    await page.fill("#f-name", "Ines Vited")
    await page.select_option("#f-language", language)
    await page.select_option("#f-role", "allocation_holder")
    await page.select_option("#f-site", "S1")
    await desk.press("form.stack button.main")
    assert SAID[language][1] in await page.inner_text("#problem")
    await desk.look_over(f"staff-unblinds-{language}", "staff")
    await page.select_option("#f-role", "coordinator")
    await desk.press("form.stack button.main")
    await desk.look_over(f"staff-link-{language}", "staff")
    link = await page.inner_text("code.secret")
    for path, name in (("/desk/sites", "sites"), ("/desk/sites/S1", "site-form")):
        await desk.go(path)
        await desk.look_over(f"{name}-{language}", "staff")
    await desk.go("/desk/sites")
    await desk.press('a[href^="/desk/senders/"]')
    await page.fill("#f-address", "nothing to ring")
    await page.fill("#f-reason", "another contract")
    await desk.press("form.stack button.main")
    await desk.look_over(f"sender-form-{language}", "staff")
    return link


@pytest.mark.parametrize("language", list(SAID))
async def test_an_invitation_leads_to_an_account_with_a_second_step(
    kept: SeededStudy, window: OpenWindow, language: str
) -> None:
    base = kept.context.public_url
    async with window(base) as desk:
        link = await invited(desk, language)
        assert desk.faults == []
    async with window(base, locale=language.replace("_", "-")) as desk:
        page = desk.page
        await desk.go(link)
        await desk.look_over(f"link-{language}", "staff")
        await page.fill("#password", FRESH)
        await page.fill("#again", FRESH)
        await desk.press("form button.main")
        await page.fill("#login", f"new-{language.lower()}")
        await page.fill("#password", FRESH)
        await desk.press("form button.main")
        await desk.look_over(f"factor-offer-{language}", "staff")
        totp = pyotp.TOTP(await page.inner_text("strong.secret"))
        now = await kept.owner.fetchval("SELECT clock_timestamp()")
        await page.fill("#code", totp.generate_otp(totp.timecode(now)))
        await desk.press("form button.main")
        assert SAID[language][2] in await page.inner_text("h1")
        await desk.look_over(f"factor-codes-{language}", "staff")
        await desk.press("main a.main")
        assert SAID[language][3] in await page.inner_text("main")
        await desk.go("/desk/me")
        await desk.look_over(f"me-{language}", "staff")
        await kept.owner.execute(
            "UPDATE pro.staff_sessions SET proved_at = clock_timestamp() - interval '1 hour'"
        )
        await desk.go("/desk/me/factor")
        await desk.look_over(f"prove-{language}", "staff")
        assert desk.faults == []
